"""Compaction: fewer slices, the same pictures, nothing made again."""

from typing import Any

import pytest
from pyspark import SparkContext

from shared import tables
from shared.pipeline import compact
from shared.storage import LocalStorage, Storage
from shared.tables import Part
from shared.tables.contracts import CATEGORIES, CONTRACTS, EMBEDDINGS, FAILURES, IMAGES, LOCATIONS, THUMBNAILS, Contract
from tests.memory_storage import MemoryStorage

ACQUISITION, EMBEDDING = ("acquisition", "a" * 64), ("embedding", "e" * 64)
NO_EXIF = dict.fromkeys([field.name for field in IMAGES.schema.field("exif").type])


def image_id(number: int) -> str:
    return f"{number:032x}"


def row(contract: Contract, number: int) -> dict[str, Any]:
    """A row with a value of the right type in every column, and the picture's number in those that matter."""
    defaults: dict[str, Any] = {
        "string": "",
        "int64": number,
        "int32": 1,
        "binary": b"jpeg",
        "float": 0.5,
        "bool": False,
    }
    made = {field.name: defaults.get(str(field.type), []) for field in contract.schema}
    special = {"image_id": image_id(number), "location": f"/p/{number}.jpg", "exif": NO_EXIF, "vector": [1.0, number]}
    return made | {name: value for name, value in special.items() if name in made}


def write(
    volume: Storage, name: str, numbers: range, *, live: range | None = None, embedded: bool = True
) -> list[Part]:
    """A slice with some pictures, of which `live` are still there, as two stages leave it."""
    contents = [
        (ACQUISITION, IMAGES, live or numbers),
        (ACQUISITION, THUMBNAILS, numbers),
        (ACQUISITION, LOCATIONS, live or numbers),
        (ACQUISITION, FAILURES, range(numbers.stop, numbers.stop + 1)),
    ]
    if embedded:
        contents += [(EMBEDDING, EMBEDDINGS, numbers), (EMBEDDING, CATEGORIES, numbers)]
    return [
        tables.write_part(volume, contract, [row(contract, number) for number in chosen], name, *stage)
        for stage, contract, chosen in contents
    ]


def publish(volume: Storage, parts: list[Part]) -> tables.Snapshot:
    names = {part.table for part in parts}
    by_table = {name: tuple(part for part in parts if part.table == name) for name in names}
    return tables.publish_tables(volume, tables.open_snapshot(volume), by_table)


def ids(volume: Storage, contract: Contract) -> list[str]:
    parts = tables.open_snapshot(volume).parts(contract)
    return [one for part in parts for one in tables.read_columns(volume, part, ["image_id"])["image_id"]]


@pytest.mark.spark
def test_small_slices_become_one_and_every_table_keeps_its_rows_in_order(
    sc: SparkContext, volume: LocalStorage
) -> None:
    parts = [part for n in range(5) for part in write(volume, f"{n:06d}-{n:012x}", range(10 * n, 10 * n + 10))]
    before = publish(volume, parts)
    after, made = compact.compact(sc, volume, before)
    assert [len(after.parts(one)) for one in (IMAGES, THUMBNAILS, LOCATIONS, FAILURES, EMBEDDINGS)] == [1] * 5
    assert {part.slice for part in after.all_parts()} == {made[0].parts[0].slice}
    assert {(part.stage, part.fingerprint) for part in after.all_parts()} == {ACQUISITION, EMBEDDING}
    for contract in (IMAGES, THUMBNAILS, EMBEDDINGS, CATEGORIES):
        assert ids(volume, contract) == [image_id(number) for number in range(50)]
    assert compact.compact(sc, volume, after) == (after, [])


@pytest.mark.spark
def test_rows_of_removed_pictures_go_from_every_table(sc: SparkContext, volume: LocalStorage) -> None:
    publish(volume, write(volume, "000000-a", range(10), live=range(4)))
    _, made = compact.compact(sc, volume, tables.open_snapshot(volume))
    assert [one.dropped for one in made] == [6]
    for contract in (IMAGES, THUMBNAILS, EMBEDDINGS, CATEGORIES):
        assert ids(volume, contract) == [image_id(number) for number in range(4)]


@pytest.mark.spark
def test_a_picture_removed_and_back_in_a_later_slice_is_there_once(sc: SparkContext, volume: LocalStorage) -> None:
    parts = [*write(volume, "000000-a", range(4), live=range(1, 4)), *write(volume, "000001-b", range(1))]
    compact.compact(sc, volume, publish(volume, parts))
    assert ids(volume, THUMBNAILS) == ids(volume, IMAGES) == [image_id(number) for number in (1, 2, 3, 0)]


@pytest.mark.spark
def test_what_was_replaced_stays_for_readers_that_have_it_open(sc: SparkContext, volume: LocalStorage) -> None:
    before = publish(volume, [*write(volume, "000000-a", range(3)), *write(volume, "000001-b", range(3, 6))])
    compact.compact(sc, volume, before)
    for part in before.all_parts():
        assert tables.read_rows(volume, part)


def test_slices_that_stages_have_brought_differently_far_stay_apart() -> None:
    volume = MemoryStorage()
    parts = [
        *write(volume, "000000-a", range(3)),
        *write(volume, "000001-b", range(3, 6), embedded=False),
        *write(volume, "000002-c", range(6, 9)),
    ]
    plan = compact.plan(publish(volume, parts))
    assert [sorted({part.slice for part in merge.parts}) for merge in plan] == [["000000-a", "000002-c"]]


def test_full_slices_are_left_alone_and_no_slice_grows_beyond_them() -> None:
    volume = MemoryStorage()
    sizes = (1024, 600, 500, 400)
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    parts = [
        part
        for n, (start, size) in enumerate(zip(starts, sizes, strict=True))
        for part in write(volume, f"{n:06d}-a", range(start, start + size))
    ]
    plan = compact.plan(publish(volume, parts))
    assert [sorted({part.slice for part in merge.parts}) for merge in plan] == [["000002-a", "000003-a"]]


@pytest.mark.parametrize("contract", sorted(set(CONTRACTS) - compact.SLICED))
def test_tables_that_are_no_slices_are_left_alone(contract: str) -> None:
    parts = tuple(Part(contract, f"{n:06d}-a", *ACQUISITION, 5, 1, "0" * 64) for n in range(3))
    assert compact.plan(tables.Snapshot({contract: parts})) == []


def test_a_merge_works_where_there_is_no_rename_and_gives_the_same_bytes_again() -> None:
    volume = MemoryStorage()
    [merge] = compact.plan(publish(volume, [*write(volume, "0-a", range(3)), *write(volume, "1-b", range(3, 6))]))
    assert compact.merge_slices(volume, merge) == compact.merge_slices(volume, merge)


@pytest.mark.parametrize(("slices", "is_due"), [(160, False), (161, True)])
def test_it_is_due_from_twice_the_slices_of_one_run_on(slices: int, is_due: bool) -> None:
    parts = tuple(Part("images", f"{n:06d}-a", *ACQUISITION, 5, 1, "0" * 64) for n in range(slices))
    assert compact.is_due(tables.Snapshot({"images": parts})) is is_due
