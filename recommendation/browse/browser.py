"""What browsing asks of a generation: its facets and its lists; what it computes once is kept until the generation goes."""

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommendation.browse import facets, orders
from recommendation.browse.facets import COUNTED, HISTOGRAM, Bin, Coded, Facet
from recommendation.browse.orders import SORTS, Order
from recommendation.index.filters import parse_condition
from recommendation.index.pictures import Pictures
from shared.errors import UsageError

KEPT = 32  # conditions and what was counted for them
MAX_LIMIT = 1000
DESCENDING = "-"
#: What a list shows of a picture.
LISTED = ("image_id", "filename", "title", "license", "author", "date_taken", "width_px", "height_px")

T = TypeVar("T")
Mask = NDArray[np.bool_]


class Found(NamedTuple):
    """Some pictures of a list, and how many are in it altogether."""

    total: int
    items: list[dict[str, Any]]


class Facets(NamedTuple):
    """How many pictures meet some conditions, and how many of these have each value."""

    matching: int
    counted: dict[str, Facet]
    brightness: list[Bin]


class Browser:
    """Facets and lists of the pictures of a generation; safe to use from several threads."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._lock = threading.RLock()
        self._made: dict[tuple[str, str], Any] = {}
        self._mask = lru_cache(maxsize=KEPT)(self._compute_mask)
        self._facets = lru_cache(maxsize=KEPT)(self._count)

    def facets(self, where: Sequence[str], top: int) -> Facets:
        """How many pictures that meet all conditions have each value; the `top` most frequent ones.

        Raises:
            UsageError: a condition is none.
            CannotProceedError: the index is of an older version.
        """
        return self._facets(tuple(where), top)

    def _count(self, where: tuple[str, ...], top: int) -> Facets:
        allowed, everything = self._mask(where), self._mask(())
        is_most = bool(where) and 2 * allowed.sum() > everything.sum()
        rows = np.flatnonzero(everything & ~allowed if is_most else allowed)
        counted = {}
        for name in COUNTED:
            coded = self._coded(name)
            counts = coded.occurrences(rows)
            if is_most:  # fewer to count are those that are not meant
                counts = self._once("total", name, partial(coded.occurrences, np.flatnonzero(everything))) - counts
            counted[name] = coded.facet(counts, top)
        return Facets(int(allowed.sum()), counted, facets.histogram(self._brightness()[allowed]))

    def listing(self, where: Sequence[str], sort: str, offset: int, limit: int) -> Found:
        """The pictures from place `offset` on, at most `limit`, of those that meet all conditions; errors as `facets`.

        Args:
            sort: of SORTS, with `-` before it in descending order.
        """
        check_sort(sort)
        return self.part(where, self._rows(sort), offset, limit)

    def part(self, where: Sequence[str], rows: NDArray[np.int32], offset: int, limit: int) -> Found:
        """The same from all rows in an order of the caller's."""
        check_part(offset, limit)
        found = rows[self._mask(tuple(where))[rows]]
        return Found(len(found), [self._item(row) for row in found[offset : offset + limit].tolist()])

    def _item(self, row: int) -> dict[str, Any]:
        values = self._pictures.values(row, (*LISTED, "color_rgb"))
        rgb = values.pop("color_rgb")
        return {**values, "color": f"#{rgb:06x}" if rgb >= 0 else ""}

    def _rows(self, sort: str) -> NDArray[np.int32]:
        name = sort.removeprefix(DESCENDING)
        by_id = self._once("order", "", lambda: orders.id_order(self._pictures))
        order: Order = self._once("order", name, lambda: orders.make_order(self._pictures, name, by_id))
        return order.descending() if sort.startswith(DESCENDING) else order.rows

    def _coded(self, name: str) -> Coded:
        return self._once("coded", name, lambda: facets.code_column(self._pictures, name))

    def _brightness(self) -> NDArray[np.float32]:
        columns = self._pictures.columns(HISTOGRAM)
        return self._once("numbers", HISTOGRAM, lambda: facets.numbers_of(columns))

    def _compute_mask(self, where: tuple[str, ...]) -> Mask:
        return self._pictures.matching([parse_condition(text) for text in where])

    def _once(self, kind: str, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, called once; threads that need it meanwhile wait."""
        with self._lock:
            if (kind, name) not in self._made:
                self._made[kind, name] = make()
            found: T = self._made[kind, name]
            return found


def check_sort(sort: str) -> None:
    """Do nothing if there is such an order.

    Raises:
        UsageError: there is not.
    """
    if sort.removeprefix(DESCENDING) not in SORTS:
        names = ", ".join(SORTS)
        raise UsageError(f"sort: expected one of {names}, with - before it for descending order, got {sort[:80]!r}")


def check_part(offset: int, limit: int) -> None:
    """Do nothing if a list can have such a part.

    Raises:
        UsageError: it cannot.
    """
    if offset < 0:
        raise UsageError(f"offset: expected 0 or more, got {offset}")
    if not 1 <= limit <= MAX_LIMIT:
        raise UsageError(f"limit: expected 1 to {MAX_LIMIT}, got {limit}")
