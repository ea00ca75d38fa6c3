"""What the batch does with one person or with sums over all: pure functions for an RDD."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any, NamedTuple

import numpy as np

from recommendation.index import generation
from recommendation.recommend import saved
from recommendation.recommend.advisor import State, candidates
from recommendation.recommend.listing import recommend
from recommendation.recommend.listing import to_record as record_of
from recommendation.recommend.overlap import Person
from recommendation.recommend.saved import Learnt
from recommendation.scoring import recommenders
from recommendation.scoring.crowd import approvals
from recommendation.scoring.recommenders import Evidence
from recommendation.scoring.taste import Taste, taste_of
from shared import tables
from shared.people.events import LIKE
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part

SAMPLE = 500  # people whose weights make everybody's
#: Sums over people are sums of whole numbers, so that their order does not matter.
FIXED_POINT = 1 << 20
PIECES, LEAST_ROWS = 64, 2_000  # of LIKES, and opinions of one: many cores, few small files

Counts = tuple[int, int, int]
"""Of one picture: sum of approval in FIXED_POINT, ratings, likes."""
Row = dict[str, Any]


def stamp(volume: Storage) -> str:
    """Names index and model, so that a worker opens them again when they change."""
    stored = volume.read(saved.KEY) if volume.stat(saved.KEY) else b""
    return digest(generation.open_live(volume).name, hashlib.sha256(stored).hexdigest())


def counts_of(people: Iterable[Person]) -> Iterator[tuple[str, Counts]]:
    """What some people add to the counts of pictures."""
    found: dict[str, list[int]] = {}
    for _, values in people:
        ids = sorted(values)
        approved = approvals(Taste.of(np.arange(len(ids)), np.array([values[one] for one in ids])))
        for image_id, approval in zip(ids, np.round(approved * FIXED_POINT).astype(np.int64).tolist(), strict=True):
            count = found.setdefault(image_id, [0, 0, 0])
            count[0] += approval
            count[1] += 1
            count[2] += values[image_id] >= LIKE
    return ((image_id, (one[0], one[1], one[2])) for image_id, one in found.items())


def add_counts(left: Counts, right: Counts) -> Counts:
    """Counts of two together."""
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def as_arrays(counted: Iterable[tuple[str, Counts]]) -> Iterator[tuple[Any, Any]]:
    """Counts of many pictures as two arrays, which take less memory."""
    some = list(counted)
    if some:
        yield np.array([image_id for image_id, _ in some]), np.array([one for _, one in some], np.float64).T


def crowd_counts(counted: Sequence[tuple[Any, Any]], n_users: int) -> Learnt:
    """What was counted, sorted by image_id, to be stored."""
    if not counted:
        return saved.EMPTY
    counts = np.concatenate([one for _, one in counted], axis=1)
    counts[0] /= FIXED_POINT
    return saved.EMPTY._replace(ids=np.concatenate([ids for ids, _ in counted]), counts=counts, users=n_users)


def shuffled(person: Person) -> tuple[str, Person]:
    """A person with a key that orders people as if at random."""
    return hashlib.sha256(person[0].encode()).hexdigest(), person


def first(pair: tuple[str, Person]) -> str:
    """The key of a pair."""
    return pair[0]


def evidence_of(state: State, everybody: Mapping[str, float], person: Person) -> Evidence | None:
    """See `recommenders.evidence_of`."""
    model = state.model._replace(everybody=everybody)
    return recommenders.evidence_of(model, taste_of(state.view.pictures, person[1]))


def recommendation_rows(state: State, person: Person, n: int) -> Iterator[Row]:
    """The rows of RECOMMENDATIONS of one person."""
    user_id, values = person
    taste = taste_of(state.view.pictures, values)
    found = recommend(state.model, taste, n, candidates=candidates(state, taste, n))
    for rank, one in enumerate(found, 1):
        record = record_of(state.model, one)
        parts = record.pop("parts")
        yield {
            "user_id": user_id,
            "rank": rank,
            "part_names": list(parts),
            "part_values": list(parts.values()),
            **record,
        }


def to_record(row: Row) -> Row:
    """A row as recommendations.json has it."""
    parts = zip(row["part_names"], row["part_values"], strict=True)
    return {
        "file_name": row["file_name"],
        "image_id": row["image_id"],
        "reason": row["reason"],
        "score": round(row["score"], 4),
        "parts": {name: round(value, 4) for name, value in parts},
        **{name: row[name] for name in ("because_of", "licence", "attribution")},
    }


class Piece(NamedTuple):
    """Some people of a part of LIKES: those whose first row is in a range."""

    part: Part
    start: int
    end: int


def pieces_of(likes: Sequence[Part]) -> list[Piece]:
    """The work in pieces of about the same size, enough for many cores; the same ones whoever does them."""
    rows = max(LEAST_ROWS, sum(part.rows for part in likes) // PIECES)
    return [
        Piece(part, start, min(start + rows, part.rows))
        for part in likes
        for start in range(0, max(part.rows, 1), rows)
    ]


def read_piece(volume: Storage, piece: Piece) -> Iterator[Person]:
    """The people of a piece with their opinions; all of a person are in one part."""
    rows = tables.iterate_rows(volume, piece.part, ["user_id", "image_id", "value"])
    for user_id, some in groupby(enumerate(rows), key=lambda row: str(row[1]["user_id"])):
        place, first_row = next(some)
        if place >= piece.end:
            return
        if place >= piece.start:
            rest = (row for _, row in some)
            yield user_id, {row["image_id"]: row["value"] for row in chain([first_row], rest)}
