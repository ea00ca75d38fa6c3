"""`imagerec inbox`: files dropped into queries/inbox become answers in queries/answers, each exactly once.

    inbox/NAME -> claimed/NAME -> answers/NAME.json, done/NAME

A file is claimed by renaming it, so it is answered once however often the folder is listed; what a killed process had
claimed is answered at the next start. Whoever answers holds a lock on queries/, so no two processes share the work.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from recommendation.commands.inbox_files import answer_name, is_request, is_there, move_newest, short_name, waiting
from recommendation.search.answer import Answer, ErrorAnswer, make_error
from recommendation.search.answerer import Answerer, answer_or_error
from recommendation.search.query_picture import Upload, read_upload
from recommendation.search.request import Options, default_options
from recommendation.settings import QuerySettings
from shared.command import cli
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.storage import Storage
from shared.storage.files import to_json, write_atomically
from shared.storage.lock import exclusive
from shared.storage.volume import ANSWERS, INBOX

log = logging.getLogger("recommendation")

MAX_REQUEST_BYTES = 1 << 20
POLL_S = 1.0
#: Errors whose message says enough.
EXPECTED = (CannotProceedError, OSError)
MAX_SHOWN = 200  # characters of a name in a message


class Inbox:
    """The inbox of a volume; one thread at a time.

    Args:
        volume: its folders are made when missing.
        defaults: options that a request leaves out.
    """

    def __init__(self, volume: Storage, answerer: Answerer, defaults: Options) -> None:
        self.inbox, self.answers = volume.local_path(INBOX), volume.local_path(ANSWERS)
        self.claimed, self.done = self.inbox.with_name("claimed"), self.inbox.with_name("done")
        self._answerer, self._defaults = answerer, defaults
        self._seen: dict[str, tuple[int, int]] = {}
        self._problems: dict[str, int | None] = {}
        for folder in (self.inbox, self.claimed, self.done, self.answers):
            folder.mkdir(parents=True, exist_ok=True)

    def ready(self) -> list[str]:
        """Names of the files that have not changed since the last call, sorted: nobody is still writing them."""
        before = self._seen
        self._seen = {name: (one.st_size, one.st_mtime_ns) for name, one in waiting(self.inbox).items()}
        return sorted(name for name, state in self._seen.items() if before.get(name) == state)

    def claim_ready(self) -> None:
        """Take what is ready out of the inbox; a file that cannot be moved stays and does not hold up the others."""
        for name in self.ready():
            self._try("claimed", name, partial(self._claim, name))

    def _claim(self, name: str) -> None:
        claimed = self.claimed / short_name(name)
        if not os.path.lexists(claimed):  # else an earlier file of this name waits for its answer
            (self.inbox / name).rename(claimed)

    def answer_claimed(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Answer every claimed file, those of a killed process too; return how many."""
        answered = 0
        for path in sorted(self.claimed.iterdir()):
            if should_stop():
                break
            answered += self._try("answered", path.name, partial(self.answer, path.name))
        return answered

    def _try(self, what: str, name: str, step: Callable[[], None]) -> bool:
        """Whether a step over one file was done; an error of the system is logged once and leaves the file for later."""
        try:
            step()
        except FileNotFoundError:  # its owner took it back
            return False
        except OSError as error:
            if self._problems.get(name) != error.errno:
                log.error("inbox: %s cannot be %s: %s", cli.printable(name), what, error)
            self._problems[name] = error.errno
            return False
        self._problems.pop(name, None)
        return True

    def answer(self, name: str) -> None:
        """Answer a claimed file and move it to done/, where the newest file of a name has that name.

        Raises:
            OSError: the answer cannot be stored, or the file not be moved.
        """
        path = self.claimed / name
        content = self._answer(path)
        write_atomically(self.answers / answer_name(name), to_json(content))
        move_newest(path, self.done)
        log.info("inbox: %s answered%s", cli.printable(name), " with an error" if "error" in content else "")

    def _answer(self, path: Path) -> Answer | ErrorAnswer:
        """The answer to a file. Whatever goes wrong is its answer: one file must not hold up the others."""
        try:
            if is_request(path.name):
                return self._answerer.answer_json(lambda: self._read(path), self._defaults, self.read_picture)
            return answer_or_error(lambda: self._answerer.answer([self._read_picture(path)], self._defaults).content)
        except OSError as error:
            return make_error("unavailable", error.strerror or "the system refused it")
        except Exception:
            log.exception("inbox: %s", cli.printable(path.name))
            return make_error("internal_error", "a bug; the service's log says more")

    def _read(self, path: Path) -> bytes:
        return read_upload(path, path.name, self.claimed, MAX_REQUEST_BYTES).data

    def _read_picture(self, path: Path) -> Upload:
        return read_upload(path, root=self.claimed)

    def read_picture(self, name: str) -> Upload:
        """The picture that a request names: by an absolute path, or in the inbox, or where it was moved from there.

        Raises:
            UsageError: a relative name leads out of the inbox.
            BadInputError: there is none, or it cannot be read.
        """
        path, shown = Path(name), name[:MAX_SHOWN]
        if path.is_absolute():
            return read_upload(path, shown)
        if ".." in path.parts or not path.parts:
            raise outside(shown)
        moved = Path(short_name(name)) if len(path.parts) == 1 else path
        for folder, place in ((self.inbox, path), (self.claimed, moved), (self.done, moved)):
            if is_there(folder / place):
                try:
                    return read_upload(folder / place, shown, folder)
                except UsageError as error:
                    raise outside(shown) from error
        raise BadInputError("vanished", f"{shown}: there is no such file")


