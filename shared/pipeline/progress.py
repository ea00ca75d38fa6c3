"""How far a stage is: a bar on a terminal, a line every few seconds elsewhere."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark import Accumulator, SparkContext
from tqdm import tqdm

log = logging.getLogger(__name__)

BAR_PERIOD_S, LINE_PERIOD_S = 0.5, 5.0


@contextmanager
def progress(sc: SparkContext, what: str, total: int) -> Iterator["Accumulator[int]"]:
    """Show progress while the block runs.

    Yields:
        A counter of pictures that tasks add to. A task that runs twice counts twice: for display only.
    """
    counter = sc.accumulator(0)
    ended = threading.Event()
    show = _show_bar if sys.stderr.isatty() else _show_lines
    thread = threading.Thread(target=show, args=(what, total, counter, ended), daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        ended.set()
        thread.join()


def _show_bar(what: str, total: int, counter: "Accumulator[int]", ended: threading.Event) -> None:
    with tqdm(total=total, desc=what, unit=" pictures", leave=False, dynamic_ncols=True) as bar:
        while not ended.wait(BAR_PERIOD_S):
            bar.update(min(counter.value, total) - bar.n)


def _show_lines(what: str, total: int, counter: "Accumulator[int]", ended: threading.Event) -> None:
    started = time.monotonic()
    while not ended.wait(LINE_PERIOD_S):
        log.info(progress_line(what, min(counter.value, total), total, time.monotonic() - started))


def progress_line(what: str, done: int, total: int, seconds: float) -> str:
    """E.g. ``labeling: 512 of 2999 pictures, 98 pictures/s, 25 s left``."""
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {(total - done) / rate:.0f} s left" if rate else ""
    return f"{what}: {done} of {total} pictures, {rate:.0f} pictures/s{left}"
