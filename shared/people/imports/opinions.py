"""An opinion as a file states it, and what can be wrong with it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.errors import UsageError


class Opinion(NamedTuple):
    """One line of a file, not checked yet.

    Args:
        rating: in the file's own scale; None for a line that cannot be read.
        time: seconds since 1970; None when the file does not say.
        problem: why the line cannot be used, empty if it can.
    """

    user: str
    picture: str
    rating: float | None
    time: float | None = None
    problem: str = ""


#: Times from the year 1 to the year 9999: what tables and other programs can hold.
EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0
#: Names that columns have in files, for each field.
NAMES = {
    "user": ("user", "user_id", "userid", "person"),
    "picture": ("picture", "image", "image_id", "id", "file", "filename", "path", "url", "item", "item_id", "movieid"),
    "value": ("value", "rating", "like", "score", "stars"),
    "time": ("time", "timestamp", "ts", "date", "created"),
}


def columns_of(names: Mapping[str, Any] | list[str], where: str) -> dict[str, str]:
    """Which column of a file holds each field.

    Raises:
        UsageError: user, picture or value is missing.
    """
    known = {name.strip().lower(): name for name in names}
    found = {field: next((known[one] for one in options if one in known), "") for field, options in NAMES.items()}
    missing = [field for field in ("user", "picture", "value") if not found[field]]
    if missing:
        raise UsageError(
            f"{where}: expected the columns user, picture, value and perhaps time; "
            f"{', '.join(missing)} missing in {', '.join(map(str, names)) or 'an empty line'}"
        )
    return found


def opinion_of(row: Mapping[str, Any], columns: Mapping[str, str]) -> Opinion:
    """A row of a table as an opinion."""
    user, picture = (_text(row.get(columns[field])) for field in ("user", "picture"))
    try:
        rating = float(row[columns["value"]])
        time = parse_time(row.get(columns["time"])) if columns["time"] else None
    except (TypeError, ValueError, KeyError) as error:
        return Opinion(user, picture, None, problem=f"{user} {picture}: {error}")
    return Opinion(user, picture, rating, time)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def parse_time(value: Any) -> float | None:
    """Seconds since 1970 of a number (seconds, milliseconds from 10^11 on), a datetime or ISO 8601 text; None of nothing.

    Raises:
        ValueError: it is none of these, or of no year from 1 to 9999.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    try:
        number = float(value)
    except (TypeError, ValueError):
        return parse_time(datetime.fromisoformat(str(value)))
    seconds = number / 1000 if abs(number) >= 1e11 else number
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"time: expected a year from 1 to 9999, got {value}")
    return seconds
