"""Compaction: many small slices become few large ones, and rows of removed pictures go.

Every table of a slice is rewritten under one new slice name, by a task for each new slice; nothing is decoded, labelled or
embedded again. All tables change in one move. A killed compaction leaves parts that no snapshot names, which are swept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from pyspark import SparkContext

from shared import tables
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, parquet
from shared.tables.contracts import (
    CATEGORIES,
    CONTRACTS,
    EMBEDDINGS,
    FAILURES,
    FEATURES,
    IMAGES,
    LABELS,
    LOCATIONS,
    MAP,
    THUMBNAILS,
)
from shared.tables.live import COPIED
from shared.tables.snapshot import in_order

#: Rows of a slice that need not grow any more.
FULL_ROWS = 1024
#: One run makes this many slices that are not full: small ones come first, so that all cores are busy at once.
SMALL_SLICES_OF_A_RUN = 80
#: Tables whose parts are slices of the collection; those of others, such as what people like, are left as they are.
SLICED = frozenset(
    contract.name
    for contract in (IMAGES, THUMBNAILS, LOCATIONS, FAILURES, LABELS, FEATURES, EMBEDDINGS, CATEGORIES, MAP)
)
#: Tables with rows that are about no stored picture.
WITHOUT_PICTURES = frozenset({FAILURES.name, LOCATIONS.name})


class Merge(NamedTuple):
    """Slices that become one.

    Args:
        parts: of all of them, in the order in which their rows follow one another.
    """

    name: str
    parts: tuple[Part, ...]


class Merged(NamedTuple):
    """A new slice's parts, and the rows of removed pictures that are not in them."""

    parts: list[Part]
    dropped: int


def is_due(snapshot: Snapshot) -> bool:
    """Whether there are more than twice as many slices as one run over the same pictures would make."""
    full = snapshot.rows(IMAGES) // FULL_ROWS
    return len(snapshot.slices(IMAGES)) > 2 * (full + SMALL_SLICES_OF_A_RUN)


def compact(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> tuple[Snapshot, list[Merged]]:
    """Merge small slices and drop rows of removed pictures; publish the result.

    Returns:
        The tables as they are now, and what was made; the same snapshot and nothing where there was nothing to do.

    Raises:
        CannotProceedError: a part is missing or damaged.
    """
    merges = plan(snapshot)
    if not merges:
        return snapshot, []
    made = sc.parallelize(merges, len(merges)).map(partial(merge_slices, volume)).collect()
    gone = {part for merge in merges for part in merge.parts}
    fresh = [part for merged in made for part in merged.parts]
    kept = [part for part in snapshot.all_parts() if part not in gone]
    by_table = defaultdict[str, list[Part]](list)
    for part in [*kept, *fresh]:
        by_table[part.table].append(part)
    names = snapshot.tables.keys() | by_table.keys()
    published = tables.publish_tables(volume, snapshot, {name: in_order(by_table[name]) for name in sorted(names)})
    return published, made


def plan(snapshot: Snapshot) -> list[Merge]:
    """Which slices to merge: neighbours that every stage has brought equally far, up to FULL_ROWS rows together."""
    by_slice = defaultdict[str, list[Part]](list)
    for part in snapshot.all_parts():
        if part.table in SLICED:
            by_slice[part.slice].append(part)
    worth = [name for name in sorted(by_slice) if _is_worth_rewriting(by_slice[name])]
    stages = sorted(worth, key=lambda name: (_progress(by_slice[name]), name))
    merges = []
    for _, names in groupby(stages, key=lambda name: _progress(by_slice[name])):
        for group in _groups(list(names), {name: _rows(by_slice[name], IMAGES.name) for name in worth}):
            parts = [part for name in group for part in by_slice[name]]
            if len(group) > 1 or _has_removed_rows(parts):
                merges.append(Merge(new_name(group), tuple(parts)))
    return merges


def _is_worth_rewriting(parts: Sequence[Part]) -> bool:
    return _rows(parts, IMAGES.name) < FULL_ROWS or _has_removed_rows(parts)


def _has_removed_rows(parts: Sequence[Part]) -> bool:
    """Whether tables other than IMAGES may have rows of removed pictures, or locations that pictures had once."""
    is_revised = any(part.revision for part in parts if part.table == IMAGES.name)
    return is_revised or _rows(parts, IMAGES.name) < _rows(parts, THUMBNAILS.name)


def _rows(parts: Iterable[Part], table: str) -> int:
    return sum(part.rows for part in parts if part.table == table)


def _progress(parts: Iterable[Part]) -> list[tuple[str, str]]:
    """Which stages have finished a slice, with which settings; failures and locations say nothing of that."""
    return sorted({(part.stage, part.fingerprint) for part in parts if part.table not in WITHOUT_PICTURES})


def _groups(names: Sequence[str], rows: dict[str, int]) -> Iterator[list[str]]:
    """Names in order, cut so that a group has at most FULL_ROWS rows."""
    group: list[str] = []
    for name in names:
        if group and sum(rows[one] for one in group) + rows[name] > FULL_ROWS:
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def new_name(names: Sequence[str]) -> str:
    """The name of a slice made of others: the same for the same ones, and unlike any that a run makes."""
    return f"{names[0].split('-')[0]}-{digest('compacted', list(names))[:12]}"


def merge_slices(volume: Storage, merge: Merge) -> Merged:
    """Write the parts of a new slice.

    Raises:
        CannotProceedError: a part is missing or damaged.
    """
    images = [part for part in merge.parts if part.table == IMAGES.name]
    live = {(part.slice, row["image_id"]): row for part in images for row in _images(volume, part)}
    key = lambda part: (part.table, part.stage, part.fingerprint, part.transient)  # noqa: E731
    made, dropped = [], 0
    for (table, stage, fingerprint, transient), parts in groupby(sorted(merge.parts, key=key), key=key):
        of_kind = sorted(parts, key=merge.parts.index)
        encoder = parquet.encode(CONTRACTS[table], _live_rows(volume, of_kind, live))
        dropped += sum(part.rows for part in of_kind) - encoder.rows if table == THUMBNAILS.name else 0
        if encoder.rows:
            contract = CONTRACTS[table]
            made.append(
                tables.write_part(volume, contract, encoder, merge.name, stage, fingerprint, transient=transient)
            )
    return Merged(made, dropped)


def _images(volume: Storage, part: Part) -> list[dict[str, Any]]:
    return tables.read_rows(volume, part, ["image_id", *COPIED])


def _live_rows(
    volume: Storage, parts: Iterable[Part], live: Mapping[tuple[str, str], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Rows of some parts without those of removed pictures, a row group in memory at a time.

    LABELS gets the locations that moved pictures have now, for the new part of IMAGES has no revision that says so.
    """
    for part in parts:
        for row in tables.iterate_rows(volume, part, CONTRACTS[part.table].schema.names):
            if part.table in WITHOUT_PICTURES:
                yield row
            elif (image := live.get((part.slice, row["image_id"]))) is not None:
                yield {**row, **image} if part.table == LABELS.name else row
