"""Profiles as of now: from the store and the labels, without waiting for the next run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from shared import tables
from shared.people.events import Event, User
from shared.people.profile import by_user, facts_of, profile_of, to_record
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.tables import live
from shared.tables.contracts import LABELS, PROFILES

LABEL_COLUMNS = ("image_id", "filename", "orientation", "size_category", "color_names", "tags")

Row = dict[str, Any]


def current_profiles(volume: Storage) -> list[Row]:
    """Everybody's profile, by user id, as users.json has them; the cluster is that of the last run."""
    store = PeopleStore(volume)
    wanted = {event.image_id for event, _ in store.all_events()}
    labels, clusters = read_labels(volume, wanted), read_clusters(volume)
    made = {user.user_id: record_of(user, events, labels, clusters) for user, events in by_person(store.all_events())}
    empty = (one.user for one in store.counts() if one.user.user_id not in made)
    made.update((user.user_id, record_of(user, [], labels, clusters)) for user in empty)
    return [made[user_id] for user_id in sorted(made)]


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
    who = {"user_id": user.user_id, "user_source": user.source, "family": user.family, "seed": user.seed}
    joined = [(one.image_id, ({**who, "value": one.value}, labels.get(one.image_id))) for one in events]
    counted = Counter(fact for pair in joined for fact, _ in facts_of(pair))
    counted[user.user_id, "user", f"{user.source}\0{user.family}\0{user.seed}"] += 1
    profile = profile_of((user.user_id, [by_user(item)[1] for item in counted.items()]))
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
