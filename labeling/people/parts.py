"""What tasks do with one part of LIKES or LABELS: find its pictures, and make the profiles of its people."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.people.patterns import Floats, Taste
from shared import tables
from shared.people.events import User
from shared.people.profile import LABEL_COLUMNS, Facts, Row, facts_of, profile_of
from shared.storage import Storage
from shared.tables import Part, live
from shared.tables.live import LivePart

OPINION = ("user_id", "image_id", "value")
PERSON = ("user_source", "family", "seed")

Places = tuple[int, NDArray[np.int32]]
"""(number of a part of LIKES, rows of it that are about one picture)."""
Located = tuple[Row, NDArray[np.int32]]
"""(labels of a picture, rows of a part that are about it)."""
Profiled = tuple[Row, Facts]


def liked_pictures(volume: Storage, numbered: tuple[int, Part]) -> Iterator[tuple[str, Places]]:
    """Each picture of a part of LIKES with its rows: a record a picture, however many people have an opinion of it."""
    number, part = numbered
    ids = np.array(tables.read_columns(volume, part, ["image_id"])["image_id"])
    order = np.argsort(ids, kind="stable").astype(np.int32)
    found, starts = np.unique(ids[order], return_index=True)
    yield from zip(found.tolist(), ((number, rows) for rows in np.split(order, starts[1:])), strict=True)


def labels_of(volume: Storage, part: LivePart) -> Iterator[tuple[str, Row]]:
    """The labels of a slice's pictures that exist, by image_id."""
    return ((row["image_id"], row) for row in live.read_rows(volume, part, LABEL_COLUMNS))


def by_part(joined: tuple[str, tuple[Iterable[Places], Row]]) -> Iterator[tuple[int, Located]]:
    """A picture's labels for each part of LIKES that is about it."""
    _, (places, labels) = joined
    for number, rows in places:
        yield number, (labels, rows)


def profiles_of_part(volume: Storage, part: Part, located: Iterable[tuple[int, Located]]) -> Iterator[Profiled]:
    """The profiles of a part's people, by user_id."""
    labels: list[Row | None] = [None] * part.rows
    for _, (label, rows) in located:
        for row in rows.tolist():
            labels[row] = label
    table = tables.read_columns(volume, part, [*OPINION, *PERSON])
    rows_of = zip(*(table[name] for name in OPINION), *(table[name] for name in PERSON), labels, strict=True)
    for user_id, some in groupby(rows_of, key=first):
        opinions = list(some)
        user = User(user_id, *opinions[0][3:6])
        facts = facts_of((image_id, value, label) for _, image_id, value, *_, label in opinions)
        yield profile_of(user, facts), facts


def first(row: tuple[Any, ...]) -> str:
    """A row's person."""
    return str(row[0])


def stacked(tastes: Sequence[Taste]) -> tuple[list[str], Floats]:
    """People by user_id, and their vectors."""
    ordered = sorted(tastes, key=user_of)
    return [one.user_id for one in ordered], np.array([one.vector for one in ordered], np.float32)


def user_of(taste: Taste) -> str:
    """The person whose taste it is."""
    return taste.user_id
