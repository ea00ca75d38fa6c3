"""The inbox when things fail: every job gets its answer, and no link or file of others is followed or quoted."""

import json
import select
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommendation.commands.inbox import Inbox, watch_inbox
from recommendation.search.answerer import Answerer
from recommendation.search.request import Options
from recommendation.settings import QuerySettings
from shared.storage import LocalStorage
from shared.storage.files import write_atomically
from tests.recommendation.commands.inboxes import answer_of, drop, names, poll
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


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
