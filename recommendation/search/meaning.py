"""What a field of a request means and may be, and the checks that a type does not express."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from recommendation.search.messages import MAX_SHOWN
from shared.errors import UsageError

MAX_PICTURES = 5
MAX_TEXT = 1000  # characters
IMAGE_ID = re.compile("[0-9a-f]{32}")
TEXTS = tuple[str, ...]


class Meaning(NamedTuple):
    """What a field of a request means; the OpenAPI schema shows it.

    Args:
        limits: the smallest and the largest number it may be.
        choices: gives what the text, or each of the texts, may be; a function, since measures can be added.
        max_items: how many texts at most.
        check: raises UsageError for texts that have another form; not for the schema.
    """

    text: str
    example: Any
    limits: tuple[float, float] | None = None
    choices: Callable[[], tuple[str, ...]] | None = None
    max_items: int | None = None
    check: Callable[[Any], Any] | None = None

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Called by pydantic, which this module does without: importing it would slow down every `imagerec query`."""
        found = {**handler(core), "description": self.text, "examples": [self.example]}
        if self.limits:
            found |= {"minimum": self.limits[0], "maximum": self.limits[1]}
        if self.choices:
            kind = {"type": "string", "enum": list(self.choices())}
            found |= {"items": kind} if "items" in found else kind
        if self.max_items:
            found |= {"maxItems": self.max_items}
        return found


def check_count(n_pictures: int, n_unlike: int = 0, *, has_text: bool = False) -> None:
    """Do nothing for a query of 1 to MAX_PICTURES pictures, or of a text, and at most MAX_PICTURES negative examples.

    Raises:
        UsageError: it is of more pictures, or of none and no text.
    """
    if n_pictures > MAX_PICTURES or (not n_pictures and not has_text):
        raise UsageError(
            f"expected 1 to {MAX_PICTURES} query pictures{'' if n_pictures else ' or a text'}, got {n_pictures}"
        )
    if n_unlike > MAX_PICTURES:
        raise UsageError(f"unlike: expected at most {MAX_PICTURES} pictures, got {n_unlike}")


def check_ids(name: str, ids: TEXTS) -> None:
    """Do nothing for image_ids; errors as `check_value`."""
    for image_id in ids:
        if not IMAGE_ID.fullmatch(image_id):
            raise UsageError(f"{name}: expected image_ids, 32 hex digits in lower case, got {image_id[:MAX_SHOWN]!r}")


def check_text(text: str) -> None:
    """Do nothing for a text that may be asked; errors as `check_value`."""
    if len(text) > MAX_TEXT:
        raise UsageError(f"text: expected at most {MAX_TEXT} characters, got {len(text)}")


def check_value(name: str, value: Any, meaning: Meaning) -> None:
    """Do nothing for a value within the limits or among the choices of its field.

    Raises:
        UsageError: it is not; the message says what may be.
    """
    if meaning.limits and not meaning.limits[0] <= value <= meaning.limits[1]:
        raise UsageError(f"{name}: expected {meaning.limits[0]} to {meaning.limits[1]}, got {value}")
    if meaning.check:
        if meaning.max_items and len(value) > meaning.max_items:
            raise UsageError(f"{name}: expected at most {meaning.max_items}, got {len(value)}")
        meaning.check(value)
    if meaning.choices:
        allowed, is_list = meaning.choices(), isinstance(value, tuple)
        wrong = [one for one in (value if is_list else [value]) if one not in allowed]
        if wrong:
            some = "some" if is_list else "one"
            raise UsageError(f"{name}: expected {some} of {', '.join(allowed)}, got {', '.join(wrong)[:MAX_SHOWN]}")
