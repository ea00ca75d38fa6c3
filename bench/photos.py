"""A collection of any size from a few thousand real photographs: the same pictures, each with bytes of its own."""

import os
from itertools import cycle, islice
from pathlib import Path

FIXED_MTIME_S = 1_700_000_000
JPEG_START = b"\xff\xd8"


def with_comment(jpeg: bytes, text: str) -> bytes:
    """The same JPEG picture with a comment segment, so that its bytes and its identity differ."""
    comment = text.encode()
    return JPEG_START + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def repeat_photos(photos: Path, folder: Path, count: int) -> Path:
    """Fill a folder with `count` files made of the JPEGs below `photos`, each class in a folder of its own.

    What is there already is kept, so a second call costs nothing.
    """
    sources = sorted(photos.rglob("*.jpg"))
    for number, source in enumerate(islice(cycle(sources), count)):
        target = folder / source.parent.name / f"{number // len(sources):03d}_{source.name}"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(with_comment(source.read_bytes(), f"copy {number // len(sources)}"))
            os.utime(target, (FIXED_MTIME_S, FIXED_MTIME_S))
    return folder
