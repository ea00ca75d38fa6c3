"""Profiles as of now: from the store and the labels, without waiting for the next run."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from shared import tables
from shared.people.events import Event, User
from shared.people.profile import LABEL_COLUMNS, facts_of, profile_of, to_record
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.tables import live
from shared.tables.contracts import LABELS, PROFILES

TOGETHER = 500  # people whose labels are looked up together

Row = dict[str, Any]


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


def current_profile(volume: Storage, user_id: str) -> Row | None:
    """One person's profile; None for somebody who is not there."""
    store = PeopleStore(volume)
    user = store.user(user_id)
    if user is None:
        return None
    events = store.events(user_id)
    return record_of(user, events, read_labels(volume, {one.image_id for one in events}), read_clusters(volume))


def by_person(events: Iterable[tuple[Event, User]]) -> Iterator[tuple[User, list[Event]]]:
    """Events, sorted by person, with the person that they are of."""
    for user, some in groupby(events, key=lambda pair: pair[1]):
        yield user, [event for event, _ in some]


def record_of(user: User, events: Iterable[Event], labels: dict[str, Row], clusters: dict[str, int]) -> Row:
    """A profile as users.json has it."""
    opinions = ((one.image_id, one.value or 0.0, labels.get(one.image_id)) for one in events)
    profile = profile_of(user, facts_of(opinions))
    return to_record({**profile, "cluster": clusters.get(user.user_id, -1)})


def read_labels(volume: Storage, wanted: set[str]) -> dict[str, Row]:
    """The labels of those pictures that exist, by image_id."""
    parts = live.live_parts(tables.open_snapshot(volume), LABELS) if wanted else []
    rows = (row for part in parts for row in live.read_rows(volume, part, LABEL_COLUMNS))
    return {row["image_id"]: row for row in rows if row["image_id"] in wanted}


def read_clusters(volume: Storage) -> dict[str, int]:
    """The cluster of each person of the last run."""
    found: dict[str, int] = {}
    for part in tables.open_snapshot(volume).parts(PROFILES):
        columns = tables.read_columns(volume, part, ["user_id", "cluster"])
        found.update(zip(columns["user_id"], columns["cluster"], strict=True))
    return found
