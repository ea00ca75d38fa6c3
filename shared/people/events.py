"""Events: one person's opinion of one picture, and what user ids and ratings may be."""

import math
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from shared.errors import UsageError

#: From this share of the scale upwards a rating is a like: 4 and 5 of 1..5, 6 and 7 of 1..7; below its opposite a dislike.
LIKE, DISLIKE = 0.5, -0.5
MOST_USER_ID = 200  # characters
SCALE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")


class Event(NamedTuple):
    """A person's opinion of a picture.

    Args:
        value: -1..1: from LIKE on a like, up to DISLIKE a dislike, between them a neutral rating; None takes back what was
            said before.
        time: seconds since 1970; of two events about the same picture the later one counts.
        source: where it came from: command, http, simulated, import:csv, ...
    """

    user_id: str
    image_id: str
    value: float | None
    time: float
    source: str


class User(NamedTuple):
    """A person.

    Args:
        source: where the person was first heard of, as in Event.
        family: kind of taste of a simulated person, empty for a real one.
        seed: of the simulation, -1 for a real person.
        created: seconds since 1970.
    """

    user_id: str
    source: str
    family: str = ""
    seed: int = -1
    created: float = 0.0


@lru_cache(maxsize=1024)
def check_user_id(text: str) -> str:
    """A user id in canonical form (Unicode NFC, without spaces around it).

    Raises:
        UsageError: it is empty, too long or has control characters.
    """
    user_id = unicodedata.normalize("NFC", text).strip()
    if not user_id or len(user_id) > MOST_USER_ID:
        raise UsageError(f"user id: expected 1 to {MOST_USER_ID} characters, got {len(user_id)}")
    if any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in user_id):
        raise UsageError(f"user id: expected no control characters, got {user_id!r}")
    return user_id


class Scale(NamedTuple):
    """The smallest and the largest rating."""

    low: float
    high: float

    def value_of(self, rating: float) -> float:
        """A rating as a value of an Event, -1..1.

        Raises:
            UsageError: it is outside the scale.
        """
        if not self.low <= rating <= self.high:
            raise UsageError(
                f"rating: expected {self.low:g}..{self.high:g}, got {rating:g}; say the scale with --scale"
            )
        return 2 * (rating - self.low) / (self.high - self.low) - 1


LIKES_ONLY = Scale(-1, 1)


def parse_scale(text: str) -> Scale:
    """A scale such as 1..5.

    Raises:
        UsageError: it is none.
    """
    found = SCALE.fullmatch(text.strip())
    if not found or float(found[1]) >= float(found[2]):
        raise UsageError(f"--scale: expected the smallest and the largest rating, such as 1..5, got {text!r}")
    return Scale(float(found[1]), float(found[2]))


def is_finite(value: float) -> bool:
    """Whether it is a number that can be compared."""
    return math.isfinite(value)
