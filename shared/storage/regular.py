"""Regular files of the local file system; a pipe or a device in their place is never waited for."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO | None:
    """Open a file to read it; None for a folder, a pipe, a device: whatever is no regular file.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def read_regular(path: Path, max_bytes: int) -> bytes | None:
    """The first bytes of a regular file; None of what is none, or cannot be read."""
    try:
        file = open_regular(path)
        if file is None:
            return None
        with file:
            return file.read(max_bytes)
    except OSError:
        return None
