"""A person's taste, as rows of the collection."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.pictures import Pictures, Rows
from shared.people.events import DISLIKE, LIKE

Shares = NDArray[np.float64]


class Taste(NamedTuple):
    """What one person said of the collection.

    Args:
        likes: rows, ascending.
        dislikes: rows, ascending.
        seen: every row that the person said something of, neutral ones too, ascending.
        shares: approval of each row of `seen`, 0..1.
    """

    likes: Rows
    dislikes: Rows
    seen: Rows
    shares: Shares

    @classmethod
    def of(cls, rows: Rows, values: Shares) -> Self:
        """The taste that values -1..1 of rows are."""
        order = np.argsort(rows, kind="stable")
        rows, values = rows[order], values[order]
        return cls(rows[values >= LIKE], rows[values <= DISLIKE], rows, (values + 1) / 2)

    def only(self, rows: Rows) -> Self:
        """The taste as if nothing but some rows were known."""
        keep = np.isin(self.seen, rows)
        return type(self).of(self.seen[keep], 2 * self.shares[keep] - 1)


NOBODY = Taste.of(np.zeros(0, np.int64), np.zeros(0))


def taste_of(pictures: Pictures, values: Mapping[str, float]) -> Taste:
    """The taste that values -1..1 of pictures, by image_id, are; pictures that are gone are left out."""
    ids = sorted(values)
    there = [one for one, row in zip(ids, places(pictures, ids), strict=True) if row >= 0]
    return Taste.of(pictures.rows_of(there), np.array([values[one] for one in there], np.float64))


def places(pictures: Pictures, ids: list[str]) -> Rows:
    """The row of each picture, -1 for those that are gone."""
    found = np.searchsorted(pictures.ids, ids) if ids else np.zeros(0, np.int64)
    return np.array(
        [row if row < len(pictures) and pictures.ids[row] == one else -1 for row, one in zip(found, ids, strict=True)],
        np.int64,
    )
