"""One index generation on the disk: a folder that never changes once CURRENT names it.

index/CURRENT                   the name of the live generation
index/<generation>/
generation.json             what it was made of, how well it finds, SHA-256 of every file
timings.json                what was measured in seconds (all else is equal when built again)
rows.jsonl rows.offsets.npy what answers say of each row, a JSON object a line, and where each line starts
ids.npy ids.order.npy       image_id of each row, and the rows in the order of their ids
<measure>.npy               vectors for exact scores
<measure>.reduced.npy <measure>.axes.npy <measure>.ann      for candidates
embedding.mean.npy          the collection's mean embedding
"""

import os
import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.checksummed import read_checksummed, write_checksummed
from shared.storage.files import TEMPORARY, naming, replacing, sha256_of, sync_folder, temporary_name, write_atomically
from shared.storage.volume import INDEX

CURRENT, DOCUMENT, TIMINGS = "CURRENT", "generation.json", "timings.json"
NAME = re.compile(rb"([0-9a-f]{16})\n")
BUILD = "run `imagerec recommendation build`"
HASHING_THREADS = 4


class Generation(NamedTuple):
    """A generation whose files are what was built."""

    folder: Path
    document: dict[str, Any]
    timings: dict[str, Any]

    @property
    def name(self) -> str:
        """Digest of what it was made of, 16 hex characters."""
        return self.folder.name


def live_name(volume: Storage) -> str | None:
    """The generation that CURRENT names; None before the first build.

    Raises:
        CannotProceedError: CURRENT is damaged.
    """
    path = volume.local_path(INDEX) / CURRENT
    try:
        found = NAME.fullmatch(path.read_bytes())
    except FileNotFoundError:
        return None
    if not found:
        raise CannotProceedError(f"{path} is damaged (it does not name a generation); {BUILD}")
    return found[1].decode()


def expected_name(volume: Storage) -> str:
    """The generation that CURRENT names, whether or not it is there.

    Raises:
        CannotProceedError: there is no index yet, or CURRENT is damaged.
    """
    name = live_name(volume)
    if name is None:
        raise CannotProceedError(f"no index in {volume.local_path(INDEX)}; {BUILD}")
    return name


def open_live(volume: Storage) -> Generation:
    """The live generation, every file checked against its SHA-256.

    Raises:
        CannotProceedError: there is no index yet, or a file of it is damaged; the message names it.
    """
    while True:
        name = expected_name(volume)
        folder = volume.local_path(INDEX) / name
        try:
            return open_generation(folder)
        except CannotProceedError as error:
            if live_name(volume) != name:
                continue  # another was published and this one removed while we looked
            if folder.exists():
                raise
            raise CannotProceedError(
                f"{folder.with_name(CURRENT)} names {name}, which is not there; {BUILD}"
            ) from error


def open_generation(folder: Path) -> Generation:
    """A generation, every file checked against its SHA-256; errors as `open_live`."""
    document, timings = read_checksummed(folder / DOCUMENT, BUILD), read_checksummed(folder / TIMINGS, BUILD)
    files: dict[str, str] = document["files"]
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        list(pool.map(lambda entry: _check_file(folder / entry[0], entry[1]), files.items()))
    return Generation(folder, document, timings)


def _check_file(path: Path, sha256: str) -> None:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise CannotProceedError(f"{path} cannot be read ({error.strerror}); {BUILD}") from error
    if found != sha256:
        raise CannotProceedError(f"{path} is damaged (its SHA-256 is not the stored one); {BUILD}")


def begin(volume: Storage, name: str) -> Path:
    """An empty folder to build a generation in; what earlier attempts left is removed.

    Each time it has another name: a worker that outlives a killed run does not find the folder of the next.
    """
    for left in volume.local_path(INDEX).glob(f"*{TEMPORARY}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    folder = temporary_name(volume.local_path(INDEX) / name)
    folder.mkdir(parents=True)
    return folder


def reserve(path: Path, kind: str, shape: tuple[int, ...]) -> None:
    """An array file of zeros, to be filled in any order by `write_rows`."""
    np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(kind), shape=shape)


def write_rows(path: Path, start: int, rows: NDArray[Any]) -> None:
    """Put rows at their place in an array file; a second attempt writes the same bytes.

    Raises:
        OSError: the disk is full or broken (writing through a memory map would be killed instead).
    """
    array = np.load(path, mmap_mode="r")
    data = np.ascontiguousarray(rows, array.dtype)
    if data.shape[1:] != array.shape[1:] or start + len(data) > len(array):
        raise ValueError(f"expected rows of shape {array.shape[1:]} within {len(array)}, got {data.shape} at {start}")
    write_at(path, array.offset + start * data[:1].nbytes, data.tobytes())


def write_at(path: Path, offset: int, data: bytes) -> None:
    """Put bytes at their place in a file that exists; `seal` makes them durable."""
    with naming(path), path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Store a whole array as `np.save` does, in one move and durable."""
    array = np.ascontiguousarray(array)
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(array.tobytes())  # `np.save` forgets why it could not write


def load_rows(path: Path) -> NDArray[Any]:
    """An array file, read from the disk as it is used."""
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    return array.view(np.ndarray)  # indexing a plain array is several times faster than a memmap


def seal(folder: Path, document: Mapping[str, Any], timings: Mapping[str, Any]) -> None:
    """Make a finished generation durable and store its documents, with the SHA-256 of each of its files."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in {DOCUMENT, TIMINGS})
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        hashes = list(pool.map(_sync_and_hash, [folder / name for name in names]))
    write_checksummed(folder / TIMINGS, timings)
    write_checksummed(folder / DOCUMENT, {**document, "files": dict(zip(names, hashes, strict=True))})


def _sync_and_hash(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return sha256_of(path)


def publish(volume: Storage, building: Path, name: str) -> None:
    """Make a sealed generation the live one in one move, keep the one before it and remove older ones.

    A reader that has an older one open keeps its files until it closes them.
    """
    folder = volume.local_path(INDEX) / name
    if folder.exists():  # damaged, or published by a run that died before CURRENT named it
        os.replace(folder, folder.with_name(f"{name}{TEMPORARY}replaced"))
    os.replace(building, folder)
    sync_folder(folder.parent)
    try:
        before = live_name(volume)
    except CannotProceedError:
        before = None
    write_atomically(volume.local_path(INDEX) / CURRENT, f"{name}\n".encode())
    for other in volume.local_path(INDEX).iterdir():
        if other.is_dir() and other.name not in {name, before}:
            shutil.rmtree(other)
