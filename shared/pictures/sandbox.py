"""Decodes pictures in child processes, so that no file can take a worker down.

A child (`shared.pictures.decoder_process`) is started once and then answers one picture after the other. It has a limit
on its memory, and on the CPU time and the time by the clock for one picture; when it exceeds one of them or crashes,
that picture is a failure and the next one is decoded by a new child. Pillow's codecs are C: neither a crash nor a hang of
theirs could be caught in the same process. An error that no codec raised is a bug, and raised here.
"""

import atexit
import contextlib
import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
from io import FileIO
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, NamedTuple, Self

from shared.errors import BadInputError, CannotProceedError
from shared.pictures.decoding import DecodedPicture
from shared.pictures.headers import LIMITS, Limits, check_length
from shared.pictures.metadata.described import restore

START_LIMIT_S = 60.0
MAX_ANSWER_BYTES = 16 << 20
MAX_MESSAGE_BYTES, MESSAGE_CHARACTERS = 1 << 16, 200


class DecodeLimits(NamedTuple):
    """What one picture may cost, and what decodes it.

    Args:
        cpu_seconds: of the child; a busy machine does not make a good picture fail.
        seconds: by the clock, for a decoder that waits for something.
        memory_bytes: address space; with the worker around it that stays below 1 GiB.
        children: at most, started when that many threads decode at once.
        program: arguments to Python.
        picture: what a picture may be.
    """

    cpu_seconds: float = 10.0
    seconds: float = 120.0
    memory_bytes: int = LIMITS.memory_bytes
    children: int = 4
    program: tuple[str, ...] = ("-m", "shared.pictures.decoder_process")
    picture: Limits = LIMITS


DECODE_LIMITS = DecodeLimits()


class Decoder:
    """Decodes in child processes; any number of threads may share it."""

    def __init__(self, limits: DecodeLimits = DECODE_LIMITS) -> None:
        self._limits = limits
        # Last in, first out: one thread alone only ever starts one child.
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()
        self._children = [Child(limits) for _ in range(limits.children)]
        for child in self._children:
            self._idle.put(child)

    def decode(self, data: bytes) -> DecodedPicture:
        """The size, EXIF and thumbnail of a picture file.

        Raises:
            BadInputError: the file is no usable picture, or costs more than it may.
            CannotProceedError: no child can be started.
            RuntimeError: our own code has a bug; the message holds its traceback.
        """
        check_length(data, self._limits.picture)
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


class Running(NamedTuple):
    """A child that runs, the connection to it, and the file that it and its codecs write their messages to."""

    process: subprocess.Popen[bytes]
    connection: Connection
    messages: FileIO

    def take_messages(self) -> str:
        """The last line written since the last call; the file is empty then."""
        if not os.fstat(self.messages.fileno()).st_size:
            return ""
        self.messages.seek(0)
        lines = self.messages.read(MAX_MESSAGE_BYTES).decode("utf-8", "replace").strip().splitlines()
        self.messages.seek(0)  # the child writes where this points
        self.messages.truncate()
        return "".join(char if char.isprintable() else " " for char in lines[-1])[:MESSAGE_CHARACTERS] if lines else ""


class Child:
    """One child process, started when it is needed; for one thread at a time."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._running: Running | None = None

    def decode(self, data: bytes) -> DecodedPicture:
        """See `Decoder.decode`."""
        running = self._connect()
        try:
            running.connection.send_bytes(data)
            header, body = parse_answer(
                running.connection.recv_bytes(MAX_ANSWER_BYTES)
            )  # nothing from a child is unpickled
        except BlockingIOError:
            self.stop()
            detail = f"expected at most {self._limits.seconds:g} s"
            raise BadInputError("decoder_timeout", detail) from None
        except (EOFError, OSError):
            raise self._crash() from None
        words = running.take_messages()
        if "bug" in header:
            raise RuntimeError(f"a bug in the picture decoder:\n{header['bug']}")
        if "reason" in header:
            raise BadInputError(header["reason"], with_words(header["detail"], words))
        return DecodedPicture(**header | {"description": restore(header["description"])}, jpeg=body)

    def stop(self) -> int | None:
        """End the process if there is one; return its exit code."""
        if not self._running:
            return None
        (process, connection, messages), self._running = self._running, None
        connection.close()
        messages.close()
        process.kill()
        return process.wait()

    def _connect(self) -> Running:
        """A child that runs; one that was killed meanwhile is replaced."""
        if self._running and self._running.process.poll() is not None:
            self.stop()
        return self._running or self._start()

    def _start(self) -> Running:
        ours, theirs = socket.socketpair()
        set_timeout(ours, self._limits.seconds)
        messages = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as the child
        with theirs:
            process = subprocess.Popen(
                command(self._limits),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=messages,
                env=environment(),
                start_new_session=True,  # Ctrl-C is for us; the child ends when we do
            )
        self._running = Running(process, Connection(ours.detach()), messages)
        try:
            if not self._running.connection.poll(START_LIMIT_S):
                raise TimeoutError(f"expected a start within {START_LIMIT_S:g} s")
            self._running.connection.recv_bytes(MAX_ANSWER_BYTES)
        except (EOFError, OSError) as error:
            words, code = self._running.take_messages(), self.stop()
            raise CannotProceedError(
                with_words(
                    f"the picture decoder does not start (exit code {code}): run "
                    f"`{sys.executable} {' '.join(self._limits.program)}` to see why",
                    words,
                )
            ) from error
        return self._running

    def _crash(self) -> BadInputError:
        """Why the child is gone."""
        if self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.process.wait(timeout=1)  # the connection breaks before the process has ended
        words = self._running.take_messages() if self._running else ""
        code = self.stop() or 0
        if code == -signal.SIGPROF:
            return BadInputError("decoder_timeout", f"expected at most {self._limits.cpu_seconds:g} s of CPU time")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return BadInputError("decoder_crashed", with_words(f"the decoder ended with {how}", words))


def with_words(detail: str, words: str) -> str:
    """A detail and what a codec wrote."""
    return f"{detail} ({words})" if words else detail


def command(limits: DecodeLimits) -> list[str]:
    """How to start a child: isolated from the working directory, without `site`."""
    numbers = [limits.cpu_seconds, limits.seconds, *limits.picture._replace(memory_bytes=limits.memory_bytes)]
    return [sys.executable, "-S", "-P", *limits.program, *map(str, numbers)]


def environment() -> dict[str, str]:
    """The child's environment: the same import path, even for code shipped as a zip."""
    project = str(Path(__file__).resolve().parents[2])  # an editable install is not on the path but found by a hook
    path = os.pathsep.join([project, *(entry or str(Path.cwd()) for entry in sys.path)])
    # One arena: glibc reserves 64 MB of address space for each further one.
    return os.environ | {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}


def set_timeout(channel: socket.socket, seconds: float) -> None:
    """Let each read or write that waits longer raise BlockingIOError, which costs nothing while nobody waits."""
    timeval = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        channel.setsockopt(socket.SOL_SOCKET, option, timeval)


def parse_answer(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and body of an answer."""
    header, _, body = message.partition(b"\n")
    return json.loads(header), body
