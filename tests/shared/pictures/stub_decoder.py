"""A decoder that misbehaves when the file says so, as a codec with a bug would."""

import contextlib
import ctypes
import os
import signal
import struct
from collections.abc import Callable

from shared.errors import BadInputError
from shared.pictures import decoding
from shared.pictures.decoder_process import serve
from shared.pictures.decoding import DecodedPicture
from shared.pictures.headers import Limits


def spin() -> None:
    while True:
        pass


def make_a_slip() -> None:
    raise TypeError("a slip of ours")


def announce_too_much() -> None:
    os.write(0, struct.pack("!i", 1 << 30))
    signal.pause()


def answer_half() -> None:
    os.write(0, struct.pack("!i", 1 << 10) + b"{")
    os._exit(0)


def write_and_fail(reason: str) -> None:
    os.write(2, b"first\ncodec:\x07 bad\tstrip\n")
    raise BadInputError(reason, "broken")


def flood() -> None:
    with contextlib.suppress(OSError):
        for _ in range(64):
            os.write(2, b"x" * (1 << 16) + b"\n")


ACTIONS: dict[bytes, Callable[[], object]] = {
    b"segfault": lambda: ctypes.string_at(0),
    b"hang": signal.pause,
    b"spin": spin,
    b"allocate": lambda: bytearray(8 << 30),
    b"exit": lambda: os._exit(3),
    b"bug": make_a_slip,
    b"words": lambda: write_and_fail("undecodable"),
    b"flood": flood,
    b"abort": lambda: (os.write(2, b"free(): invalid pointer\n"), os.abort()),
    b"long": announce_too_much,
    b"half": answer_half,
}


def decode(data: bytes, limits: Limits) -> DecodedPicture:
    """Do what the file says, or decode it."""
    if data in ACTIONS:
        ACTIONS[data]()
    return decoding.decode(data, limits)


if __name__ == "__main__":
    raise SystemExit(serve(decode))
