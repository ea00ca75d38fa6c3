"""Run a command and watch it: wall time, and the peak memory of each kind of process in its tree."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

LOOK_EVERY_S = 0.1
KIB = 1024


class Watched(NamedTuple):
    """What a command cost.

    Args:
        peaks_mib: kind of process (driver, jvm, worker, decoder) -> most memory of one such process, MiB; files that it
            maps, which the system may drop at any time, do not count.
    """

    seconds: float
    peaks_mib: dict[str, int]


def run_watched(command: Sequence[str]) -> Watched:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.monotonic()
    peaks: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for pid in tree(process.pid):
                kind, mib = look(pid, process.pid)
                peaks[kind] = max(peaks.get(kind, 0), mib)
            time.sleep(LOOK_EVERY_S)
        seconds = time.monotonic() - started
        errors = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Watched(seconds, peaks)


def imagerec(*arguments: str) -> list[str]:
    """The command line of `imagerec` with this interpreter."""
    return [sys.executable, "-m", "shared", *arguments]


def tree(root: int) -> Iterator[int]:
    """A process and all below it."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in _read(task).split():
            yield from tree(int(child))


def look(pid: int, root: int) -> tuple[str, int]:
    """Kind of a process and the memory that is its own now, MiB; 0 when it has just ended."""
    words = _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")
    status = dict(line.split(":", 1) for line in _read(Path(f"/proc/{pid}/status")).splitlines() if ":" in line)
    kinds = {"java": "jvm", "shared.pictures.sandbox": "decoder", "shared.spark.worker_daemon": "worker"}
    kind = "driver" if pid == root else next((kind for word, kind in kinds.items() if word in words), "other")
    return kind, int(status.get("RssAnon", "0 kB").split()[0]) // KIB


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
