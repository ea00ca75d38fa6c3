"""`imagerec inbox`: files dropped into queries/inbox become answers in queries/answers, each exactly once.

    inbox/NAME -> claimed/NAME -> answers/NAME.json, done/NAME

A file is claimed by renaming it, so it is answered once however often the folder is looked at; what a killed process had
claimed is answered at the next start. Whoever answers holds a lock on queries/, so no two processes share the work.
"""

import contextlib
import errno
import logging
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from recommendation.search.answer import Answer, ErrorAnswer
from recommendation.search.answerer import Answerer, answer_or_error
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options, default_options
from recommendation.settings import QuerySettings
from shared.command import cli
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.storage import Storage
from shared.storage.files import digest, to_json, write_atomically
from shared.storage.lock import exclusive
from shared.storage.volume import ANSWERS, INBOX

log = logging.getLogger("recommendation")

UNFINISHED = (".tmp", ".part")  # names that programs give to a file they still write
MAX_JOB_BYTES = 1 << 20
LONGEST_NAME_BYTES = 180
LOOK_EVERY_S = 1.0


class Inbox:
    """The inbox of a volume; one thread at a time.

    Args:
        volume: its folders are made when missing.
        defaults: options of a job that says nothing of them.
    """

    def __init__(self, volume: Storage, answerer: Answerer, defaults: Options) -> None:
        self.inbox, self.answers = volume.local_path(INBOX), volume.local_path(ANSWERS)
        self.claimed, self.done = self.inbox.with_name("claimed"), self.inbox.with_name("done")
        self._answerer, self._defaults = answerer, defaults
        self._seen: dict[str, tuple[int, int]] = {}
        for folder in (self.inbox, self.claimed, self.done, self.answers):
            folder.mkdir(parents=True, exist_ok=True)

    def ready(self) -> list[str]:
        """Names of the files that have not changed since the last call, sorted: nobody is still writing them."""
        before, self._seen = self._seen, waiting(self.inbox)
        return sorted(name for name, state in self._seen.items() if before.get(name) == state)

    def claim_ready(self) -> None:
        """Take what is ready out of the inbox."""
        for name in self.ready():
            with contextlib.suppress(FileNotFoundError):  # its owner took it back
                (self.inbox / name).rename(self.claimed / short_name(name))

    def answer_claimed(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Answer every claimed file, those of a killed process too; return how many."""
        answered = 0
        for path in sorted(self.claimed.iterdir()):
            if should_stop():
                break
            self.answer(path.name)
            answered += 1
        return answered

    def answer(self, name: str) -> None:
        """Answer a claimed file and move it to done/; a file of the same name that is there already keeps its place."""
        path = self.claimed / name
        content = self._answer_content(path)
        write_atomically(self.answers / answer_name(name), to_json(content))
        path.rename(free_path(self.done / name))
        log.info(
            "inbox: %s answered%s",
            name.encode("utf-8", "backslashreplace").decode(),
            " with an error" if "error" in content else "",
        )

    def _answer_content(self, path: Path) -> Answer | ErrorAnswer:
        if path.suffix.lower() != ".json":
            return answer_or_error(lambda: self._answerer.answer([read_upload(path)], self._defaults).content)
        return self._answerer.answer_json(lambda: read_job(path), self._defaults, self.locate)

    def locate(self, name: str) -> Path:
        """Where a job's picture is: an absolute path as it stands, else in the inbox, or in done/ once answered itself.

        Raises:
            UsageError: a relative name leads out of the inbox.
        """
        if Path(name).is_absolute():
            return Path(name)
        for folder in (self.inbox, self.done):
            path = folder / name
            if not is_inside(path, folder):
                raise UsageError(f"images: expected a path inside the inbox or an absolute one, got {name!r}")
            if path.exists():
                return path
        return self.inbox / name


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path stays in a folder once `..` and links are followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL, a name that is too long, links in a circle
        return False


def waiting(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and modification time of each finished-looking file directly in a folder, by name."""
    found = {}
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
            continue
        try:
            state = entry.stat()
        except OSError as error:  # taken away, or a link that leads nowhere
            if error.errno not in (errno.ENOENT, errno.ELOOP, errno.EACCES):
                raise
            continue
        if stat.S_ISREG(state.st_mode):
            found[entry.name] = (state.st_size, state.st_mtime_ns)
    return found


def read_job(path: Path) -> bytes:
    """The text of a job.

    Raises:
        BadInputError: it cannot be read or is longer than any job.
    """
    data = read_upload(path).data
    if len(data) > MAX_JOB_BYTES:
        raise BadInputError(
            "too_many_bytes", f"{path.name} is larger than {MAX_JOB_BYTES >> 20} MiB, too long for a job"
        )
    return data


def short_name(name: str) -> str:
    """The name itself, or a shorter one that is as unique: `.json` and a temporary ending must fit behind it."""
    if len(os.fsencode(name)) <= LONGEST_NAME_BYTES:
        return name
    stem = os.fsdecode(os.fsencode(name)[: LONGEST_NAME_BYTES // 2])
    return f"{stem}-{digest(name)[:16]}{Path(name).suffix[:8]}"


def answer_name(name: str) -> str:
    """Name of the answer to a file: a job keeps its own, a picture gets `.json` added."""
    return name if name.lower().endswith(".json") else f"{name}.json"


def free_path(path: Path) -> Path:
    """The path itself, or with the first number that no file has yet: ``a.jpg``, ``a.1.jpg``, ``a.2.jpg``."""
    free, number = path, 0
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return free


def main(argv: Sequence[str]) -> int:
    """Answer what waits in the inbox; return 0, also when nothing waits."""
    parser = cli.parser("imagerec inbox", "Answer the query jobs that wait in queries/inbox, then end.", QuerySettings)
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
        inbox.claim_ready()  # looks only
        threading.Event().wait(LOOK_EVERY_S)
        inbox.claim_ready()  # a file that changed meanwhile is still being written
        answered += inbox.answer_claimed()
    log.info("inbox: %d answered", answered)
    return cli.OK


def watch_inbox(settings: QuerySettings, answerer: Answerer, stop: threading.Event) -> None:
    """Answer the inbox until `stop` is set, whenever no other process does."""
    said = ""
    while not stop.is_set():
        try:
            with exclusive(settings.volume.local_path(INBOX).parent, "serve"):
                inbox = Inbox(settings.volume, answerer, default_options(settings))
                while not stop.wait(LOOK_EVERY_S):
                    inbox.claim_ready()
                    inbox.answer_claimed(stop.is_set)
        except (CannotProceedError, OSError) as error:  # held by another process; a full disk: it may pass
            if str(error) != said:
                said = str(error)
                log.error("the inbox is not answered: %s", said)
            stop.wait(LOOK_EVERY_S)
