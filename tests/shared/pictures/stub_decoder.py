"""A decoder that can be told to misbehave, as a codec with a bug would."""

import ctypes
import os
import signal

from shared.pictures import decoding
from shared.pictures.decoding import DecodedPicture
from shared.pictures.sandbox import serve


def decode(data: bytes) -> DecodedPicture:
    """Do what the file says, or decode it."""
    if data == b"segfault":
        ctypes.string_at(0)
    if data == b"hang":
        signal.pause()
    if data == b"spin":
        while True:
            pass
    if data == b"allocate":
        bytearray(8 << 30)
    if data == b"exit":
        os._exit(3)
    return decoding.decode(data)


if __name__ == "__main__":
    raise SystemExit(serve(decode))
