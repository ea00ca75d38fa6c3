"""The store of likes: what wins, what survives, what is forgotten."""

import os
import signal
import subprocess
import sys

import pytest

from shared.errors import CannotProceedError
from shared.people.events import Event, User
from shared.people.store import KEY, PeopleStore
from shared.storage import LocalStorage
from tests.commands import ROOT

WRITER = """
import sys
from pathlib import Path
from shared.people.events import Event
from shared.people.store import PeopleStore
from shared.storage import LocalStorage

store = PeopleStore(LocalStorage(Path(sys.argv[1])))
for number in range(int(sys.argv[3])):
    store.record([Event(sys.argv[2], f"{number:032x}", 1.0, 1.0, "test")])
    print(number, flush=True)
"""


def event(image_id: str, value: float | None, time: float = 1.0, user_id: str = "Ada") -> Event:
    return Event(user_id, image_id, value, time, "test")


@pytest.fixture
def store(volume: LocalStorage) -> PeopleStore:
    return PeopleStore(volume)


@pytest.mark.parametrize(
    ("events", "value"),
    [
        ([event("a", 1, 1), event("a", -1, 2)], -1),
        ([event("a", -1, 2), event("a", 1, 1)], -1),
        ([event("a", 1, 1), event("a", -1, 1)], -1),
    ],
    ids=["later one last", "later one first", "same time"],
)
def test_of_contradictory_events_the_later_one_counts(store: PeopleStore, events: list[Event], value: float) -> None:
    for one in events:
        store.record([one])
    assert [one.value for one in store.events("Ada")] == [value]


def test_what_was_taken_back_does_not_come_back_with_an_older_event(store: PeopleStore) -> None:
    store.record([event("a", 1, 1), event("a", None, 3)])
    assert store.record([event("a", 1, 2)]) == 0
    assert store.events("Ada") == []


def test_likes_dislikes_and_people_without_any_are_counted(store: PeopleStore) -> None:
    store.record([event("a", 1), event("b", 0.5), event("c", 0), event("d", -1)])
    store.add_users([User("Bob", "simulated", "class", 1, 5.0)])
    assert [(one.user.user_id, one.likes, one.dislikes) for one in store.counts()] == [("Ada", 2, 1), ("Bob", 0, 0)]


def test_nothing_is_there_before_the_first_write(store: PeopleStore) -> None:
    assert (store.exists, store.revision(), store.events("Ada"), list(store.all_events())) == (False, 0, [], [])
    assert store.forget("Ada") == -1
    assert not store.exists


def test_a_forgotten_person_leaves_no_byte_behind(store: PeopleStore, volume: LocalStorage) -> None:
    store.record([event("a", 1, user_id="Zebedee Quux"), event("a", 1)])
    assert store.forget("Zebedee Quux") == 1
    files = [path for path in (volume.root / KEY).parent.iterdir() if path.is_file()]
    assert [path for path in files if b"Zebedee" in path.read_bytes()] == []
    assert [one.user_id for one, _ in store.all_events()] == ["Ada"]


def test_writers_at_the_same_time_lose_nothing(store: PeopleStore, volume: LocalStorage) -> None:
    arguments = [sys.executable, "-c", WRITER, str(volume.root)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([*arguments, name, "50"], env=environment, stdout=subprocess.DEVNULL) for name in "ABC"]
    assert [one.wait() for one in running] == [0, 0, 0]
    assert [len(store.events(name)) for name in "ABC"] == [50, 50, 50]
    assert store.revision() == 150


def test_every_acknowledged_like_survives_a_kill(store: PeopleStore, volume: LocalStorage) -> None:
    arguments = [sys.executable, "-c", WRITER, str(volume.root), "Ada", "100000"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(30)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    whole = [line for line in acknowledged if line.endswith("\n")]
    assert len(whole) >= 30
    assert len(store.events("Ada")) >= len(whole)


def test_a_damaged_store_is_named(store: PeopleStore, volume: LocalStorage) -> None:
    volume.put(KEY, b"this is no database" * 100)
    with pytest.raises(CannotProceedError, match=r"likes\.sqlite is damaged"):
        store.counts()
