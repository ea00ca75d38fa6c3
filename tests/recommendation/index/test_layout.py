"""Which slices share a shard, for collections that grow and change."""

import hashlib
from collections.abc import Sequence

import pytest

from recommendation.index.build import layout
from recommendation.index.build.collection import SliceInput
from recommendation.index.build.layout import Group
from shared.tables import Part


def part(table: str, name: str, rows: int, content: str) -> Part:
    sha256 = hashlib.sha256(f"{table} {name} {content}".encode()).hexdigest()
    return Part(table, name, "stage", "f" * 64, rows, 100, sha256)


def a_slice(name: str, rows: int, content: str = "") -> SliceInput:
    features, embeddings = part("features", name, rows, content), part("embeddings", name, rows, content)
    return SliceInput(name, part("images", name, rows, content), features, (embeddings,), (), None)


def stored(groups: Sequence[Group], basis: str = "b") -> dict[str, list[str]]:
    return {layout.shard_name(basis, group): [one.slice for one in group] for group in groups}


def names(groups: Sequence[Group]) -> list[list[str]]:
    return [[one.slice for one in group] for group in groups]


def test_a_first_build_makes_shards_that_several_tasks_can_share() -> None:
    slices = [a_slice(f"{number:02}", 1024) for number in range(32)]
    groups = layout.arrange(slices, "b", {})
    assert [layout.row_count(group) for group in groups] == [8192] * 4
    assert [one for group in groups for one in group] == slices


def test_a_small_collection_is_one_shard_and_a_large_one_full_shards() -> None:
    assert names(layout.arrange([a_slice("a", 500), a_slice("b", 900)], "b", {})) == [["a", "b"]]
    large = layout.arrange([a_slice(f"{number:03}", 1024) for number in range(200)], "b", {})
    assert [layout.row_count(group) for group in large] == [32_768] * 6 + [8192]


def test_a_slice_larger_than_a_shard_is_a_shard_of_its_own() -> None:
    assert names(layout.arrange([a_slice("a", 500), a_slice("b", 10)], "b", {}, 100)) == [["a"], ["b"]]


def test_new_slices_make_a_shard_of_their_own_and_the_others_stay() -> None:
    old = [a_slice(f"{number:02}", 1024) for number in range(32)]
    shards = stored(layout.arrange(old, "b", {}))
    groups = layout.arrange([*old, a_slice("new", 100)], "b", shards)
    assert shards.items() <= stored(groups).items()
    assert names(groups)[-1] == ["new"]


def test_metadata_alone_do_not_change_a_shard() -> None:
    old = [a_slice("a", 500)]
    changed = [old[0]._replace(images=part("images", "a", 400, "other"))]
    before, after = layout.arrange(old, "b", {}), layout.arrange(changed, "b", stored(layout.arrange(old, "b", {})))
    assert stored(after) == stored(before)
    assert layout.metadata_name("shard", after[0]) != layout.metadata_name("shard", before[0])


@pytest.mark.parametrize(
    "now",
    [
        [a_slice("a", 500), a_slice("c", 700)],
        [a_slice("a", 500), a_slice("b", 600, "made again"), a_slice("c", 700)],
    ],
    ids=["a slice is gone", "a slice has other vectors"],
)
def test_a_shard_with_a_slice_that_changed_is_replaced(now: list[SliceInput]) -> None:
    shards = stored([(a_slice("a", 500), a_slice("b", 600)), (a_slice("c", 700),)])
    groups = layout.arrange(now, "b", shards)
    assert {one.slice for group in groups for one in group} == {one.slice for one in now}
    assert layout.shard_name("b", [a_slice("c", 700)]) in stored(groups)
    assert layout.shard_name("b", [a_slice("a", 500), a_slice("b", 600)]) not in stored(groups)


def test_another_basis_makes_other_shards() -> None:
    slices = [a_slice("a", 500)]
    shards = stored(layout.arrange(slices, "b", {}))
    assert stored(layout.arrange(slices, "other", shards), "other").keys().isdisjoint(shards)


def test_many_small_runs_leave_few_shards_and_rewrite_rows_a_few_times_only() -> None:
    shards: dict[str, list[str]] = {}
    slices: list[SliceInput] = []
    written = 0
    for number in range(365):
        slices.append(a_slice(f"{number:03}", 500))
        groups = layout.arrange(slices, "b", shards)
        written += sum(layout.row_count(group) for group in groups if layout.shard_name("b", group) not in shards)
        shards = stored(groups)
        small = [group for group in groups if layout.row_count(group) < layout.SHARD_ROWS // 2]
        assert len(small) <= layout.MAX_SMALL
        assert max(map(layout.row_count, groups)) <= layout.SHARD_ROWS
    assert sorted(name for some in shards.values() for name in some) == [one.slice for one in slices]
    assert len(shards) <= layout.MAX_SMALL + 365 * 500 // (layout.SHARD_ROWS // 2)
    assert written <= 5 * 365 * 500
