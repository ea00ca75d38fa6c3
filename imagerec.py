"""The image recommender from Python.

import imagerec

pictures = imagerec.open("shared_data")
pictures.query("a.jpg", "b.jpg", top_k=10)     # shows itself in a notebook
pictures.sql("SELECT orientation, count(*) FROM labels GROUP BY ALL").arrow
pictures.recommend("Ada", n=5)
"""

from pathlib import Path

from recommendation.api.collection import Collection
from recommendation.api.display import Answers, Drawings, Picture, Recommendations, Table
from shared.errors import BadInputError, CannotProceedError

__all__ = [
    "Answers",
    "BadInputError",
    "CannotProceedError",
    "Collection",
    "Drawings",
    "Picture",
    "Recommendations",
    "Table",
    "open",
]


def open(data: str | Path | None = None) -> Collection:  # noqa: A001 - imagerec.open, as PIL.Image.open
    """The collection on a volume; see `Collection`.

    Args:
        data: the volume; without it IMAGEREC_DATA, else ./shared_data.
    """
    return Collection(data)
