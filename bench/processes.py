"""Run a command and measure it: wall time, and the peak memory of each kind of process in its tree."""

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

PERIOD_S = 0.1
MIB = 1 << 20
#: Words of a command line and the kind of process they mean.
KINDS = {"java": "jvm", "shared.pictures.sandbox": "decoder", "shared.spark.worker_daemon": "worker"}


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
            for one in tree(process.pid):
                kind, mib = measure(one, process.pid)
                peaks[kind] = max(peaks.get(kind, 0), mib)
            time.sleep(PERIOD_S)
        seconds = time.monotonic() - started
        errors = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Watched(seconds, peaks)


def imagerec(*arguments: str) -> list[str]:
    """The command line of `imagerec` with this interpreter."""
    return [sys.executable, "-m", "shared", *arguments]


def tree(root: int) -> list[psutil.Process]:
    """A process and all below it."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    return []


def measure(process: psutil.Process, root: int) -> tuple[str, int]:
    """Kind of a process and the memory that is its own now, MiB; 0 when it has just ended."""
    try:
        words, memory = " ".join(process.cmdline()), process.memory_info()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return "other", 0
    kind = next((kind for word, kind in KINDS.items() if word in words), "other")
    return "driver" if process.pid == root else kind, (memory.rss - getattr(memory, "shared", 0)) // MIB
