"""The inbox: every job gets exactly one answer, whoever was killed meanwhile."""

import json
import os
import select
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommendation.commands.inbox import Backlog, Inbox, answer_once, backlog, watch_inbox
from recommendation.commands.inbox_files import answer_name, free_path, short_name
from recommendation.search.answerer import Answerer
from recommendation.search.request import Options
from recommendation.settings import QuerySettings
from recommendation.web.health import inbox_state
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


class Failing(Answerer):
    """An answerer with a bug."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def answer(self, *_: Any, **__: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    "error", [ValueError("x"), RecursionError(), MemoryError(), OSError(24, "Too many open files")]
)
@pytest.mark.parametrize("name", ["a.jpg", "a.json"])
def test_any_error_of_a_job_is_its_answer(tmp_path: Path, error: Exception, name: str) -> None:
    inbox = Inbox(LocalStorage(tmp_path), Failing(error), Options())
    (inbox.inbox / name).write_text(json.dumps({"id": ["0" * 32]}))
    assert poll(inbox) == 1
    [answer] = names(inbox.answers)
    assert answer_of(inbox, answer)["error"]["code"] == (
        "unavailable" if isinstance(error, OSError) else "internal_error"
    )
    assert len(names(inbox.done)) == 1


def test_a_file_that_cannot_be_claimed_is_skipped_and_logged_once(
    inbox: Inbox, collection: Collection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "a.json":
            raise PermissionError(13, "Permission denied", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    for name in ("a.json", "b.json"):
        drop(inbox, name, {"images": [str(collection.paths()[0])]})
    assert [poll(inbox), poll(inbox)] == [1, 0]
    assert (names(inbox.inbox), names(inbox.answers)) == (["a.json"], ["b.json"])
    assert caplog.text.count("a.json cannot be claimed") == 1


def test_an_answer_that_cannot_be_stored_holds_up_nobody(
    inbox: Inbox, collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox.answers / "a.json" / "in the way").mkdir(parents=True)
    for name in ("a.json", "b.json"):
        drop(inbox, name, {"images": [str(collection.paths()[0])]})
    assert [poll(inbox), poll(inbox)] == [1, 0]
    assert (names(inbox.claimed), "results" in answer_of(inbox, "b.json")) == (["a.json"], True)
    assert caplog.text.count("a.json cannot be answered") == 1
    drop(inbox, "a.json", {"id": ["0" * 32]})  # the same name again waits for its turn and is not lost
    assert poll(inbox) == 0
    (inbox.answers / "a.json" / "in the way").rmdir()
    (inbox.answers / "a.json").rmdir()
    assert [poll(inbox), poll(inbox)] == [1, 1]
    assert "id: expected image_ids" not in (inbox.answers / "a.json").read_text()
    assert names(inbox.done) == ["a.1.json", "a.json", "b.json"]


@pytest.mark.parametrize("kind", ["job", "picture", "pictures of a folder", "folder"])
def test_links_are_never_followed_and_no_content_is_quoted(
    inbox: Inbox, tmp_path: Path, collection: Collection, kind: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text(json.dumps({"password": "hunter2", "top_k": "hunter3"}))
    (outside / "a.jpg").write_bytes(collection.paths()[0].read_bytes())
    (inbox.inbox / "inside").mkdir()
    drop(inbox, "job.json", {"images": ["linked.jpg", "inside/a.jpg", "folder/a.jpg"][:3]})
    {
        "job": lambda: (inbox.inbox / "link.json").symlink_to(outside / "secret.json"),
        "picture": lambda: (inbox.inbox / "linked.jpg").symlink_to(outside / "a.jpg"),
        "pictures of a folder": lambda: (inbox.inbox / "inside" / "a.jpg").symlink_to(outside / "a.jpg"),
        "folder": lambda: (inbox.inbox / "folder").symlink_to(outside),
    }[kind]()
    assert poll(inbox) == 1
    assert names(inbox.answers) == ["job.json"]
    assert answer_of(inbox, "job.json")["error"]["code"] in {"wrong_usage", "vanished"}
    assert "hunter" not in (inbox.answers / "job.json").read_text()


def test_a_link_in_place_of_a_claimed_file_is_not_followed(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"password": "hunter2"}')
    (inbox.claimed / "a.json").symlink_to(tmp_path / "secret.json")
    assert inbox.answer_claimed() == 1
    text = (inbox.answers / "a.json").read_text()
    assert "link" in text
    assert "password" not in text


def test_a_file_that_is_no_request_is_not_quoted(inbox: Inbox) -> None:
    for number, text in enumerate(
        ('{"password": "hunter2"}', '"hunter2"', '["hunter2"]', "hunter2 = 1", '{"a": hunter2}')
    ):
        (inbox.inbox / f"{number}.json").write_text(text)
    assert poll(inbox) == 5
    for number in range(5):
        text = (inbox.answers / f"{number}.json").read_text()
        assert "hunter2" not in text
        assert "password" not in text


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


def test_the_watcher_survives_any_error_and_tries_again(
    tmp_path: Path, answerer: Answerer, collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    settings, stop = QuerySettings(data=tmp_path), threading.Event()
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "claimed").write_text("a file in the way")
    thread = threading.Thread(target=watch_inbox, args=(settings, answerer, stop, 0.01))
    thread.start()
    try:
        wait_for(lambda: "the inbox is not answered" in caplog.text)
        (tmp_path / "queries" / "claimed").unlink()
        wait_for((tmp_path / "queries" / "claimed").is_dir)
        shutil.rmtree(tmp_path / "queries")
        wait_for((tmp_path / "queries" / "claimed").is_dir)
        (tmp_path / "queries" / "inbox" / "a.json").write_text(json.dumps({"images": [str(collection.paths()[0])]}))
        wait_for((tmp_path / "queries" / "answers" / "a.json").exists)
    finally:
        stop.set()
        thread.join(timeout=10)
    assert not thread.is_alive()
    assert caplog.text.count("the inbox is not answered") == 2


def wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.01)
