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
    *("size_category", "category", "date_taken", "camera_make", "camera_model"),
)
LIST_COLUMNS = ("tags", "color_names")
NUMBER_COLUMNS = ("width_px", "height_px", "brightness")
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
MAX_SHOWN = 80


class Condition(NamedTuple):
    """What a column must be.

    Args:
        operator: of ORDERS, or `~`: contains. Texts are compared without regard to case; of a list one text must match, or with
            `!=` none. A missing value matches `!=` only.
        value: a number for NUMBER_COLUMNS, else a text in lower case.
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
    if column not in NUMBER_COLUMNS:
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
    if isinstance(column, Numbers):
        is_missing = np.isnan(column.values) if column.values.dtype.kind == "f" else column.values < 0
        found = np.asarray(ORDERS[condition.operator](column.values, condition.value), np.bool_)
        return np.where(is_missing, condition.operator == "!=", found)
    if isinstance(column, Repeated):
        return np.array(text_matches(column.texts, condition), np.bool_)[column.positions]
    if isinstance(column, Lists):
        positive = condition._replace(operator="=") if condition.operator == "!=" else condition
        hits = np.array(text_matches(column.texts, positive), np.int64)
        sums = np.concatenate([[0], np.cumsum(hits)])
        has_one = (sums[column.starts[1:]] - sums[column.starts[:-1]]) > 0
        return np.asarray(~has_one if condition.operator == "!=" else has_one, np.bool_)
    return np.array([is_match(column[row], condition) for row in range(rows)], np.bool_)


def text_matches(texts: Texts, condition: Condition) -> list[bool]:
    """Which strings of a column meet a condition."""
    column: Column = texts
    return [is_match(column[number], condition) for number in range(len(texts.starts) - 1)]


def is_match(text: str, condition: Condition) -> bool:
    """Whether a text meets a condition."""
    text, value = text.casefold(), str(condition.value)
    if condition.operator == "~":
        return value in text
    if not text:
        return condition.operator == "!="
    return bool(ORDERS[condition.operator](text, value))
