"""Take what people said from the store into the table LIKES, so that the batch sees one moment of it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import tables
from shared.people.events import Event, User
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, presence
from shared.tables.contracts import LIKES

PART_ROWS = 50_000  # a part ends with the person that passes this
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def write_likes(volume: Storage, stage: str, fingerprint: str, stored: Iterable[Part]) -> list[Part]:
    """Write the parts of LIKES, without publishing them; all of a person are in one part. Memory: one part.

    Args:
        stored: parts that are published; those that would be the same are not written again.
    """
    there = {part.slice: part for part in stored if part.fingerprint == fingerprint and presence.is_there(volume, part)}
    rows = (to_row(event, user) for event, user in PeopleStore(volume).all_events())
    named = ((f"{number:06d}-{digest_of(some)}", some) for number, some in enumerate(by_person(rows)))
    return [there.get(name) or tables.write_part(volume, LIKES, some, name, stage, fingerprint) for name, some in named]


def by_person(rows: Iterable[Row], part_rows: int = PART_ROWS) -> Iterator[list[Row]]:
    """Rows, sorted by person, in lists of whole persons of about `part_rows`."""
    part: list[Row] = []
    for row in rows:
        if len(part) >= part_rows and part[-1]["user_id"] != row["user_id"]:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def digest_of(rows: list[Row]) -> str:
    """Names a part by its content, so that a live part is never overwritten by another."""
    return digest([[str(value) for value in row.values()] for row in rows])[:16]


def to_row(event: Event, user: User) -> Row:
    """A row of LIKES."""
    return {
        "user_id": event.user_id,
        "image_id": event.image_id,
        "value": event.value,
        "time": EPOCH + timedelta(seconds=event.time),
        "source": event.source,
        "user_source": user.source,
        "family": user.family,
        "seed": user.seed,
    }
