"""What every storage offers: whole immutable objects by key, listings, and one conditional commit.

It is what object stores and local disks have in common, so nothing built on it may rename, append to or overwrite a part
of an object.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol


class StoredObject(NamedTuple):
    """An object as a listing shows it.

    Args:
        modified_ns: when it was last put, ns since 1970.
    """

    key: str
    size_bytes: int
    modified_ns: int


class CommitConflictError(Exception):
    """Another writer has replaced the object since it was read."""


class Storage(Protocol):
    """A volume, or a folder of one. Keys are relative, separated by slashes: ``tables/images/part-....parquet``.

    It can be pickled, so tasks on other machines open the same volume. Methods that read raise FileNotFoundError for a key
    that is not there; every OSError names the object.
    """

    def __hash__(self) -> int: ...

    def read(self, key: str) -> bytes:
        """The whole object."""

    def open(self, key: str) -> BinaryIO:
        """The object as a seekable reader that fetches only the ranges that are read."""

    def put(self, key: str, data: bytes | Iterable[bytes]) -> None:
        """Store a whole object, durable when this returns; readers see the old object or the new one, never a part."""

    def copy(self, key: str, new_key: str) -> None:
        """Store an object under a second key, without moving its bytes where the storage can do that."""

    def list(self, prefix: str) -> list[StoredObject]:
        """Every object below a folder, sorted by key; unfinished ones are left out; empty for a folder that is not there."""

    def stat(self, key: str) -> StoredObject | None:
        """An object without its bytes; None when it is not there."""

    def delete(self, key: str) -> None:
        """Remove an object; no error when it is not there. Readers that have it open keep it."""

    def delete_folder(self, prefix: str) -> None:
        """Remove every object below a folder, unfinished ones too."""

    def delete_unfinished(self, prefix: str) -> None:
        """Remove what interrupted `put`s left directly in a folder; only for who holds the lock."""

    def commit(self, key: str, data: bytes, expected: bytes | None) -> None:
        """Replace a small object if its content is still `expected`; None: if it is not there yet.

        Raises:
            CommitConflictError: it is another one by now; nothing was changed.
        """

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """Be the only writer until the block ends; freed when the process dies.

        Raises:
            CannotProceedError: another process is; the message says which.
        """

    def folder(self, prefix: str) -> "Storage":
        """The same storage, with keys that start below a folder."""

    def local_path(self, key: str) -> Path:
        """A file on this machine with the object's bytes, to be mapped into memory or given to a library.

        The key may name a folder or nothing yet where the storage is the local disk.
        """

    def locate(self, key: str) -> str:
        """Where an object is, for messages."""
