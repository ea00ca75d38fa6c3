"""One writer at a time on a volume."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from shared.errors import CannotProceedError

NAME = "lock"


@contextmanager
def exclusive(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder for writing until the block ends; the kernel frees it if the process dies.

    Raises:
        CannotProceedError: another process holds it; the message says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotProceedError(
                f"{folder} is in use by {_holder(file)}; wait until it ends, or use another --data"
            ) from None
        _sign(file, what)
        yield


def _sign(file: TextIO, what: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    file.truncate(0)
    file.write(json.dumps({"what": what, "pid": os.getpid(), "host": socket.gethostname(), "since": since}))
    file.flush()


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
    except json.JSONDecodeError:  # it has the lock but has not signed yet
        return "another process"
    return f"`imagerec {holder['what']}` (process {holder['pid']} on {holder['host']}, since {holder['since']})"
