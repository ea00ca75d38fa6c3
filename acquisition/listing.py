"""The listing: a source's entries in files on the volume, cut into slices, so that nobody holds them all.

Listing files are scratch: they live under `work/` and are gone when the run ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

from acquisition.sources.entries import Entry
from shared import tables
from shared.errors import CannotProceedError
from shared.pipeline.slices import StageOutput
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, orphans
from shared.tables.contracts import LISTING, Contract

SMALLEST_SLICE, DOUBLINGS, SLICES_PER_SIZE = 32, 5, 16
LARGEST_SLICE = SMALLEST_SLICE << DOUBLINGS
#: Columns that differ between copies of a source; a slice has the same name on every disk.
OF_THIS_DISK = frozenset({"ctime_ns", "inode"})

Position = tuple[int, int]
"""Number of a listing file and of a row in it."""


class Listed(NamedTuple):
    """An entry and its position in the whole listing."""

    position: Position
    entry: Entry


def slice_sizes() -> Iterator[int]:
    """Rows of each slice: small ones first, so that all cores are busy with few pictures, then ever larger ones.

    A slice's size depends on its position alone: the same pictures make the same slices on any machine.
    """
    for doubling in count():
        size = min(SMALLEST_SLICE << doubling, LARGEST_SLICE)
        yield from [size] * SLICES_PER_SIZE


def slice_number(row: int) -> int:
    """Which slice the row at a position belongs to, from the sum of the sizes before: a geometric series, then a line."""
    doubling = min((row // (SLICES_PER_SIZE * SMALLEST_SLICE) + 1).bit_length() - 1, DOUBLINGS)
    start = SLICES_PER_SIZE * SMALLEST_SLICE * ((1 << doubling) - 1)
    return SLICES_PER_SIZE * doubling + (row - start) // (SMALLEST_SLICE << doubling)


def write_listing(work: Storage, entries: Iterable[Entry], stage: StageOutput, base: str) -> list[Part]:
    """Write a source's entries, a slice in memory at a time."""
    orphans.sweep(work, Snapshot({}), stage.name, [LISTING])
    rest = iter(entries)
    chunks = (list(islice(rest, size)) for size in slice_sizes())
    parts: list[Part] = []
    while chunk := next(chunks):
        parts.append(write_slice(work, len(parts), chunk, stage, base))
    return parts


def write_slice(work: Storage, number: int, entries: Sequence[Entry], stage: StageOutput, base: str) -> Part:
    """Write entries that go through the stage together.

    Args:
        number: position of the slice; tables keep this order.
        base: see `base_of`; makes the name another one than that of any slice stored before.
    """
    content = [{name: value for name, value in entry.items() if name not in OF_THIS_DISK} for entry in entries]
    name = f"{number:06d}-{digest(content, stage.fingerprint, base)[:12]}"
    return tables.write_part(work, LISTING, entries, name, stage.name, stage.fingerprint)


def read_slice(work: Storage, stage: StageOutput, name: str) -> list[Entry]:
    """The entries of a slice.

    Raises:
        CannotProceedError: its file is gone or damaged.
    """
    part = tables.find_part(work, LISTING, name, stage.name, stage.fingerprint)
    if part is None:
        raise CannotProceedError(
            f"slice {name} of the listing in {work} is gone or damaged; run the same command again"
        )
    return tables.read_rows(work, part)


def base_of(snapshot: Snapshot, stage: str, contracts: Iterable[Contract]) -> str:
    """Identity of all that the stage has stored so far."""
    return digest([part.name for contract in contracts for part in snapshot.parts(contract, stage)])


def read_listed(work: Storage, number: int, part: Part) -> Iterator[tuple[str, Listed]]:
    """The entries of a listing file by their location.

    Args:
        number: of the file in the listing.
    """
    for row, entry in enumerate(tables.read_rows(work, part)):
        yield entry["location"], Listed((number, row), entry)
