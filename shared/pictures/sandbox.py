"""Decodes pictures in child processes, so that no file can take a worker down.

A child is started once and then answers one picture after the other. It has a limit
on its memory, and on the time for one picture; when it breaks one of them or crashes,
that picture is a failure and the next one finds a new child. Pillow's codecs
are C: neither a crash nor a hang of theirs could be caught in the same process.
"""

import atexit
import contextlib
import json
import os
import queue
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from math import ceil, inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self

from shared.errors import BadInputError, CannotProceedError
from shared.pictures import decoding
from shared.pictures.decoding import DecodedPicture
from shared.pictures.headers import check_length

START_LIMIT_S = 60.0
MAX_MESSAGE_BYTES = 128 * 1024 * 1024
RECEIVE_BYTES = 64 * 1024  # more would cost a memory mapping for each call
LENGTHS = struct.Struct(">II")  # of a message's header, JSON, and of its body


class DecodeLimits(NamedTuple):
    """What one picture may cost, and what decodes it."""

    seconds: float = 10.0
    memory_bytes: int = 832 << 20  # address space; with the worker around it that stays below 1 GiB
    children: int = 4  # at most, started when that many threads decode at once
    program: tuple[str, ...] = ("-m", "shared.pictures.sandbox")  # arguments to Python


DECODE_LIMITS = DecodeLimits()


class Decoder:
    """Decodes in child processes; any number of threads may share it."""

    def __init__(self, limits: DecodeLimits = DECODE_LIMITS) -> None:
        # Last in, first out: one thread alone only ever starts one child.
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()
        self._children = [Child(limits) for _ in range(limits.children)]
        for child in self._children:
            self._idle.put(child)

    def decode(self, data: bytes) -> DecodedPicture:
        """The size, EXIF and thumbnail of a picture file.

        Raises:
            BadInputError: the file is no usable picture, or cost more than it may.
            CannotProceedError: no child can be started.
        """
        check_length(data)
        child = self._idle.get()
        try:
            return child.decode(data)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End the children; nobody may be decoding."""
        for child in self._children:
            child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def decoder(limits: DecodeLimits = DECODE_LIMITS) -> Decoder:
    """This process's decoder; a forked process gets its own."""
    key = os.getpid(), limits
    if key not in _DECODERS:
        atexit.register(_DECODERS.setdefault(key, Decoder(limits)).close)
    return _DECODERS[key]


_DECODERS: dict[tuple[int, DecodeLimits], Decoder] = {}


class Child:
    """One child process, started when it is needed; for one thread at a time."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def decode(self, data: bytes) -> DecodedPicture:
        """See `Decoder.decode`."""
        _, channel = self._running or self._start()
        deadline = monotonic() + self._limits.seconds
        try:
            send(channel, {}, data, deadline)
            header, body = receive(channel, deadline)
        except TimeoutError:
            self.stop()
            detail = f"expected at most {self._limits.seconds:g} s"
            raise BadInputError("decoder_timeout", detail) from None
        except (ConnectionError, EOFError):
            self._report_crash()
        if "reason" in header:
            raise BadInputError(header["reason"], header["detail"])
        return DecodedPicture(**header, jpeg=body)

    def stop(self) -> int | None:
        """End the process if there is one; return its exit code."""
        if not self._running:
            return None
        (process, channel), self._running = self._running, None
        channel.close()
        process.kill()
        return process.wait()

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                command(self._limits),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,  # Ctrl-C is for us; the child ends when we do
            )
        self._running = process, ours
        try:
            receive(ours, monotonic() + START_LIMIT_S)
        except (TimeoutError, ConnectionError, EOFError) as error:
            code = self.stop()
            raise CannotProceedError(
                f"the picture decoder does not start (exit code {code}): run "
                f"`{sys.executable} {' '.join(self._limits.program)}` to see why"
            ) from error
        return self._running

    def _report_crash(self) -> NoReturn:
        if self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running[0].wait(timeout=1)  # let it die of what it is dying of
        code = self.stop() or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise BadInputError("decoder_crashed", f"the decoder ended with {how}") from None


def command(limits: DecodeLimits) -> list[str]:
    """How to start a child: isolated from the working directory, without `site`."""
    arguments = [str(limits.memory_bytes), str(ceil(limits.seconds))]
    return [sys.executable, "-S", "-P", *limits.program, *arguments]


def environment() -> dict[str, str]:
    """The child's environment: it finds what we find, even code shipped as a zip."""
    project = str(Path(__file__).resolve().parents[2])  # an editable install is not on the path but found by a hook
    path = os.pathsep.join([project, *(entry or str(Path.cwd()) for entry in sys.path)])
    # One arena: glibc reserves 64 MB of address space for each further one.
    return os.environ | {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "1"}


