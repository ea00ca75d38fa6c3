"""Reads images, thumbnails, features and embeddings; writes index generations and answers."""

from pathlib import Path


def recommend_images(user_id: str, n_recommendations: int = 5, data: str | Path | None = None) -> list[tuple[str, str]]:
    """Pictures that a person might like, best first: file name and reason of each.

    Somebody unknown gets pictures to begin with, and the reasons say so. Fewer are left than asked for: a shorter list.

    Args:
        data: the volume; without it IMAGEREC_DATA, else ./shared_data.

    Raises:
        ValueError: `n_recommendations` is below 1 or above 1000, or the user id is empty or has control characters.
        CannotProceedError: there is no index.
    """
    from recommendation.recommend.api import recommend_images as answer  # everything it needs is slow to import

    return answer(user_id, n_recommendations, data)
