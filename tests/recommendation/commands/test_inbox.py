"""The inbox: every job gets exactly one answer, whoever was killed meanwhile."""

import json
import os
import threading
from pathlib import Path

import pytest

from recommendation.commands.inbox import Backlog, Inbox, answer_once, backlog, watch_inbox
from recommendation.commands.inbox_files import answer_name, free_path, short_name
from recommendation.search.answerer import Answerer
from recommendation.settings import QuerySettings
from recommendation.web.health import inbox_state
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.storage.lock import exclusive
from tests.recommendation.commands.inboxes import answer_of, drop, names, poll
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


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


def test_a_job_finds_its_pictures_in_the_inbox_or_where_they_were_moved(inbox: Inbox, collection: Collection) -> None:
    (inbox.inbox / "pictures").mkdir()
    (inbox.inbox / "pictures" / "b.jpg").write_bytes(collection.paths()[1].read_bytes())
    (inbox.inbox / "a.jpg").write_bytes(collection.paths()[0].read_bytes())
    drop(inbox, "job.json", {"images": ["a.jpg", "pictures/b.jpg"]})
    assert poll(inbox) == 2
    assert [query["filename"] for query in answer_of(inbox, "job.json")["queries"]] == ["a.jpg", "b.jpg"]


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


def test_a_job_with_too_many_pictures_is_refused_before_any_is_read(inbox: Inbox, tmp_path: Path) -> None:
    drop(inbox, "job.json", {"images": [str(tmp_path / "missing.jpg")] * 40})
    assert poll(inbox) == 1
    error = answer_of(inbox, "job.json")["error"]
    assert error == {"code": "wrong_usage", "message": "expected 1 to 5 query pictures, got 40"}


@pytest.mark.parametrize(
    "name", ["a" * 5000, "a/" * 3000 + "b.jpg", "\u00e9" * 200, "a\0b.jpg", ".", "", "..", "x/../../y"]
)
def test_a_name_that_no_file_can_have_is_that_jobs_answer_and_holds_up_nobody(
    inbox: Inbox, collection: Collection, name: str
) -> None:
    drop(inbox, "a.json", {"images": [name]})
    drop(inbox, "b.json", {"images": [str(collection.paths()[0])]})
    assert poll(inbox) == 2
    assert answer_of(inbox, "a.json")["error"]["code"] in {"vanished", "wrong_usage", "unreadable"}
    assert "results" in answer_of(inbox, "b.json")
    assert names(inbox.claimed) == []


def test_a_picture_dropped_together_with_its_job_is_found_while_it_is_answered(
    inbox: Inbox, collection: Collection
) -> None:
    (inbox.inbox / "z.jpg").write_bytes(collection.paths()[0].read_bytes())
    drop(inbox, "a.json", {"images": ["z.jpg"]})  # answered first, when the picture is claimed but not done
    assert poll(inbox) == 2
    assert answer_of(inbox, "a.json")["queries"][0]["filename"] == "z.jpg"


def test_a_name_used_again_means_the_newest_picture(inbox: Inbox, collection: Collection) -> None:
    ids = []
    for path in collection.paths()[:3]:
        (inbox.inbox / "a.jpg").write_bytes(path.read_bytes())
        poll(inbox)
        drop(inbox, "job.json", {"images": ["a.jpg"]})
        poll(inbox)
        ids.append(answer_of(inbox, "job.json")["queries"][0]["image_id"])
        assert ids[-1] == answer_of(inbox, "a.jpg.json")["queries"][0]["image_id"]
    assert len(set(ids)) == 3
    assert names(inbox.done) == ["a.1.jpg", "a.2.jpg", "a.jpg", "job.1.json", "job.2.json", "job.json"]


def test_no_two_files_share_an_answer(inbox: Inbox, collection: Collection) -> None:
    data = collection.paths()[0].read_bytes()
    pictures = ["a.jpg", "a", "b.PNG", "b", "c.001", "a.jpg.heic"]
    jobs = ["a.json", "a.jpg.json", "a.jpg.json.json", "b.PNG.json", "b.json", "b.json.json", "c.001.json", "c.json"]
    for name in pictures:
        (inbox.inbox / name).write_bytes(data)
    for name in jobs:
        drop(inbox, name, {"id": ["0" * 32]})
    assert poll(inbox) == len(pictures + jobs)
    assert len(names(inbox.answers)) == len(pictures + jobs)
    assert all("queries" in answer_of(inbox, answer_name(name)) for name in pictures)
    assert all("error" in answer_of(inbox, answer_name(name)) for name in jobs)


@pytest.mark.parametrize(
    "name",
    [
        "Thumbs.db",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "Desktop.ini",
        ".DS_Store",
        "._a.jpg",
        "~$a.json",
        "a.jpg~",
    ],
)
def test_files_of_the_system_are_no_jobs(inbox: Inbox, name: str) -> None:
    (inbox.inbox / name).write_bytes(b"x")
    assert poll(inbox) == 0
    assert names(inbox.inbox) == [name]


def test_what_waits_is_counted_with_how_long_it_has(inbox: Inbox, tmp_path: Path) -> None:
    volume = LocalStorage(tmp_path)
    assert backlog(volume) == Backlog(0, 0.0)
    drop(inbox, "a.json", {})
    (inbox.claimed / "b.json").write_text("{}")
    (inbox.inbox / "Thumbs.db").write_text("x")
    changed = max(
        (folder / name).stat().st_ctime for folder, name in ((inbox.inbox, "a.json"), (inbox.claimed, "b.json"))
    )
    found = backlog(volume, changed + 200)
    assert (found.waiting, 200 <= found.longest_s < 201) == (2, True)
    assert inbox_state(found)["status"] == "inbox stalled"
    assert "status" not in inbox_state(Backlog(2, 1.0))
    assert backlog(LocalStorage(tmp_path / "new")) == Backlog(0, 0.0)
