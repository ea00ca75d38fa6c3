"""How far a stage is: a bar on a terminal, a line every few seconds elsewhere.

Spark brings an accumulator's value to the driver when a task ends. A slice of 1,024 pictures takes a while, so a running
task also puts its count on the volume from time to time.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple, Self, TypeVar

from pyspark import Accumulator, SparkContext
from tqdm import tqdm

from shared.storage import Storage
from shared.storage.volume import WORK

log = logging.getLogger(__name__)

BAR_PERIOD_S, LINE_PERIOD_S = 0.5, 5.0
REPORT_PERIOD_S = 2.0
FOLDER = f"{WORK}/progress"

T = TypeVar("T")


class PictureCounter(NamedTuple):
    """How many pictures a stage is done with. For display only: a task that runs twice may count twice.

    Args:
        finished: pictures of slices whose tasks have ended.
        folder: where running tasks put their counts.
    """

    finished: "Accumulator[int]"
    folder: Storage

    @classmethod
    def of(cls, sc: SparkContext, volume: Storage) -> Self:
        """A counter at zero."""
        return cls(sc.accumulator(0), volume.folder(FOLDER))

    def watch(self, rows: Iterable[T], slice_name: str, is_picture: Callable[[T], bool]) -> Iterator[T]:
        """The same rows; tells the driver from time to time how many pictures have passed. For tasks."""
        count, reported = 0, time.monotonic()
        for row in rows:
            count += is_picture(row)
            if time.monotonic() - reported >= REPORT_PERIOD_S:
                self.folder.put(slice_name, str(count).encode())
                reported = time.monotonic()
            yield row
        self.folder.delete(slice_name)

    def value(self) -> int:
        """Pictures of finished slices, and those of unfinished ones that have been reported. For the driver."""
        running = [one.key for one in self.folder.list("")]
        return int(self.finished.value) + sum(map(self._count, running))

    def _count(self, key: str) -> int:
        with suppress(FileNotFoundError, ValueError):  # the task has ended since, or is writing
            return int(self.folder.read(key))
        return 0


@contextmanager
def progress(sc: SparkContext, volume: Storage, what: str, total: int) -> Iterator[PictureCounter]:
    """Show progress while the block runs.

    Yields:
        What tasks count with.
    """
    counter = PictureCounter.of(sc, volume)
    ended = threading.Event()
    show = _show_bar if sys.stderr.isatty() else _show_lines
    thread = threading.Thread(target=show, args=(what, total, counter, ended), daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        ended.set()
        thread.join()
        volume.delete_folder(FOLDER)


def _show_bar(what: str, total: int, counter: PictureCounter, ended: threading.Event) -> None:
    with tqdm(total=total, desc=what, unit=" pictures", leave=False, dynamic_ncols=True) as bar:
        while not ended.wait(BAR_PERIOD_S):
            bar.update(max(0, min(counter.value(), total) - bar.n))


def _show_lines(what: str, total: int, counter: PictureCounter, ended: threading.Event) -> None:
    started = time.monotonic()
    while not ended.wait(LINE_PERIOD_S):
        log.info(progress_line(what, min(counter.value(), total), total, time.monotonic() - started))


def progress_line(what: str, done: int, total: int, seconds: float) -> str:
    """E.g. ``labeling: 512 of 2999 pictures, 98 pictures/s, 25 s left``."""
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {(total - done) / rate:.0f} s left" if rate else ""
    return f"{what}: {done} of {total} pictures, {rate:.0f} pictures/s{left}"
