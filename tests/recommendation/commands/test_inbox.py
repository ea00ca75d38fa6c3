"""The inbox: every job gets exactly one answer, whoever was killed meanwhile."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from recommendation.commands.inbox import Inbox, answer_once, watch_inbox
from recommendation.commands.inbox_files import answer_name, free_path, short_name
from recommendation.search.answerer import Answerer
from recommendation.search.request import Options
from recommendation.settings import QuerySettings
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.storage.files import write_atomically
from shared.storage.lock import exclusive
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


@pytest.fixture
def inbox(tmp_path: Path, answerer: Answerer) -> Inbox:
    return Inbox(LocalStorage(tmp_path), answerer, Options(top_k=2))


def poll(inbox: Inbox) -> int:
    """Look twice, as a watcher does, and answer."""
    inbox.claim_ready()
    inbox.claim_ready()
    return inbox.answer_claimed()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def answer_of(inbox: Inbox, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((inbox.answers / name).read_text())
    return content


def drop(inbox: Inbox, name: str, job: object) -> None:
    (inbox.inbox / name).write_text(json.dumps(job))


def test_a_job_is_answered_and_moved_away(inbox: Inbox, collection: Collection) -> None:
    [first, second, *_] = collection.paths()
    drop(inbox, "job.json", {"images": [str(first), str(second)], "top_k": 3, "measure": "color", "combine": "max"})
    assert poll(inbox) == 1
    answer = answer_of(inbox, "job.json")
    assert [query["filename"] for query in answer["queries"]] == [first.name, second.name]
    assert {name: len(items) for name, items in answer["results"].items()} == {"color": 3}
    assert [names(folder) for folder in (inbox.inbox, inbox.claimed, inbox.done)] == [[], [], ["job.json"]]
    assert poll(inbox) == 0


def test_a_picture_is_a_job_of_its_own(inbox: Inbox, collection: Collection) -> None:
    [picture, *_] = collection.paths()
    (inbox.inbox / "a.jpg").write_bytes(picture.read_bytes())
    assert poll(inbox) == 1
    answer = answer_of(inbox, "a.jpg.json")
    assert answer["queries"][0]["filename"] == "a.jpg"
    assert {len(items) for items in answer["results"].values()} == {2}
    assert names(inbox.done) == ["a.jpg"]


def test_a_file_that_still_grows_is_not_taken(inbox: Inbox, collection: Collection) -> None:
    data = collection.paths()[0].read_bytes()
    growing = inbox.inbox / "a.jpg"
    growing.write_bytes(data[:100])
    inbox.claim_ready()
    growing.write_bytes(data)
    inbox.claim_ready()
    assert names(inbox.claimed) == []
    inbox.claim_ready()
    assert names(inbox.claimed) == ["a.jpg"]


def test_unfinished_names_folders_and_pipes_are_left_alone(inbox: Inbox) -> None:
    for name in (".hidden.json", "half.json.tmp", "half.jpg.part"):
        (inbox.inbox / name).write_text("{}")
    (inbox.inbox / "pictures").mkdir()
    os.mkfifo(inbox.inbox / "pipe.jpg")
    (inbox.inbox / "nowhere.jpg").symlink_to("missing.jpg")
    before = names(inbox.inbox)
    assert poll(inbox) == 0
    assert names(inbox.inbox) == before


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("not json", "wrong_usage", "expected a JSON object"),
        ("[1]", "wrong_usage", "expected a JSON object, got a list"),
        ('{"images": ["a.jpg"], "topk": 3}', "wrong_usage", "topk"),
        ('{"images": {"a": 1}}', "wrong_usage", "images: expected a text or a list of texts"),
        ('{"images": ["a.jpg"], "top_k": "5"}', "wrong_usage", "top_k: expected a whole number"),
        ('{"images": ["a.jpg"], "top_k": true}', "wrong_usage", "top_k: expected a whole number"),
        ('{"images": ["\\ud800.jpg"]}', "wrong_usage", "names that a file can have"),
        ('{"images": []}', "wrong_usage", "1 to 5"),
        ('{"images": ["../../../etc/passwd"]}', "wrong_usage", "inside the inbox"),
        ('{"images": ["missing.jpg"]}', "vanished", "missing.jpg"),
        ('{"images": ["/dev/zero"]}', "unreadable", "not a regular file"),
        ('{"id": ["nothing"]}', "wrong_usage", "nothing"),
        ("[" * 100_000, "wrong_usage", "expected a JSON object"),
    ],
)
def test_a_bad_job_gets_an_answer_that_says_why(inbox: Inbox, text: str, code: str, says: str) -> None:
    (inbox.inbox / "bad.json").write_text(text)
    assert poll(inbox) == 1
    error = answer_of(inbox, "bad.json")["error"]
    assert error["code"] == code
    assert says in error["message"]
    assert names(inbox.done) == ["bad.json"]


def test_a_link_does_not_lead_a_relative_name_out_of_the_inbox(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (inbox.inbox / "pictures").mkdir()
    (inbox.inbox / "pictures" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    drop(inbox, "job.json", {"images": ["pictures/a.jpg"]})
    poll(inbox)
    assert "inside the inbox" in answer_of(inbox, "job.json")["error"]["message"]


def test_a_job_finds_its_pictures_in_the_inbox_or_where_they_were_moved(inbox: Inbox, collection: Collection) -> None:
    (inbox.inbox / "pictures").mkdir()
    (inbox.inbox / "pictures" / "b.jpg").write_bytes(collection.paths()[1].read_bytes())
    (inbox.inbox / "a.jpg").write_bytes(collection.paths()[0].read_bytes())
    drop(inbox, "job.json", {"images": ["a.jpg", "pictures/b.jpg"]})
    assert poll(inbox) == 2
    assert [query["filename"] for query in answer_of(inbox, "job.json")["queries"]] == ["a.jpg", "b.jpg"]


def test_what_a_killed_process_had_claimed_is_answered_once(
    inbox: Inbox, collection: Collection, tmp_path: Path, answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        drop(inbox, f"{number}.json", {"images": [str(collection.paths()[number])]})
    calls = iter(range(9))

    def killed_at_second_answer(path: Path, data: bytes) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        write_atomically(path, data)

    monkeypatch.setattr("recommendation.commands.inbox.write_atomically", killed_at_second_answer)
    with pytest.raises(KeyboardInterrupt):
        poll(inbox)
    assert (names(inbox.claimed), names(inbox.answers)) == (["1.json", "2.json"], ["0.json"])
    assert Inbox(LocalStorage(tmp_path), answerer, Options()).answer_claimed() == 2
    assert names(inbox.answers) == names(inbox.done) == ["0.json", "1.json", "2.json"]


def test_an_order_to_stop_is_obeyed_between_two_jobs(inbox: Inbox, collection: Collection) -> None:
    for number in range(3):
        drop(inbox, f"{number}.json", {"images": [str(collection.paths()[number])]})
    inbox.claim_ready()
    inbox.claim_ready()
    orders = iter([False, True])
    assert inbox.answer_claimed(lambda: next(orders)) == 1
    assert names(inbox.claimed) == ["1.json", "2.json"]


def test_a_name_used_again_loses_neither_job_nor_the_latest_answer(inbox: Inbox, collection: Collection) -> None:
    for path in collection.paths()[:2]:
        drop(inbox, "job.json", {"images": [str(path)]})
        poll(inbox)
    assert names(inbox.done) == ["job.1.json", "job.json"]
    assert answer_of(inbox, "job.json")["queries"][0]["filename"] == collection.paths()[1].name


def test_names_of_any_bytes_and_length_are_answered(inbox: Inbox) -> None:
    strange = [b"caf\xe9.json", b"two\nlines.json", b"x" * 250 + b".json"]
    for name in strange:
        (inbox.inbox / os.fsdecode(name)).write_text("{}")
    assert poll(inbox) == 3
    assert len(names(inbox.answers)) == len(names(inbox.done)) == 3
    assert names(inbox.inbox) == []


def test_the_command_answers_what_is_there_and_ends(own_collection: Collection) -> None:
    folder = own_collection.volume.root / "queries" / "inbox"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"images": [str(own_collection.paths()[0])]}))
    assert answer_once(QuerySettings(data=own_collection.volume.root)) == 0
    assert names(folder.with_name("answers")) == ["job.json"]


def test_two_processes_do_not_share_the_inbox(collection: Collection) -> None:
    with (
        exclusive(collection.volume.root / "queries", "serve"),
        pytest.raises(CannotProceedError, match="imagerec serve"),
    ):
        answer_once(QuerySettings(data=collection.volume.root))


def test_the_watcher_ends_when_told(collection: Collection, answerer: Answerer) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=watch_inbox, args=(QuerySettings(data=collection.volume.root), answerer, stop))
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("name", "answer"), [("a.json", "a.json"), ("a.jpg", "a.jpg.json"), ("A.JSON", "A.JSON"), ("a", "a.json.json")]
)
def test_a_job_keeps_its_name_and_a_picture_gets_json_added(name: str, answer: str) -> None:
    assert answer_name(name) == answer


def test_a_long_name_is_shortened_to_a_unique_one() -> None:
    one, other = short_name("x" * 240 + "1.json"), short_name("x" * 240 + "2.json")
    assert one != other
    assert len(one) < 180
    assert one.endswith(".json")
    assert short_name("short.json") == "short.json"


def test_a_free_path_counts_up(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.1.jpg").touch()
    assert free_path(tmp_path / "a.jpg") == tmp_path / "a.2.jpg"
    assert free_path(tmp_path / "b.jpg") == tmp_path / "b.jpg"
