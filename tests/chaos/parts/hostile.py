"""Files made to break image readers, through the whole pipeline and as uploads: what the worst of them costs."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from shared.storage import LocalStorage
from tests.chaos import memory
from tests.chaos.processes import Command
from tests.chaos.service import address_of
from tests.chaos.setting import LostError, account

LIMIT_MIB, LIMIT_S = 1024, 15.0
FIRST_SERVER_ERROR = 500


def through_pipeline(folder: Path, scratch: Path) -> Iterator[str]:
    """Run acquisition over the files.

    Raises:
        LostError: it fails, or a worker and its decoder exceed the limit.
    """
    volume = LocalStorage(scratch / "hostile volume")
    started = time.monotonic()
    arguments = ["acquisition", "--source", str(folder), "--data", str(volume.root), "--master", "local[2]"]
    command = Command(arguments, scratch / "logs" / "hostile", volume)
    with memory.watched(command.process.pid) as peaks:
        if command.wait():
            raise LostError(f"acquisition failed:\n{command.said}")
    check_memory(peaks)
    yield f"hostile files as a collection: {account(command)}, {time.monotonic() - started:.0f} s; at most {peaks}"


def as_uploads(folder: Path, scratch: Path, volume: LocalStorage) -> Iterator[str]:
    """Ask the service of a volume with an index about each file.

    Raises:
        LostError: an upload takes too long, costs too much or takes the service down.
    """
    service = Command(["serve", "--data", str(volume.root), "--port", "0"], scratch / "logs" / "hostile-serve", volume)
    try:
        with (
            memory.watched(service.process.pid) as peaks,
            httpx.Client(base_url=address_of(service), timeout=4 * LIMIT_S, trust_env=False) as client,
        ):
            asked = {path.name: ask(client, path) for path in sorted(folder.iterdir()) if path.is_file()}
            if client.get("/healthz").is_error:
                raise LostError("the service is not well after hostile uploads")
    finally:
        service.process.terminate()
        service.wait()
    check_memory(peaks)
    slowest = max(asked, key=lambda name: asked[name][1])
    statuses = dict(sorted(Counter(status for status, _ in asked.values()).items()))
    yield f"hostile files as uploads: {statuses}; slowest {asked[slowest][1]:.1f} s ({slowest}); at most {peaks}"


def ask(client: httpx.Client, path: Path) -> tuple[int, float]:
    """Upload one file; the status and the seconds.

    Raises:
        LostError: it took too long, or the service failed.
    """
    started = time.monotonic()
    status = client.post("/v1/query", files={"images": (path.name, path.read_bytes())}).status_code
    seconds = time.monotonic() - started
    if seconds > LIMIT_S or status >= FIRST_SERVER_ERROR:
        raise LostError(f"{path.name}: status {status} after {seconds:.1f} s")
    return status, seconds


def check_memory(peaks: memory.Peaks) -> None:
    """Fail if what decodes a picture exceeds its limit.

    Raises:
        LostError: it does.
    """
    if peaks.mib.get("picture", 0) > LIMIT_MIB:
        raise LostError(f"expected at most {LIMIT_MIB} MiB for one picture, got {peaks}")
