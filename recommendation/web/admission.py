"""A bounded queue before the engine: beyond it queries are refused at once, and abandoned ones are dropped."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

T = TypeVar("T")

RETRY_AFTER_S = 1


class QueueLimits(NamedTuple):
    """How many queries one process takes at once.

    Args:
        working: answered at the same moment; decoding runs in other processes meanwhile.
        waiting: read whole, for their turn.
        reading: whose bodies are still being read.
    """

    working: int = 3
    waiting: int = 64
    reading: int = 64


QUEUE_LIMITS = QueueLimits()


class Admission:
    """Lets queries in while there is room; for one event loop."""

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(limits.working, "query")
        self._reading = self._queued = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a place for a query whose body is being read.

        Raises:
            HTTPException: 503, there is none.
        """
        self._check_queue()
        if self._reading >= self._limits.reading:
            raise busy()
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1

    async def run(self, request: Request, work: Callable[[], T]) -> T:
        """What `work` returns, called in a thread when it is its turn.

        Raises:
            HTTPException: 503, the queue is full.
            ClientDisconnect: the client has gone before its turn.
        """
        self._check_queue()
        self._queued += 1
        gone = asyncio.ensure_future(until_gone(request))
        try:
            task = self._pool.submit(work)
            result = asyncio.wrap_future(task)
            both: set[asyncio.Future[Any]] = {result, gone}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not result.done() and task.cancel():
                raise ClientDisconnect
            return await result
        finally:
            gone.cancel()
            self._queued -= 1

    @property
    def queued(self) -> int:
        """Queries that are answered, or wait for it."""
        return self._queued

    def close(self) -> None:
        """Drop what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check_queue(self) -> None:
        if self._queued >= self._limits.working + self._limits.waiting:
            raise busy()


def busy() -> HTTPException:
    """The answer to a query that there is no room for."""
    return HTTPException(
        503, f"too many queries at once; try again in {RETRY_AFTER_S} s", {"retry-after": str(RETRY_AFTER_S)}
    )


async def until_gone(request: Request) -> None:
    """Return when the client has closed the connection; its body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
