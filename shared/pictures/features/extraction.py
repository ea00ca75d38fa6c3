"""All features of a thumbnail: the one function that stored pictures and query pictures go through."""

from typing import Any

from numpy.typing import NDArray

from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.measures import MEASURES


def features_of(thumbnail: Thumbnail) -> dict[str, NDArray[Any]]:
    """The feature of every measure that needs no network, by the measure's name.

    Returns:
        Shape (width,) each: float32 for vectors, uint8 for bits.
    """
    return {name: one.feature.compute(thumbnail) for name, one in MEASURES.items() if one.feature}
