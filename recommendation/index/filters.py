"""Conditions on the metadata of pictures: `license=CC0-1.0`, `brightness>50`, `tags=dog`; parsed, never executed as text."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index.metadata import Column, Lists, Metadata, Numbers, Repeated, Texts
from shared.errors import UsageError

TEXT_COLUMNS = (
    *("filename", "location", "source", "license", "author", "title", "source_url", "format", "orientation"),
    "license_id",
    *("size_category", "category", "date_taken", "camera_make", "camera_model"),
)
LIST_COLUMNS = ("tags", "color_names")
NUMBER_COLUMNS = ("width_px", "height_px", "brightness", "year")
COLUMNS = (*TEXT_COLUMNS, *LIST_COLUMNS, *NUMBER_COLUMNS)
CONDITION = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*", re.DOTALL)
ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
#: With an empty value: whether they match what is missing.
IS_MISSING = {"=": True, "!=": False}
MAX_SHOWN = 80
ASCII = 128
LONGEST_COMPARED = 64  # bytes of a value that all texts of a column are compared with at once


class Condition(NamedTuple):
    """What a column must be.

    Args:
        operator: of ORDERS, or `~`: contains. Texts are compared without regard to case; of a list one text must match, or with
            `!=` none. A missing value matches `!=` only, and `=` with an empty value.
        value: a number for NUMBER_COLUMNS, else a text in lower case; empty: missing with `=`, there with `!=`.
    """

    column: str
    operator: str
    value: str | float


def parse_condition(text: str) -> Condition:
    """The condition that a text describes.

    Raises:
        UsageError: it has another form, no such column, or no number where one is due.
    """
    found = CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(f"where: expected COLUMN=VALUE (or != < <= > >= ~), got {text[:MAX_SHOWN]!r}")
    column, operator, value = found.groups()
    if column not in COLUMNS:
        raise UsageError(f"where: expected a column of {', '.join(COLUMNS)}, got {column[:MAX_SHOWN]!r}")
    if column not in NUMBER_COLUMNS or (not value and operator in IS_MISSING):
        return Condition(column, operator, value.casefold())
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if math.isnan(number):  # nothing is more or less than that
        raise UsageError(f"where: expected a number after {column}{operator}, got {value[:MAX_SHOWN]!r}")
    return Condition(column, check_order(column, operator), number)


def check_order(column: str, operator: str) -> str:
    """The operator, if numbers can be compared with it; errors as `parse_condition`."""
    if operator not in ORDERS:
        raise UsageError(f"where: expected one of {' '.join(ORDERS)} after {column}, got {operator!r}")
    return operator


def matching_rows(metadata: Metadata, conditions: Sequence[Condition]) -> NDArray[np.bool_]:
    """Which rows of a shard meet all conditions, shape (rows,)."""
    found = np.ones(metadata.rows, np.bool_)
    for one in conditions:
        found &= matches(metadata.column(one.column), one, metadata.rows)
    return found


def matches(column: Column, condition: Condition, rows: int) -> NDArray[np.bool_]:
    """Which values of a column meet a condition, shape (rows,)."""
    if condition.value == "" and condition.operator in IS_MISSING:
        return np.asarray(is_missing(column, rows) == IS_MISSING[condition.operator], np.bool_)
    if isinstance(column, Numbers):
        found = np.asarray(ORDERS[condition.operator](column.values, condition.value), np.bool_)
        return np.where(is_missing(column, rows), condition.operator == "!=", found)
    if isinstance(column, Repeated):
        return text_matches(column.texts, condition)[column.positions]
    if isinstance(column, Lists):
        positive = condition._replace(operator="=") if condition.operator == "!=" else condition
        hits = text_matches(column.texts, positive)[column.positions]
        sums = np.concatenate([[0], np.cumsum(hits)])
        has_one = (sums[column.starts[1:]] - sums[column.starts[:-1]]) > 0
        return np.asarray(~has_one if condition.operator == "!=" else has_one, np.bool_)
    assert isinstance(column, Texts)
    return text_matches(column, condition)


def is_missing(column: Column, rows: int) -> NDArray[np.bool_]:
    """Which values of a column are not there, shape (rows,)."""
    if isinstance(column, Numbers):
        return np.isnan(column.values) if column.values.dtype.kind == "f" else column.values < 0
    if isinstance(column, Repeated):
        return is_missing(column.texts, column.texts.size)[column.positions]
    starts = column.starts if isinstance(column, Texts | Lists) else np.zeros(rows + 1, np.int32)
    return np.asarray(starts[1:] == starts[:-1], np.bool_)


def text_matches(texts: Texts, condition: Condition) -> NDArray[np.bool_]:
    """Which strings of a column meet a condition, shape (strings,)."""
    value, operator = str(condition.value).encode(), condition.operator
    if len(value) > LONGEST_COMPARED or texts.data.max(initial=0) >= ASCII or not value.isascii():
        return np.array([is_match(text, condition) for text in texts.all()], np.bool_)
    if operator == "~":
        return containing(texts, value)
    found = np.asarray(ORDERS[operator](heads(texts, len(value) + 1), np.bytes_(value)), np.bool_)
    return np.where(is_missing(texts, texts.size), operator == "!=", found)


def heads(texts: Texts, width: int) -> NDArray[np.bytes_]:
    """The first `width` bytes of each of some ASCII texts in lower case, shape (texts,)."""
    if not len(texts.data):
        return np.zeros(texts.size, f"S{width}")
    places = np.arange(width, dtype=np.int32)
    starts, lengths = texts.starts[:-1, np.newaxis], np.diff(texts.starts)[:, np.newaxis]
    found = texts.data[np.minimum(starts + places, len(texts.data) - 1)]
    found |= ((found >= ord("A")) & (found <= ord("Z"))).view(np.uint8) << 5
    found *= places < lengths
    return np.asarray(found.reshape(-1).view(f"S{width}"), np.bytes_)


def containing(texts: Texts, value: bytes) -> NDArray[np.bool_]:
    """Which of some ASCII texts contain a value without regard to case, shape (texts,)."""
    data, places = texts.data.tobytes().lower(), list[int]()
    place = data.find(value)
    while place >= 0 and value:
        places.append(place)
        place = data.find(value, place + 1)
    found = np.full(texts.size, not value, np.bool_)
    rows = np.searchsorted(texts.starts, np.array(places, np.int32), "right") - 1
    is_within = np.array(places, np.int64) + len(value) <= texts.starts[rows + 1]
    found[rows[is_within]] = True
    return found


def is_match(text: str, condition: Condition) -> bool:
    """Whether a text meets a condition."""
    text, value = text.casefold(), str(condition.value)
    if condition.operator == "~":
        return value in text
    if not text:
        return condition.operator == "!="
    return bool(ORDERS[condition.operator](text, value))
