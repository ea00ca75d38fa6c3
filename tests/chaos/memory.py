"""How much memory a command's processes hold at most, looked at all the while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.chaos.points import processes

LOOK_EVERY_S = 0.02
KIND_WORDS = {
    b"shared.pictures.sandbox": "decoder",
    b"shared.spark.worker_daemon": "worker",
    b"--multiprocessing-fork": "service",  # a worker of it
    b"serve": "service",
    b"shared": "driver",
}


class Peaks:
    """Peaks in MiB, by kind of process; `picture` is a worker or the service together with its decoders.

    Args:
        root: the command's first process; what it starts is looked at, too.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self.mib: dict[str, float] = {}
        self.ended = threading.Event()

    def look_on(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look once."""
        family = descendants(self._root)
        for process in family:
            kind = kind_of(process)
            if kind:
                self._keep(kind, memory_mib(process, "VmHWM"))
            if kind in {"worker", "service"}:
                decoders = [
                    child for child, above in family.items() if above == process and kind_of(child) == "decoder"
                ]
                self._keep("picture", sum(memory_mib(one, "VmRSS") for one in [process, *decoders]))

    def _keep(self, kind: str, mib: float) -> None:
        self.mib[kind] = max(mib, self.mib.get(kind, 0.0))

    def __str__(self) -> str:
        return ", ".join(f"{kind} {mib:.0f} MiB" for kind, mib in sorted(self.mib.items()))


@contextmanager
def watched(root: int) -> Iterator[Peaks]:
    """Look at a process and its descendants until the block ends."""
    peaks = Peaks(root)
    thread = threading.Thread(target=peaks.look_on)
    thread.start()
    try:
        yield peaks
    finally:
        peaks.ended.set()
        thread.join()


def descendants(root: int) -> dict[int, int]:
    """A process and all below it, each with its parent."""
    parents = {process: parent for process in processes() if (parent := parent_of(process)) is not None}
    found = {root: parents.get(root, 0)}
    grew = True
    while grew:
        more = {process: parent for process, parent in parents.items() if parent in found and process not in found}
        found |= more
        grew = bool(more)
    return found


def parent_of(process: int) -> int | None:
    """The parent of a process; None when it has ended."""
    with suppress(OSError, IndexError, ValueError):
        return int(
            Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1]
        )
    return None


def kind_of(process: int) -> str:
    """What a process of the product is; empty for any other."""
    with suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        return next((kind for word, kind in KIND_WORDS.items() if word in words), "")
    return ""


def memory_mib(process: int, field: str) -> float:
    """A memory figure of a process; 0 when it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    return 0.0
