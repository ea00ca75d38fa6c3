"""Storages for tests of the index: in memory, counting, and failing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shared.storage import LocalStorage
from shared.storage.volume import MODELS
from tests.memory_storage import MemoryStorage


class ModelsOnDisk(MemoryStorage):
    """All but models in memory, which offers neither rename nor random writes."""

    def __init__(self, volume: LocalStorage) -> None:
        super().__init__()
        self._volume = volume

    def local_path(self, key: str) -> Path:
        return self._volume.local_path(key) if key.startswith(MODELS) else super().local_path(key)


def in_memory(volume: LocalStorage) -> MemoryStorage:
    """A copy of a volume in memory."""
    memory = ModelsOnDisk(volume)
    for found in volume.list(""):
        memory.put(found.key, volume.read(found.key))
    return memory


@dataclass(frozen=True)
class CountingStorage(LocalStorage):
    """Remembers what is written."""

    written: dict[str, int] = field(default_factory=dict, hash=False)

    def put(self, key: str, data: bytes | Iterable[bytes]) -> None:
        whole = data if isinstance(data, bytes) else b"".join(data)
        self.written[key] = len(whole)
        super().put(key, whole)


class CrashError(BaseException):
    """Stands for a kill: nothing may catch it."""


@dataclass(frozen=True)
class CrashingStorage(LocalStorage):
    """Crashes before the n-th change, counted from 0."""

    n: int = 0
    done: list[str] = field(default_factory=list, hash=False)

    def _step(self, key: str) -> None:
        if len(self.done) == self.n:
            raise CrashError
        self.done.append(key)

    def put(self, key: str, data: bytes | Iterable[bytes]) -> None:
        whole = data if isinstance(data, bytes) else b"".join(data)
        self._step(key)
        super().put(key, whole)

    def delete(self, key: str) -> None:
        self._step(key)
        super().delete(key)
