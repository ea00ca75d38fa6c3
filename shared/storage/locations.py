"""File paths as text that any path survives, whatever bytes its name has."""

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

SCHEME = "file://"


def encode(path: Path | bytes | str) -> str:
    """The path itself when it is UTF-8, else a ``file://`` URI with its bytes percent-encoded."""
    name = os.fsencode(path)
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return SCHEME + quote(name)


def decode(location: str) -> Path:
    """The path that `encode` was given."""
    if location.startswith(SCHEME):
        return Path(os.fsdecode(unquote_to_bytes(location.removeprefix(SCHEME))))
    return Path(os.fsdecode(location.encode("utf-8")))


def filename(location: str) -> str:
    r"""Last part of the path for people; bytes that are not UTF-8 are shown as ``\xNN``."""
    return os.fsencode(decode(location).name).decode("utf-8", "backslashreplace")
