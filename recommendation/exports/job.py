"""Wire an export: slices to tasks, their lines or files to one folder that appears when it is complete."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

from pyspark import RDD, SparkContext

from recommendation.exports.records import Record, Slice, read_records
from recommendation.index import generation
from shared import tables
from shared.errors import UsageError
from shared.pipeline import exports
from shared.storage import LocalStorage, Storage
from shared.storage.files import temporary_name
from shared.tables import Snapshot, live
from shared.tables.contracts import THUMBNAILS

PIECES = "pieces.tmp"

LinesOf = Callable[[Iterator[Record]], Iterable[bytes]]
WriteSlice = Callable[[Path, int, Iterator[Record]], Counter[str]]


class Export(NamedTuple):
    """A collection, and the folder that it is exported to.

    Args:
        out: a folder that every task can write to; it gets its final name when the export is complete.
    """

    sc: SparkContext
    volume: Storage
    snapshot: Snapshot
    generation: str
    out: Path

    @property
    def slices(self) -> list[Slice]:
        """The collection, a slice a piece of work."""
        return [Slice(number, one) for number, one in enumerate(live.live_parts(self.snapshot, THUMBNAILS))]

    def records(self, *, with_jpeg: bool = False) -> "RDD[Record]":
        """All pictures."""
        read = partial(read_records, self.volume, self.generation, with_jpeg=with_jpeg)
        return self.sc.parallelize(self.slices, max(1, len(self.slices))).flatMap(read)

    def write_lines(
        self, name: str, enclosure: tuple[bytes, bytes, bytes], lines_of: LinesOf, *, with_jpeg: bool = False
    ) -> None:
        """Write one file of the lines of all pictures; see `shared.pipeline.exports.concatenate`."""
        read = partial(read_records, self.volume, self.generation, with_jpeg=with_jpeg)
        self.concatenate(name, enclosure, self.slices, partial(_lines, read, lines_of))

    def concatenate(
        self,
        name: str,
        enclosure: tuple[bytes, bytes, bytes],
        items: list[Any],
        lines_of: Callable[[Any], Iterable[bytes]],
    ) -> None:
        """Write one file of the lines of some items."""
        exports.concatenate(self.sc, LocalStorage(self.out), name, PIECES, items, lines_of, enclosure)

    def write_slices(self, write: WriteSlice, *, with_jpeg: bool = False) -> Counter[str]:
        """Let each slice's task write files of its own; what it counted, summed up."""
        read = partial(read_records, self.volume, self.generation, with_jpeg=with_jpeg)
        pieces = self.sc.parallelize(self.slices, max(1, len(self.slices)))
        return pieces.map(partial(_write_slice, self.out, read, write)).fold(Counter(), add)


def _lines(read: Callable[[Slice], Iterator[Record]], lines_of: LinesOf, piece: Slice) -> Iterable[bytes]:
    return lines_of(read(piece))


def _write_slice(out: Path, read: Callable[[Slice], Iterator[Record]], write: WriteSlice, piece: Slice) -> Counter[str]:
    return write(out, piece.number, read(piece))


def run(sc: SparkContext, volume: Storage, out: Path, write: Callable[[Export], list[str]]) -> list[str]:
    """Write an export into a folder that is complete or not there; return sentences about it.

    Raises:
        UsageError: the folder is there and not empty.
        CannotProceedError: there is no index.
    """
    check_folder(out)
    live_name = generation.expected_name(volume)
    aside = temporary_name(out.absolute())
    aside.mkdir(parents=True)
    try:
        remarks = write(Export(sc, volume, tables.open_snapshot(volume), live_name, aside))
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return remarks


def check_folder(out: Path) -> None:
    """Do nothing for a folder that is empty or not there; errors as `run`."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out: expected a folder that is empty or not there yet, got {out}")
