"""Objects of an index: arrays and JSON documents, put whole under a key and checked before they are used.

index/CURRENT                             names the live generation and the one before it
index/generations/<name>.json             its basis, its shards and how well it finds
index/generations/<name>.timings.json     what was measured in seconds (all else is equal when built again)
index/bases/<name>.json <name>.*.npy      what was learnt from the collection
index/shards/<name>.json <name>.*         ids, vectors and forests of some slices
index/metadata/<name>.arrow               what is stored about a shard's pictures
index/averages/<name>.npy                 a shard's embeddings, each averaged with its nearest neighbours
"""

import hashlib
import json
import resource
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import INDEX

GENERATIONS, BASES, SHARDS, METADATA, AVERAGES = (
    f"{INDEX}/{name}" for name in ("generations", "bases", "shards", "metadata", "averages")
)
BUILD = "run `imagerec recommendation build`"
CHUNK_BYTES = 1 << 22
FILES_OF_SHARD = 24  # a mapped array keeps its file open
OTHER_FILES = 512


def put_bytes(volume: Storage, key: str, chunks: Iterable[bytes]) -> str:
    """Store an object and return its SHA-256."""
    sha256 = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in chunks:
            sha256.update(chunk)
            yield chunk

    volume.put(key, hashed())
    return sha256.hexdigest()


def put_array(volume: Storage, key: str, array: NDArray[Any]) -> str:
    """Store an array in NumPy's file format and return the SHA-256 of the object."""
    return put_bytes(volume, key, array_chunks(np.ascontiguousarray(array)))


def array_chunks(array: NDArray[Any]) -> Iterator[bytes]:
    """A contiguous array as the bytes of an .npy file."""
    header = _Header()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    yield header.data
    octets = array.reshape(-1).view(np.uint8) if array.size else np.zeros(0, np.uint8)
    for start in range(0, len(octets), CHUNK_BYTES):
        yield octets[start : start + CHUNK_BYTES].tobytes()


class _Header:
    """A file that NumPy writes a header to."""

    data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def allow_open_files(n_shards: int) -> None:
    """Raise this process's limit of open files to what mapping the objects of some shards takes, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OTHER_FILES + FILES_OF_SHARD * n_shards
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def load_array(volume: Storage, key: str) -> NDArray[Any]:
    """A stored array, mapped into memory and read as it is used."""
    array: NDArray[Any] = np.load(volume.local_path(key), mmap_mode="r")
    return array.view(np.ndarray)  # indexing a plain array is several times faster than a memmap


def put_document(volume: Storage, key: str, content: Mapping[str, Any]) -> None:
    """Store a JSON object together with its own digest."""
    volume.put(key, seal(content))


def seal(content: Mapping[str, Any]) -> bytes:
    """A JSON object that carries its own digest."""
    return to_json({**content, "checksum": digest(content)})


def read_document(volume: Storage, key: str) -> dict[str, Any]:
    """What `put_document` stored.

    Raises:
        CannotProceedError: it is missing, or one byte of it is not what was written.
    """
    try:
        data = volume.read(key)
    except OSError as error:
        raise CannotProceedError(f"{volume.locate(key)} cannot be read ({error.strerror}); {BUILD}") from error
    content = unseal(data)
    if content is None:
        raise CannotProceedError(f"{volume.locate(key)} is damaged (its checksum is not the stored one); {BUILD}")
    return content


def unseal(data: bytes) -> dict[str, Any] | None:
    """What `seal` was given; None when a byte of it has changed."""
    try:
        content: dict[str, Any] = json.loads(data)
        content.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return content if seal(content) == data else None


def check_object(volume: Storage, key: str, sha256: str) -> None:
    """Do nothing if an object is what was stored.

    Raises:
        CannotProceedError: it is missing or damaged; the message names it.
    """
    try:
        with volume.open(key) as file:
            found = hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest()
    except OSError as error:
        raise CannotProceedError(f"{volume.locate(key)} cannot be read ({error.strerror}); {BUILD}") from error
    if found != sha256:
        raise CannotProceedError(f"{volume.locate(key)} is damaged (its SHA-256 is not the stored one); {BUILD}")
