"""Take what people said from the store into the table LIKES, so that the batch sees one moment of it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shared import tables
from shared.people.events import Event, User
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.tables import Part, parquet, presence
from shared.tables.contracts import LIKES

PART_ROWS = 50_000  # a part ends with the person that passes this
MICROSECONDS = 1_000_000

Opinion = tuple[Event, User]


def write_likes(volume: Storage, stage: str, fingerprint: str, stored: Iterable[Part]) -> list[Part]:
    """Write the parts of LIKES, without publishing them; all of a person are in one part. Memory: one part.

    Args:
        stored: parts that are published; those that would be the same are not written again.
    """
    there = {part.slice: part for part in stored if part.fingerprint == fingerprint and presence.is_there(volume, part)}
    found = []
    for number, some in enumerate(by_person(PeopleStore(volume).all_events())):
        name = f"{number:06d}-{digest_of(some)}"
        found.append(there.get(name) or tables.write_part(volume, LIKES, encoded(some), name, stage, fingerprint))
    return found


def by_person(opinions: Iterable[Opinion], part_rows: int = PART_ROWS) -> Iterator[list[Opinion]]:
    """Opinions, sorted by person, in lists of whole persons of about `part_rows`."""
    part: list[Opinion] = []
    for one in opinions:
        if len(part) >= part_rows and part[-1][1] != one[1]:
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def digest_of(opinions: Sequence[Opinion]) -> str:
    """Names a part by its content, so that a live part is never overwritten by another."""
    return hashlib.sha256(repr(opinions).encode()).hexdigest()[:16]


def encoded(opinions: Sequence[Opinion]) -> parquet.Encoder:
    """The rows of LIKES."""
    encoder = parquet.Encoder(LIKES)
    step = LIKES.row_group_rows
    for start in range(0, len(opinions), step):
        encoder.add_columns(columns_of(opinions[start : start + step]))
    return encoder


def columns_of(opinions: Sequence[Opinion]) -> dict[str, list[Any]]:
    """Some rows of LIKES, column by column."""
    return {
        "user_id": [event.user_id for event, _ in opinions],
        "image_id": [event.image_id for event, _ in opinions],
        "value": [event.value for event, _ in opinions],
        "time": [round(event.time * MICROSECONDS) for event, _ in opinions],
        "source": [event.source for event, _ in opinions],
        "user_source": [user.source for _, user in opinions],
        "family": [user.family for _, user in opinions],
        "seed": [user.seed for _, user in opinions],
    }
