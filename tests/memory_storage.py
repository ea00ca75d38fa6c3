"""A storage in memory that offers no more than object stores do: no rename, no random writes, no folders."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.errors import CannotProceedError
from shared.storage.interface import CommitConflictError, StoredObject


class MemoryStorage:
    """See `shared.storage.interface.Storage`; for one process."""

    def __init__(self, prefix: str = "", objects: dict[str, bytes] | None = None) -> None:
        self._prefix = prefix
        self._objects: dict[str, bytes] = {} if objects is None else objects
        self._is_locked = False

    def read(self, key: str) -> bytes:
        try:
            return self._objects[self._prefix + key]
        except KeyError:
            raise FileNotFoundError(2, "No such object", self.locate(key)) from None

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.read(key))

    def put(self, key: str, data: bytes | Iterable[bytes]) -> None:
        self._objects[self._prefix + key] = data if isinstance(data, bytes) else b"".join(data)

    def copy(self, key: str, new_key: str) -> None:
        self.put(new_key, self.read(key))

    def list(self, prefix: str) -> list[StoredObject]:
        start = self._prefix + (f"{prefix}/" if prefix else "")
        found = sorted(key for key in self._objects if key.startswith(start))
        return [StoredObject(key.removeprefix(self._prefix), len(self._objects[key]), 0) for key in found]

    def stat(self, key: str) -> StoredObject | None:
        data = self._objects.get(self._prefix + key)
        return None if data is None else StoredObject(key, len(data), 0)

    def delete(self, key: str) -> None:
        self._objects.pop(self._prefix + key, None)

    def delete_folder(self, prefix: str) -> None:
        for one in self.list(prefix):
            self.delete(one.key)

    def delete_unfinished(self, prefix: str) -> None:
        """Nothing to do: a put is whole or did not happen."""

    def commit(self, key: str, data: bytes, expected: bytes | None) -> None:
        if self._objects.get(self._prefix + key) != expected:
            raise CommitConflictError(f"{self.locate(key)} was replaced by another writer")
        self.put(key, data)

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:  # noqa: ARG002 - there is one process
        if self._is_locked:
            raise CannotProceedError(f"{self.locate('')} is in use")
        self._is_locked = True
        try:
            yield
        finally:
            self._is_locked = False

    def folder(self, prefix: str) -> "MemoryStorage":
        return MemoryStorage(f"{self._prefix}{prefix}/", self._objects)

    def local_path(self, key: str) -> Path:
        """A copy of the object, as a cache in front of an object store would make it."""
        handle = tempfile.NamedTemporaryFile(prefix="memory-storage-", suffix=Path(key).name, delete=False)  # noqa: SIM115
        with handle:
            handle.write(self.read(key))
        return Path(handle.name)

    def locate(self, key: str) -> str:
        return f"memory://{self._prefix}{key}"
