"""Ends what takes longer than it may, from a thread of its own."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from shared.fetching.limits import Answer


class Watchdog:
    """Closes connections whose time is over: a server that sends a byte now and then never runs into a read's limit."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._ended: set[int] = set()
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, seconds: float, close: Callable[[], None]) -> Iterator[None]:
        """Call `close` if the block takes longer."""
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._waiting, (time.monotonic() + seconds, number, close))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()
            if self._waiting[0][1] == number:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._ended.add(number)

    def _watch(self) -> None:
        while True:
            with self._changed:
                while self._waiting and self._waiting[0][1] in self._ended:
                    self._ended.discard(heapq.heappop(self._waiting)[1])
                if not self._waiting:
                    self._thread = None
                    return
                left = self._waiting[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                close = heapq.heappop(self._waiting)[2]
            close()


def end_reading(answer: Answer) -> None:
    """End the body of an answer that another thread reads."""
    with suppress(OSError, ValueError, RuntimeError):  # it has ended by now
        answer.shutdown()
