"""A volume on a file system with an atomic rename: local disks, and network file systems that behave as such."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.storage.files import TEMPORARY, naming, replacing, sweep_temporary, sync_folder, temporary_name
from shared.storage.interface import CommitConflictError, StoredObject
from shared.storage.lock import exclusive


@dataclass(frozen=True)
class LocalStorage:
    """A folder as a storage; see `shared.storage.interface.Storage`.

    Args:
        root: an absolute path, the same on every machine that runs tasks.
    """

    root: Path

    def read(self, key: str) -> bytes:
        """See `Storage`."""
        return (self.root / key).read_bytes()

    def open(self, key: str) -> BinaryIO:
        """See `Storage`."""
        return (self.root / key).open("rb")

    def put(self, key: str, data: bytes | Iterable[bytes]) -> None:
        """See `Storage`."""
        with replacing(self.root / key) as file:
            file.writelines([data] if isinstance(data, bytes) else data)

    def copy(self, key: str, new_key: str) -> None:
        """See `Storage`; a hard link where the file system has them."""
        old, new = self.root / key, self.root / new_key
        new.parent.mkdir(parents=True, exist_ok=True)
        aside = temporary_name(new)
        try:
            os.link(old, aside)
        except OSError:
            self.put(new_key, old.read_bytes())
        else:
            os.replace(aside, new)
            aside.unlink(missing_ok=True)  # it stays where `new` was the same file already, of an earlier attempt
            sync_folder(new.parent)

    def list(self, prefix: str) -> list[StoredObject]:
        """See `Storage`."""
        return sorted(self._objects(self.root / prefix))

    def _objects(self, folder: Path) -> Iterator[StoredObject]:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._objects(Path(entry.path))
                elif TEMPORARY not in entry.name:
                    with suppress(FileNotFoundError):  # deleted since it was listed
                        status = entry.stat()
                        key = Path(entry.path).relative_to(self.root).as_posix()
                        yield StoredObject(key, status.st_size, status.st_mtime_ns)

    def stat(self, key: str) -> StoredObject | None:
        """See `Storage`."""
        try:
            status = (self.root / key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredObject(key, status.st_size, status.st_mtime_ns)

    def delete(self, key: str) -> None:
        """See `Storage`."""
        with suppress(FileNotFoundError):
            (self.root / key).unlink()

    def delete_folder(self, prefix: str) -> None:
        """See `Storage`."""
        folder = self.root / prefix
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # it holds something else
            folder.parent.rmdir()

    def delete_unfinished(self, prefix: str) -> None:
        """See `Storage`."""
        sweep_temporary(self.root / prefix)

    def commit(self, key: str, data: bytes, expected: bytes | None) -> None:
        """See `Storage`."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked_folder(path.parent):
            try:
                found = path.read_bytes()
            except FileNotFoundError:
                found = None
            if found != expected:
                raise CommitConflictError(f"{path} was replaced by another writer")
            self.put(key, data)

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """See `Storage`."""
        return exclusive(self.root, purpose)

    def folder(self, prefix: str) -> "LocalStorage":
        """See `Storage`."""
        return LocalStorage(self.root / prefix)

    def local_path(self, key: str) -> Path:
        """See `Storage`."""
        return self.root / key

    def locate(self, key: str) -> str:
        """See `Storage`."""
        return str(self.root / key)


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Wait until no other `commit` is under way in a folder, and keep others waiting until the block ends."""
    with naming(folder):
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
