"""Which slices go into which shard: pure functions of slice names and row counts, the same on every machine.

A shard stays as long as none of its slices' vectors change. New slices make new shards. Small shards are merged so that
at most MAX_SMALL remain: each merge takes the smallest ones, so a row is rewritten a logarithmic number of times.
"""

from collections.abc import Iterable, Mapping, Sequence

from recommendation.index.build.collection import SliceInput
from recommendation.index.build.columns import VERSION
from shared.storage.files import digest

#: Rows of a shard, at most; a slice is never split.
SHARD_ROWS = 32_768
#: Shards of less than half of SHARD_ROWS, at most.
MAX_SMALL = 8
#: Small shards that one merge takes, at most.
MERGED = 8
#: A first build makes this many shards where they get LEAST_ROWS or more, so that several tasks share the work.
FIRST_SHARDS = 4
LEAST_ROWS = 4096

Group = tuple[SliceInput, ...]
"""The slices of one shard."""


def shard_name(basis: str, group: Iterable[SliceInput]) -> str:
    """Name of the shard that a basis makes of some slices."""
    return digest(basis, [one.vectors_id for one in group])[:16]


def metadata_name(shard: str, group: Iterable[SliceInput]) -> str:
    """Name of a shard's metadata."""
    return digest(VERSION, shard, [one.metadata_id for one in group])[:16]


def arrange(
    slices: Sequence[SliceInput], basis: str, shards: Mapping[str, Sequence[str]], shard_rows: int = SHARD_ROWS
) -> list[Group]:
    """The shards of a collection, ordered by their first slice.

    Args:
        slices: the collection, sorted.
        shards: the slices of each shard that is there, by the shard's name.
    """
    by_name = {one.slice: one for one in slices}
    kept = [
        tuple(by_name[name] for name in names)
        for shard, names in shards.items()
        if all(name in by_name for name in names) and shard == shard_name(basis, [by_name[name] for name in names])
    ]
    covered = {one.slice for group in kept for one in group}
    fresh = split([one for one in slices if one.slice not in covered], shard_rows)
    return sorted(merge_small([*kept, *fresh], shard_rows), key=lambda group: group[0].slice)


def split(slices: Sequence[SliceInput], shard_rows: int) -> list[Group]:
    """Consecutive slices in groups of about equal size."""
    total = row_count(slices)
    limit = min(shard_rows, max(LEAST_ROWS, -(-total // FIRST_SHARDS)))
    groups: list[list[SliceInput]] = []
    room = 0
    for one in slices:
        rows = row_count([one])
        if rows > room or not groups:
            groups.append([])
            room = limit
        groups[-1].append(one)
        room -= rows
    return [tuple(group) for group in groups]


def merge_small(groups: Sequence[Group], shard_rows: int) -> list[Group]:
    """The same slices with at most MAX_SMALL small groups."""
    is_small = [row_count(group) < shard_rows // 2 for group in groups]
    large = [group for group, small in zip(groups, is_small, strict=True) if not small]
    left = [group for group, small in zip(groups, is_small, strict=True) if small]
    while len(left) > MAX_SMALL:
        left.sort(key=lambda group: (row_count(group), group[0].slice))
        taken = 2  # two small ones always fit
        while taken < MERGED and sum(map(row_count, left[: taken + 1])) <= shard_rows:
            taken += 1
        merged = sorted((one for group in left[:taken] for one in group), key=lambda one: one.slice)
        left = left[taken:]
        (left if row_count(merged) < shard_rows // 2 else large).append(tuple(merged))
    return [*large, *left]


def row_count(slices: Iterable[SliceInput]) -> int:
    """Rows that some slices have, at most."""
    return sum(one.features.rows for one in slices)
