"""Facets: how many pictures have each value of a column, counted from the index's columns."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index.metadata import Column, Lists, Numbers, Repeated
from recommendation.index.pictures import Pictures

#: Columns whose values are counted.
COUNTED = (
    *("license", "orientation", "size_category", "color_names", "tags", "category"),
    *("camera_make", "camera_model", "year", "source", "format"),
)
HISTOGRAM = "brightness"
LIGHTEST, BINS = 100, 10  # of the histogram


Counts = NDArray[np.int64]


class Count(NamedTuple):
    """A value and how many pictures have it."""

    value: str
    count: int  # type: ignore[assignment] # the tuple's own method is not used


class Bin(NamedTuple):
    """Brightness from `low` up to `high`, and how many pictures have it; the last one includes `high`."""

    low: int
    high: int
    count: int  # type: ignore[assignment] # as in `Count`


class Facet(NamedTuple):
    """How many pictures have each value of a column.

    Args:
        values: the most frequent first, of equally frequent ones by value.
        more: how many values are not among them.
        missing: how many pictures have no value.
    """

    values: list[Count]
    more: int
    missing: int


class Coded(NamedTuple):
    """A column of all shards as numbers.

    Args:
        values: the distinct values, each as it is first written.
        codes: of each item the place of its value, from 1; 0: missing, or the same as another item of the picture.
        starts: where each row's items start, and the end of the last one's; None where each row has one item.
    """

    values: list[str]
    codes: NDArray[Any]
    starts: NDArray[np.int32] | None

    def occurrences(self, rows: NDArray[np.int64]) -> Counts:
        """How often each value is in some rows; in place 0 how many have none."""
        if self.starts is None:
            return np.bincount(self.codes[rows], minlength=len(self.values) + 1)
        lengths = (self.starts[1:] - self.starts[:-1])[rows]
        ends = np.cumsum(lengths, dtype=np.int64)
        items = np.repeat(self.starts[rows] - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)
        counts = np.bincount(self.codes[items], minlength=len(self.values) + 1)
        counts[0] = (lengths == 0).sum()
        return counts

    def facet(self, counts: Counts, top: int) -> Facet:
        """The `top` most frequent values, see `count`."""
        missing, counts = int(counts[0]), counts[1:]
        there = np.flatnonzero(counts)
        n_values = len(there)
        if n_values > top:  # no need to sort those that are rarer than `top` others
            there = there[counts[there] >= np.partition(counts[there], -top)[-top]]
        found = sorted((-int(counts[code]), self.values[code]) for code in there.tolist())
        values = [Count(value, -negative) for negative, value in found[:top]]
        return Facet(values, n_values - len(values), missing)


def code_column(pictures: Pictures, name: str) -> Coded:
    """A column as numbers; values that differ in case alone are one, as conditions take them for one."""
    known: dict[str, int] = {}
    values: list[str] = []
    codes, lengths = list[NDArray[Any]](), list[NDArray[Any]]()
    for column in pictures.columns(name):
        texts, positions = items_of(column)
        codes.append(code_texts(texts, known, values)[positions])
        if isinstance(column, Lists):
            lengths.append(np.diff(column.starts))
    every = np.concatenate(codes)
    kind = np.uint16 if len(values) < 1 << 16 else np.int32
    if not lengths:
        return Coded(values, every.astype(kind), None)
    rows = np.repeat(np.arange(sum(map(len, lengths))), np.concatenate(lengths))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int32)
    return Coded(values, without_repetitions(every, rows).astype(kind), starts)


def code_texts(texts: list[str], known: dict[str, int], values: list[str]) -> NDArray[np.int32]:
    """The codes of some texts, and 0 behind them; new ones are added to the known ones."""
    table = np.zeros(len(texts) + 1, np.int32)
    for place, text in enumerate(texts):
        if text:
            code = table[place] = known.setdefault(text.casefold(), len(values) + 1)
            if code > len(values):
                values.append(text)
    return table


def items_of(column: Column) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct texts of a column, and of each item the place of its text."""
    if isinstance(column, Repeated | Lists):
        return column.texts.all(), column.positions
    assert isinstance(column, Numbers)
    numbers, positions = np.unique(column.values, return_inverse=True)
    return ["" if one < 0 else str(one) for one in numbers.tolist()], positions.astype(np.int32)


def without_repetitions(codes: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """The codes with 0 for all but the first of equal ones of a row."""
    keys = rows * (int(codes.max(initial=0)) + 1) + codes
    _, first = np.unique(keys, return_index=True)
    found = np.zeros(len(codes), np.int32)
    found[first] = codes[first]
    return found


def histogram(values: NDArray[np.float32]) -> list[Bin]:
    """How many values are in each tenth of the range; NaN is in none."""
    width = LIGHTEST // BINS
    places = np.clip(values[~np.isnan(values)] / width, 0, BINS - 1).astype(np.int64)
    counts = np.bincount(places, minlength=BINS).tolist()
    return [Bin(place * width, (place + 1) * width, count) for place, count in enumerate(counts)]


def condition_of(column: str, value: str) -> str:
    """The condition that pictures with a value meet."""
    return f"{column}={value}"


def bin_conditions(one: Bin) -> Iterator[str]:
    """The conditions that pictures in a bin meet."""
    yield f"{HISTOGRAM}>={one.low}"
    if one.high < LIGHTEST:
        yield f"{HISTOGRAM}<{one.high}"


def numbers_of(columns: Sequence[Column]) -> NDArray[np.float32]:
    """A column of numbers of all shards."""
    found = [one.values for one in columns if isinstance(one, Numbers)]
    return np.concatenate(found) if found else np.zeros(0, np.float32)