def send(channel: socket.socket, header: dict[str, Any], body: bytes, deadline: float = inf) -> None:
    """Write one message.

    Raises:
        TimeoutError: the deadline passed, on the clock of `time.monotonic`.
        ConnectionError: the other side is gone.
    """
    text = json.dumps(header).encode()
    set_deadline(channel, deadline)
    channel.sendall(b"".join((LENGTHS.pack(len(text), len(body)), text, body)))


def receive(channel: socket.socket, deadline: float = inf) -> tuple[dict[str, Any], bytes]:
    """Read one message: its header and its body. No message follows before it is answered.

    Raises:
        TimeoutError: the deadline passed, on the clock of `time.monotonic`.
        ConnectionError, EOFError: the other side is gone.
    """
    message = receive_until(channel, bytearray(), LENGTHS.size, deadline)
    text_length, body_length = LENGTHS.unpack_from(message)
    start, end = LENGTHS.size + text_length, LENGTHS.size + text_length + body_length
    if end > MAX_MESSAGE_BYTES:
        raise ConnectionError(f"expected at most {MAX_MESSAGE_BYTES} bytes, got {end}")
    view = memoryview(receive_until(channel, message, end, deadline))
    return json.loads(bytes(view[LENGTHS.size : start])), bytes(view[start:])


def receive_until(channel: socket.socket, received: bytearray, length: int, deadline: float) -> bytearray:
    """`received` with what comes next, once there are `length` bytes; see `receive`."""
    while len(received) < length:
        set_deadline(channel, deadline)
        chunk = channel.recv(RECEIVE_BYTES)
        if not chunk:
            raise EOFError(f"expected {length} bytes, got {len(received)}")
        received += chunk
    return received


def set_deadline(channel: socket.socket, deadline: float) -> None:
    """Let the channel's next call raise TimeoutError at the deadline."""
    # Zero would mean "do not wait" and raise another error.
    channel.settimeout(None if deadline == inf else max(0.001, deadline - monotonic()))


def serve(decode: Callable[[bytes], DecodedPicture]) -> int:
    """Be the child: answer pictures on standard input until the other side is gone."""
    memory_bytes, seconds = (int(argument) for argument in sys.argv[1:])
    limit_memory(memory_bytes)
    with socket.socket(fileno=0) as channel, contextlib.suppress(ConnectionError, EOFError):
        send(channel, {}, b"")  # ready
        while True:
            _, data = receive(channel)
            signal.alarm(seconds + 1)  # ends us even where nobody is left to do it
            header, body = answer(decode, data)
            signal.alarm(0)
            send(channel, header, body)
    return 0


def answer(decode: Callable[[bytes], DecodedPicture], data: bytes) -> tuple[dict[str, Any], bytes]:
    """The message that answers one picture."""
    try:
        fields = decode(data)._asdict()
    except BadInputError as error:
        return {"reason": error.reason, "detail": error.detail}, b""
    except MemoryError:
        return {"reason": "decoder_memory", "detail": "decoding wants too much memory"}, b""
    return fields, fields.pop("jpeg")


def limit_memory(memory_bytes: int) -> None:
    """Let allocations beyond the limit fail, where the system can (macOS cannot)."""
    for kind, limit in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    decoding.use_one_thread()
    raise SystemExit(serve(decoding.decode))
