"""The copies that were found, kept between runs: which pictures were compared, and which of them are copies of each other.

duplicates/edges.npz    arrays of `Edges`, replaced whole
"""

import io
import zipfile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.duplicates.verification import KINDS
from shared.storage import Storage
from shared.storage.volume import DUPLICATES

KEY = f"{DUPLICATES}/edges.npz"
VERSION = 1  # raise it when other pairs are copies than before


class Edge(NamedTuple):
    """Two copies.

    Args:
        kind: of KINDS, what the second is to the first.
        is_part: 1 where the second is a part of the first, -1 the other way round, else 0.
    """

    first: str
    second: str
    kind: str
    score: float
    is_part: int


class Edges(NamedTuple):
    """Everything that was found.

    Args:
        compared: ids of the pictures that were compared with all others, 16 bytes each, ascending.
        firsts: ids of the first of each pair of copies.
        seconds: ids of the second.
        kinds: places in KINDS.
        scores: see `Verified`.
        parts: see `Verified.is_part`.
    """

    compared: NDArray[np.bytes_]
    firsts: NDArray[np.bytes_]
    seconds: NDArray[np.bytes_]
    kinds: NDArray[np.uint8]
    scores: NDArray[np.float32]
    parts: NDArray[np.int8]

    def list(self) -> list[Edge]:
        """Every pair of copies."""
        columns = (hex_ids(self.firsts), hex_ids(self.seconds), self.kinds, self.scores.tolist(), self.parts.tolist())
        return [
            Edge(first, second, KINDS[kind], score, is_part)
            for first, second, kind, score, is_part in zip(*columns, strict=True)
        ]

    def kept(self, ids: NDArray[np.bytes_]) -> "Edges":
        """The same for the pictures that are left."""
        here = np.isin(self.firsts, ids) & np.isin(self.seconds, ids)
        return Edges(
            self.compared[np.isin(self.compared, ids)],
            self.firsts[here],
            self.seconds[here],
            self.kinds[here],
            self.scores[here],
            self.parts[here],
        )


NO_IDS: NDArray[np.bytes_] = np.zeros(0, "S16")
NONE = Edges(NO_IDS, NO_IDS, NO_IDS, np.zeros(0, np.uint8), np.zeros(0, np.float32), np.zeros(0, np.int8))


def hex_ids(ids: NDArray[np.bytes_]) -> list[str]:
    """Ids as image_ids; NumPy drops zero bytes at the end."""
    return [one.ljust(16, b"\0").hex() for one in ids.tolist()]


def read(volume: Storage) -> Edges:
    """What was found last; NONE before the first time, of another version, or where the object is damaged."""
    try:
        with np.load(io.BytesIO(volume.read(KEY))) as stored:
            if int(stored["version"]) != VERSION:
                return NONE
            return Edges(*(stored[name] for name in Edges._fields))
    except (FileNotFoundError, ValueError, KeyError, zipfile.BadZipFile):
        return NONE


def write(volume: Storage, edges: Edges) -> None:
    """Store what was found."""
    buffer = io.BytesIO()
    np.savez(buffer, version=np.array(VERSION), **edges._asdict())
    volume.put(KEY, buffer.getvalue())