class Backlog(NamedTuple):
    """Files that wait for an answer, and for how long the oldest has, in seconds."""

    waiting: int
    longest_s: float


def backlog(volume: Storage, now: float | None = None) -> Backlog:
    """What waits in the inbox of a volume.

    Args:
        now: seconds since 1970; the present by default.
    """
    since: list[float] = []
    for folder in (volume.local_path(INBOX), volume.local_path(INBOX).with_name("claimed")):
        with suppress(OSError):  # there is none yet, or it is just being replaced
            since += [one.st_ctime for one in waiting(folder).values()]  # renaming sets it, as writing does
    now = time.time() if now is None else now
    return Backlog(len(since), round(max((now - one for one in since), default=0.0), 1))


def outside(name: str) -> UsageError:
    """The error of a name that leads out of the inbox."""
    return UsageError(f"images: expected a path inside the inbox, not through a link, or an absolute one, got {name!r}")


def main(argv: Sequence[str]) -> int:
    """Answer what waits in the inbox; return 0, also when nothing waits."""
    parser = cli.parser("imagerec inbox", "Answer the queries that wait in queries/inbox, then end.", QuerySettings)
    return cli.run_command(lambda: answer_once(cli.settings_of(QuerySettings, parser.parse_args(argv))))


def answer_once(settings: QuerySettings) -> int:
    """Answer what a killed process left and what waits now.

    Raises:
        CannotProceedError: there is no index, or another process answers the inbox.
    """
    answerer = Answerer(settings.volume)
    with exclusive(settings.volume.local_path(INBOX).parent, "inbox"):
        inbox = Inbox(settings.volume, answerer, default_options(settings))
        answered = inbox.answer_claimed()
        inbox.claim_ready()  # lists only
        threading.Event().wait(POLL_S)
        inbox.claim_ready()  # a file that changed meanwhile is still being written
        answered += inbox.answer_claimed()
    log.info("inbox: %d answered", answered)
    return cli.OK


def watch_inbox(settings: QuerySettings, answerer: Answerer, stop: threading.Event, poll_s: float = POLL_S) -> None:
    """Answer the inbox until `stop` is set, whenever no other process does; whatever goes wrong, try again."""
    logged = ""
    while not stop.is_set():
        try:
            with exclusive(settings.volume.local_path(INBOX).parent, "serve"):
                inbox = Inbox(settings.volume, answerer, default_options(settings))
                while not stop.wait(poll_s):
                    inbox.claim_ready()
                    inbox.answer_claimed(stop.is_set)
                    logged = ""
        except Exception as error:  # held by another process, a full disk, a folder that is gone: it may pass
            if str(error) != logged:
                logged = str(error)
                log.error("the inbox is not answered: %s", error, exc_info=not isinstance(error, EXPECTED))
            stop.wait(poll_s)
