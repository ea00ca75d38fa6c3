"""Recommendations from Python: `recommend_images`."""

from functools import lru_cache
from pathlib import Path

from recommendation.index import generation
from recommendation.recommend.advisor import Advisor
from recommendation.search.engine import Engine
from shared.errors import UsageError
from shared.people.events import check_user_id
from shared.settings import Settings
from shared.storage import LocalStorage


def recommend_images(user_id: str, n_recommendations: int, data: str | Path | None) -> list[tuple[str, str]]:
    """See `recommendation.recommend_images`."""
    volume = Settings.resolve({"data": None if data is None else str(data)}, None).volume
    try:
        checked = check_user_id(user_id)
        items = _advisor(volume).recommend(_engine(volume, _live(volume)), checked, n_recommendations)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return [(one["file_name"], one["reason"]) for one in items]


def _live(volume: LocalStorage) -> str:
    return generation.read_pointer(volume).name


@lru_cache(maxsize=4)
def _engine(volume: LocalStorage, _: str) -> Engine:
    """The engine of a generation, opened once."""
    return Engine.open(volume)


@lru_cache(maxsize=4)
def _advisor(volume: LocalStorage) -> Advisor:
    return Advisor(volume)
