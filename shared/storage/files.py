"""Durable files: written aside, flushed to the disk, then moved into place in one step."""

import errno
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

#: What a file system answers that cannot synchronise a folder at all, as opposed to one that failed to.
CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})

#: A file whose name holds this is unfinished work; it can be deleted by whoever holds the volume's lock.
TEMPORARY = ".tmp-"


def digest(*values: Any) -> str:
    """SHA-256, 64 hex characters, of JSON-able values in canonical form."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex characters; memory stays at one MiB."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def temporary_name(path: Path) -> Path:
    """A name beside `path` that no other task or attempt uses."""
    return path.with_name(f"{path.name}{TEMPORARY}{uuid.uuid4().hex}")


def sweep_temporary(folder: Path) -> None:
    """Delete the unfinished files directly in a folder; only for who holds the volume's lock."""
    for path in folder.glob(f"*{TEMPORARY}*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names created or moved in `folder` survive a power cut, on file systems that can promise it.

    Source: fsync(2), EINVAL: "a special file which does not support synchronization"; CIFS, DrvFs and some FUSE file systems
    answer it for folders.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with naming(folder):
            os.fsync(handle)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that becomes `path` only when the block ends well.

    Readers of `path` see the old content or the new one, never a part. The folder is created when missing. A device or a
    pipe, such as /dev/null, is written to and not replaced.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        with naming(path), path.open("wb") as file:
            yield file
        return
    temporary = temporary_name(path)
    try:
        with naming(path), temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let the system's errors say which file they are about: those of writing do not.

    Raises:
        OSError: as in the block, with a file name.
    """
    try:
        yield
    except OSError as error:
        if error.filename or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step that survives a power cut."""
    with replacing(path) as file:
        file.write(data)


def to_json(value: Any) -> bytes:
    """Readable JSON, keys in the order given, one line feed at the end."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
