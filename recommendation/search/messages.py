"""Wrong values as messages show them."""

from typing import Any

MAX_SHOWN = 80  # characters of a wrong value in a message


def describe(value: Any) -> str:
    """A JSON value for a message: numbers and short texts as they are, others by their kind."""
    if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MAX_SHOWN):
        return repr(value)
    return kind_of(value)


def kind_of(value: Any) -> str:
    """What a JSON value is, in words that do not quote it."""
    kinds = {str: "a text", list: "a list", dict: "an object", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")
