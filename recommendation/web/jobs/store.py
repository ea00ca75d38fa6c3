"""Query jobs on the volume: requests in the inbox, pictures in a folder of it, and a note of what belongs together.

    queries/jobs/<job>.json           which requests a job has, in their order; when it was made, and when it is deleted
    queries/inbox/<job>/NNNN-<name>   pictures, which requests name; the inbox does not take files of folders as queries
    queries/inbox/<job>-NNNN.json     requests, answered by the inbox in queries/answers/<job>-NNNN.json

All of it is files that are written whole before they get their names, so a job outlives restarts of the service.
"""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from shared.errors import UsageError
from shared.storage import Storage
from shared.storage.files import replacing, to_json, write_atomically
from shared.storage.volume import ANSWERS, INBOX

MOST_REQUESTS, MOST_JOBS = 2000, 200
DAY_S = 86_400
NAME_CHARACTERS = 60
HEX_BYTES = 8
FOLDERS = ("inbox", "claimed", "done")


class Picture(NamedTuple):
    """A picture of a job: its name for people, and its bytes."""

    name: str
    file: BinaryIO


class Job(NamedTuple):
    """A job.

    Args:
        names: what each request is called for people, in their order.
        created: seconds since 1970; `expires` as well.
        user_id: who made it; empty where nobody said.
    """

    job_id: str
    names: list[str]
    created: float
    expires: float
    user_id: str = ""


class Jobs:
    """The jobs of a volume; safe to use from several threads and processes.

    Args:
        days: how long a job and its pictures are kept.
    """

    def __init__(self, volume: Storage, days: int, clock: Callable[[], float] = time.time) -> None:
        inbox = volume.local_path(INBOX)
        self._queries, self._inbox, self._answers = inbox.parent, inbox, volume.local_path(ANSWERS)
        self._notes, self._days, self._clock = inbox.with_name("jobs"), days, clock

    def create(self, pictures: Sequence[Picture], requests: Sequence[dict[str, Any]], user_id: str = "") -> Job:
        """Store a job; durable when this returns.

        Args:
            pictures: of the job; one that no request names is a query of its own, with the options of `requests[0]` if
                that one names none.
            requests: as the inbox takes them; `images` are names of the pictures.

        Raises:
            UsageError: there is nothing to ask, or too much, or a request names a picture that is not there.
        """
        self.delete_expired()
        if len(list(self._notes.glob("*.json"))) >= MOST_JOBS:
            raise UsageError(f"expected at most {MOST_JOBS} jobs at once; delete old ones")
        job_id = f"job-{secrets.token_hex(HEX_BYTES)}"
        stored = {one.name: f"{job_id}/{number:04d}-{safe_name(one.name)}" for number, one in enumerate(pictures)}
        names, asked = self._requests(stored, requests)
        now = self._clock()
        job = Job(job_id, names, now, now + self._days * DAY_S, user_id)
        folder = self._inbox / job_id
        folder.mkdir(parents=True)
        for one in pictures:
            with replacing(self._inbox / stored[one.name]) as file:
                shutil.copyfileobj(one.file, file)
        self._notes.mkdir(parents=True, exist_ok=True)
        write_atomically(self._notes / f"{job_id}.json", to_json(job._asdict()))
        for number, request in enumerate(asked):
            write_atomically(self._inbox / request_name(job_id, number), to_json(request))
        return job

    def _requests(
        self, stored: dict[str, str], requests: Sequence[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """What each request is called, and the requests with the stored names of their pictures."""
        is_shared = len(requests) == 1 and not requests[0].get("images") and not requests[0].get("id") and stored
        if is_shared:
            found = [({**requests[0], "images": [name]}, name) for name in stored]
        else:
            named = {name for request in requests for name in texts(request.get("images"))}
            found = [
                (request, ", ".join(texts(request.get("images")) or texts(request.get("id")))) for request in requests
            ]
            found += [({"images": [name]}, name) for name in stored if name not in named]
        if not 1 <= len(found) <= MOST_REQUESTS:
            raise UsageError(f"expected 1 to {MOST_REQUESTS} queries in a job, got {len(found)}")
        asked = [
            {**request, "images": [stored_name(stored, one) for one in texts(request.get("images"))]}
            for request, _ in found
        ]
        return [name for _, name in found], asked

    def find(self, job_id: str) -> Job | None:
        """A job by its id; None where there is none."""
        if not is_job_id(job_id):
            return None
        try:
            return Job(**json.loads((self._notes / f"{job_id}.json").read_bytes()))
        except FileNotFoundError:
            return None

    def all(self) -> list[Job]:
        """All jobs, the newest first."""
        self.delete_expired()
        found = [self.find(path.stem) for path in self._notes.glob("job-*.json")]
        return sorted((one for one in found if one), key=lambda one: -one.created)

    def answered(self, job: Job) -> int:
        """How many of its requests have an answer."""
        return sum((self._answers / request_name(job.job_id, number)).exists() for number in range(len(job.names)))

    def answers(self, job: Job) -> Iterator[dict[str, Any]]:
        """The answers that there are, in the order of the requests, each with the request's name."""
        for number, name in enumerate(job.names):
            try:
                content = json.loads((self._answers / request_name(job.job_id, number)).read_bytes())
            except FileNotFoundError:
                continue
            yield {"name": name, **content}

    def delete(self, job_id: str) -> bool:
        """Delete a job with its pictures and answers; whether there was one."""
        job = self.find(job_id)
        if job is None:
            return False
        for number in range(len(job.names)):
            name = request_name(job_id, number)
            for folder in FOLDERS:
                (self._queries / folder / name).unlink(missing_ok=True)
            (self._answers / name).unlink(missing_ok=True)
        shutil.rmtree(self._inbox / job_id, ignore_errors=True)
        (self._notes / f"{job_id}.json").unlink(missing_ok=True)
        return True

    def delete_expired(self) -> None:
        """Delete the jobs whose time is over."""
        for path in list(self._notes.glob("job-*.json")):
            job = self.find(path.stem)
            if job and job.expires < self._clock():
                self.delete(job.job_id)


def request_name(job_id: str, number: int) -> str:
    """The file of a request, and of its answer."""
    return f"{job_id}-{number:04d}.json"


def is_job_id(text: str) -> bool:
    """Whether a text is written as the ids of jobs are; it becomes a part of paths."""
    kind, _, digits = text.partition("-")
    return kind == "job" and len(digits) == 2 * HEX_BYTES and set(digits) <= set("0123456789abcdef")


def safe_name(name: str) -> str:
    """The end of a picture's name, as a part of a file's name."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return Path(kept[-NAME_CHARACTERS:]).name.lstrip(".") or "picture"


def texts(value: Any) -> list[str]:
    """The texts of a field that may be one text or a list of them; errors of type are found when it is answered."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def stored_name(stored: dict[str, str], name: str) -> str:
    """Where a picture is in the inbox.

    Raises:
        UsageError: it is not one of the job's own: no other file can be asked for over HTTP.
    """
    if name not in stored:
        raise UsageError(f"images: expected names of the pictures that were sent with the job, got {name[:80]!r}")
    return stored[name]
