"""Profiles as of now: from the store and the labels, without waiting for the next run."""

from collections.abc import Callable, Iterable, Iterator, Set
from functools import lru_cache
from itertools import groupby
from typing import Any

from shared import tables
from shared.people.events import Event, User
from shared.people.profile import LABEL_COLUMNS, facts_of, profile_of, to_record
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.tables import Part, live
from shared.tables.contracts import LABELS, PROFILES

TOGETHER = 500  # people whose labels are looked up together

Row = dict[str, Any]
FindLabel = Callable[[str], Row | None]
"""From an image_id to the labels of the picture."""


def find_nothing(_: str) -> Row | None:
    """No label."""
    return None


def current_profiles(volume: Storage, after: str = "", limit: int | None = None) -> Iterator[Row]:
    """People's profiles, by user id, as users.json has them; the cluster is that of the last run. Memory stays flat.

    Args:
        after: only people after this user id.
        limit: at most so many; None for all.
    """
    store, clusters, left = PeopleStore(volume), read_clusters(volume), limit
    while people := store.people(after, TOGETHER if left is None else min(TOGETHER, left)):
        labels = read_labels(volume, {one.image_id for _, events in people for one in events})
        for user, events in people:
            yield record_of(user, events, labels, clusters)
        after, left = people[-1][0].user_id, None if left is None else left - len(people)


def current_profile(volume: Storage, user_id: str, find_label: FindLabel = find_nothing) -> Row | None:
    """One person's profile; None for somebody who is not there.

    Args:
        find_label: a quicker way to the labels of a picture than the tables, which are read for those that it lacks.
    """
    store = PeopleStore(volume)
    user = store.user(user_id)
    if user is None:
        return None
    events = store.events(user_id)
    found = {one.image_id: find_label(one.image_id) for one in events}
    labels = {image_id: label for image_id, label in found.items() if label is not None}
    labels |= read_labels(volume, found.keys() - labels.keys())
    return record_of(user, events, labels, read_clusters(volume))


def by_person(events: Iterable[tuple[Event, User]]) -> Iterator[tuple[User, list[Event]]]:
    """Events, sorted by person, with the person that they are of."""
    for user, some in groupby(events, key=lambda pair: pair[1]):
        yield user, [event for event, _ in some]


def record_of(user: User, events: Iterable[Event], labels: dict[str, Row], clusters: dict[str, int]) -> Row:
    """A profile as users.json has it."""
    opinions = ((one.image_id, one.value or 0.0, labels.get(one.image_id)) for one in events)
    profile = profile_of(user, facts_of(opinions))
    return to_record({**profile, "cluster": clusters.get(user.user_id, -1)})


def read_labels(volume: Storage, wanted: Set[str]) -> dict[str, Row]:
    """The labels of those pictures that exist, by image_id."""
    parts = live.live_parts(tables.open_snapshot(volume), LABELS) if wanted else []
    rows = (row for part in parts for row in live.read_rows(volume, part, LABEL_COLUMNS))
    return {row["image_id"]: row for row in rows if row["image_id"] in wanted}


def read_clusters(volume: Storage) -> dict[str, int]:
    """The cluster of each person of the last run."""
    return _clusters(volume, tuple(tables.open_snapshot(volume).parts(PROFILES)))


@lru_cache(maxsize=1)
def _clusters(volume: Storage, parts: tuple[Part, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        columns = tables.read_columns(volume, part, ["user_id", "cluster"])
        found.update(zip(columns["user_id"], columns["cluster"], strict=True))
    return found
