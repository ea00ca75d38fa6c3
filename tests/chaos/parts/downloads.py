"""Kill a run that lists and downloads, start it again: nothing is lost, nothing that is stored is asked for again, no row twice."""

import json
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import STORED
from shared import tables
from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES, IMAGES
from tests.acquisition.fetching.hosts import Asked, Host, Reply, picture, serving
from tests.chaos.points import kill_session
from tests.chaos.processes import LIMIT_S, LOOK_EVERY_S, Command

PICTURES, PER_PAGE = 200, 20
SOURCE = "openverse:rectangles"
PAGE = re.compile(r"[?&]page=(\d+)")
REQUESTS_PER_S = 60


class Progress(NamedTuple):
    """What a killed run left that must not be asked for again.

    Args:
        pages: stored pages of the listing.
        paths: of stored pictures.
    """

    pages: int
    paths: frozenset[str]


def kill_downloads(scratch: Path, kills: int, seed: int) -> Iterator[str]:
    """Kill the real command at random requests, as often as asked for.

    Yields:
        A line for each kill; one that begins with "LOST" for everything that was lost or done twice.
    """
    dice, folder = random.Random(seed), scratch / "downloads"
    with serving() as host:
        host.default = answer(host)
        killed = rounds = 0
        while killed < kills:
            rounds += 1
            volume = LocalStorage(folder / "volume")
            shutil.rmtree(volume.root, ignore_errors=True)
            host.asked.clear()
            known, is_over = Progress(0, frozenset()), False
            while not is_over:
                name = f"{rounds}-{killed}"
                at = len(host.asked) + dice.randrange(1, 90) if killed < kills else None
                started = len(host.asked)
                is_over = run_and_kill(host, volume, folder / "logs" / name, at)
                yield from repeated(host, started, known, name)
                known = progress_of(volume, known)
                if not is_over:
                    killed += 1
                    asked = len(host.asked) - started
                    yield f"{name}: killed after {asked} requests; {known.pages} pages, {len(known.paths)} pictures stored"
            yield from what_is_wrong(volume, host)
        yield f"killed {killed} times in {rounds} rounds of {PICTURES} pictures"


def answer(host: Host) -> Callable[[Asked], Reply]:
    """A small Openverse and the pictures that it lists."""

    def reply(asked: Asked) -> Reply:
        if asked.path.startswith("/p/"):
            return Reply(picture(int(asked.path[3:])))
        found = PAGE.search(asked.path)
        if not asked.path.startswith("/v1/images/") or found is None:
            return Reply(status=404)
        first = (int(found[1]) - 1) * PER_PAGE
        results = [record(host, number) for number in range(first, min(first + PER_PAGE, PICTURES))]
        content = {"result_count": PICTURES, "page_count": PICTURES // PER_PAGE, "results": results}
        return Reply(json.dumps(content).encode(), headers=(("Content-Type", "application/json"),))

    return reply


def record(host: Host, number: int) -> dict[str, object]:
    """A picture as Openverse lists it."""
    return {
        "id": f"picture-{number}",
        "title": f"Picture {number}",
        "url": f"{host.address}/p/{number}",
        "license": "cc0",
        "license_version": "1.0",
        "creator": "Kim",
        "tags": [],
        "width": 96,
        "height": 64,
    }


def run_and_kill(host: Host, volume: LocalStorage, logs: Path, at: int | None) -> bool:
    """Run the command until the host has been asked so often, then kill it; True if it ended well before.

    Raises:
        TimeoutError: neither happens.
    """
    flags = ["--endpoint", f"{host.address}/v1", "--allow-loopback", "--requests-per-s", str(REQUESTS_PER_S)]
    command = Command(
        ["acquisition", "--source", SOURCE, "--data", str(volume.root), "--master", "local[2]", *flags], logs, volume
    )
    deadline = time.monotonic() + LIMIT_S
    while command.process.poll() is None and time.monotonic() < deadline:
        if at is not None and len(host.asked) >= at:
            kill_session(command.process.pid)
            command.process.wait()
            return False
        time.sleep(LOOK_EVERY_S)
    if command.process.poll() != 0:
        raise TimeoutError(f"the command neither ended well nor asked: {command.said[-2000:]}")
    return True


def progress_of(volume: LocalStorage, before: Progress) -> Progress:
    """What is stored now. Stored pictures stay so; a listing that is published begins again, for there may be new pictures."""
    journal = Journal.of(volume, SOURCE)
    rows = [row for key in journal.outcome_keys() for row in journal.read(key)]
    rows += [row for part in tables.open_snapshot(volume).parts(FETCHES) for row in tables.read_rows(volume, part)]
    paths = {f"/p/{row['url'].rpartition('/')[2]}" for row in rows if row["outcome"] in STORED}
    return Progress(journal.state().pages, before.paths | paths)


def repeated(host: Host, started: int, known: Progress, name: str) -> Iterator[str]:
    """What was asked for again although it was stored."""
    for asked in host.asked[started:]:
        found = PAGE.search(asked.path)
        if asked.path in known.paths or (found is not None and int(found[1]) <= known.pages):
            yield f"LOST {name}: {asked.path} was asked for again"


def what_is_wrong(volume: LocalStorage, host: Host) -> Iterator[str]:
    """What is not as it would be without kills."""
    snapshot = tables.open_snapshot(volume)
    rows = [row for part in snapshot.parts(FETCHES) for row in tables.read_rows(volume, part)]
    images = [row for part in snapshot.parts(IMAGES) for row in tables.read_rows(volume, part)]
    outcomes = Counter(row["outcome"] for row in rows)
    if outcomes != {"ok": PICTURES} or len({row["record"] for row in rows}) != PICTURES:
        yield f"LOST rows of fetches: {dict(outcomes)}"
    if sorted(Path(row["location"]).read_bytes() for row in images) != sorted(map(picture, range(PICTURES))):
        yield f"LOST pictures: {len(images)} of {PICTURES}"
    if host.most_in(1.0) > REQUESTS_PER_S:
        yield f"LOST budget: {host.most_in(1.0)} requests in a second"
    yield f"     all {len(images)} pictures are there; at most {host.most_in(10.0)} requests in 10 s, {host.most_in(1.0)} in 1 s"
