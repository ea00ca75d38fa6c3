"""Connections: how many there may be, and how long a client may take, so that slow ones cannot keep the others out."""

import asyncio
import resource
from functools import partial
from typing import Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: A body may come in so many chunks, and one more for each so many bytes: each chunk costs the event loop time.
MAX_CHUNKS, BYTES_PER_CHUNK = 1000, 256
MAX_OPEN_FILES = 4096
SPARE_FILES = 32  # for connections that are being accepted or closed

TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class ConnectionLimits(NamedTuple):
    """What connections may cost.

    Args:
        connections: at most, together.
        headers_s: from a request's first byte, or from the connection, until its headers are there.
        body_s: from the headers until the whole body is there.
        stalled_s: without taking anything of an answer that waits to be sent.
    """

    connections: int = 512
    headers_s: float = 10.0
    body_s: float = 60.0
    stalled_s: float = 30.0


class TooManyChunksError(Exception):
    """A body came in more chunks than any honest client sends."""


class CountingConnection(h11.Connection):
    """HTTP/1.1 with a limit on the number of a body's chunks."""

    def __init__(self, role: Any) -> None:
        super().__init__(role)
        self._chunks = self._bytes = 0

    def next_event(self) -> Any:
        """See `h11.Connection`.

        Raises:
            TooManyChunksError: the body is cut into too many pieces.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._chunks, self._bytes = self._chunks + 1, self._bytes + len(event.data)
            if self._chunks > MAX_CHUNKS + self._bytes // BYTES_PER_CHUNK:
                raise TooManyChunksError
        return event


class LimitedProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1 with deadlines and a limited number of connections."""

    def __init__(self, limits: ConnectionLimits, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self.conn = CountingConnection(h11.SERVER)
        self._deadline: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._phase: Any = None  # what the client still sends: its state in h11
        self._active_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Start the headers' deadline; make room by closing a connection that waits for a request."""
        super().connection_made(transport)
        self._active_since = self.loop.time()
        self._watch_phase()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadlines."""
        super().connection_lost(exc)
        self._cancel(self._deadline)
        self._cancel(self._sending)

    def data_received(self, data: bytes) -> None:
        """Read on; a new phase of the request gets a new deadline."""
        self._active_since = self.loop.time()
        super().data_received(data)
        self._watch_phase()

    def handle_events(self) -> None:
        """Read on, unless the body is cut into too many pieces."""
        try:
            super().handle_events()
        except TooManyChunksError:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Wait for the next request; uvicorn's own limit holds until its first byte."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._cancel(self._deadline)
            self._phase = None

    def pause_writing(self) -> None:
        """The client does not read: give it some time."""
        super().pause_writing()
        self._sending = self.loop.call_later(self._limits.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        self._cancel(self._sending)

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a request, and is not being closed already."""
        if self.transport.is_closing():
            return False
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # None at first

    def _watch_phase(self) -> None:
        phase = self.conn.their_state
        if phase is self._phase:
            return
        self._phase = phase
        self._cancel(self._deadline)
        seconds = {h11.IDLE: self._limits.headers_s, h11.SEND_BODY: self._limits.body_s}.get(phase)
        if seconds is not None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(seconds, self._time_out)

    def _time_out(self) -> None:
        if self._phase is h11.IDLE and self.conn.trailing_data[0]:
            self.transport.write(TIMED_OUT)
        self.transport.close()

    def _make_room(self) -> None:
        """Close the connection that has been idle longest, or else this one."""
        idle = [one for one in self.connections if isinstance(one, LimitedProtocol) and one.is_idle and one is not self]
        if idle:
            min(idle, key=lambda one: one._active_since).transport.close()
        else:
            self.transport.write(FULL)
            self.transport.close()

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer:
            timer.cancel()


def protocol(limits: ConnectionLimits) -> Any:
    """What uvicorn makes a protocol with for each connection."""
    return partial(LimitedProtocol, limits)


def raise_open_files() -> ConnectionLimits:
    """Let the process open as many files as it may, up to MAX_OPEN_FILES; the limits that leave room for other files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    allowed = MAX_OPEN_FILES if soft == resource.RLIM_INFINITY else soft
    return ConnectionLimits(connections=max(8, min(ConnectionLimits().connections, allowed // 2 - 2 * SPARE_FILES)))
