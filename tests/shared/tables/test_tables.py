"""Tables: what is written is what is read, a change is seen at once or not at all, damage is named."""

import random
from typing import Any

import pyarrow as pa
import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables import orphans
from shared.tables.contracts import CONTRACTS, FAILURES, FEATURES, IMAGES, LISTING, STAGED, TOTALS, Contract

FINGERPRINT = "0123456789abcdef" * 4
EVERY_CONTRACT = [*CONTRACTS.values(), LISTING, STAGED]


def example(kind: pa.DataType) -> Any:
    """A value of an Arrow type."""
    if pa.types.is_struct(kind):
        return {field.name: example(field.type) for field in kind}
    if pa.types.is_fixed_size_list(kind):
        return [example(kind.value_type)] * kind.list_size
    if pa.types.is_list(kind):
        return [example(kind.value_type)] * 2
    if pa.types.is_fixed_size_binary(kind):
        return bytes(range(kind.byte_width))
    if pa.types.is_timestamp(kind):
        return pa.scalar(1_700_000_000_000_000, kind).as_py()
    plain = {pa.string(): "naïve \n '\" 名", pa.binary(): b"\x00\xff", pa.uint8(): 255}
    return plain.get(kind, 0.5 if pa.types.is_floating(kind) else 7)


def totals(*values: str) -> list[dict[str, Any]]:
    return [{"kind": "tag", "value": value, "pictures": 1} for value in values]


def write_totals(volume: LocalStorage, slice_name: str, *values: str) -> tables.Part:
    return tables.write_part(volume, TOTALS, totals(*values), slice_name, "labeling", FINGERPRINT)


def published(volume: LocalStorage, *values: str) -> tables.Snapshot:
    part = write_totals(volume, "a", *values)
    return tables.publish(volume, tables.open_snapshot(volume), "labeling", {"totals": [part]})


@pytest.mark.parametrize("contract", EVERY_CONTRACT, ids=lambda contract: contract.name)
def test_every_contract_round_trips(volume: LocalStorage, contract: Contract) -> None:
    rows = [{field.name: example(field.type) for field in contract.schema}] * 3
    part = tables.write_part(volume, contract, rows, "s", "labeling", FINGERPRINT)
    assert tables.read_rows(volume, part) == rows
    stored = tables.read_table(volume, part).schema
    assert stored.equals(contract.schema)
    assert [field.metadata[b"meaning"] for field in stored] == [field.metadata[b"meaning"] for field in contract.schema]


@pytest.mark.parametrize("contract", EVERY_CONTRACT, ids=lambda contract: contract.name)
def test_every_column_says_what_it_means(contract: Contract) -> None:
    assert all(field.metadata[b"meaning"] for field in contract.schema)


def test_equal_rows_make_equal_bytes(volume: LocalStorage) -> None:
    first, second = write_totals(volume, "a", "x", "y"), write_totals(volume.folder("other"), "a", "x", "y")
    assert first == second
    assert volume.local_path(first.key).read_bytes() == volume.folder("other").local_path(second.key).read_bytes()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"kind": "tag", "value": "x"}, "expected the columns"),
        ({"kind": "tag", "value": "x", "pictures": 1, "more": 2}, "expected the columns"),
        ({"kind": "tag", "value": None, "pictures": 1}, "totals.value, got a null"),
    ],
)
def test_rows_that_break_the_contract_are_refused(volume: LocalStorage, row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables.write_part(volume, TOTALS, [row], "a", "labeling", FINGERPRINT)
    assert not list(volume.root.rglob("*.parquet*"))


def test_a_part_that_no_manifest_names_does_not_exist(volume: LocalStorage) -> None:
    snapshot = published(volume, "x")
    write_totals(volume, "b", "y")
    assert tables.open_snapshot(volume) == snapshot
    assert tables.open_snapshot(volume).slices(TOTALS) == ["a"]


def test_an_empty_volume_has_empty_tables(volume: LocalStorage) -> None:
    assert tables.open_snapshot(volume).parts(TOTALS) == []


def test_publishing_replaces_the_parts_of_one_stage_and_leaves_those_of_others(volume: LocalStorage) -> None:
    failure = {"stage": "", "item": "", "reason": "", "detail": "", "size_bytes": 0, "mtime_ns": 0}
    first = tables.write_part(volume, FAILURES, [failure], "a", "acquisition", FINGERPRINT)
    old = tables.write_part(volume, FAILURES, [failure], "a", "embedding", FINGERPRINT)
    new = tables.write_part(volume, FAILURES, [failure], "a", "embedding", "f" * 64)
    snapshot = tables.publish(volume, tables.Snapshot({}), "acquisition", {"failures": [first]})
    snapshot = tables.publish(volume, snapshot, "embedding", {"failures": [old]})
    snapshot = tables.publish(volume, snapshot, "embedding", {"failures": [new]})
    assert snapshot.parts(FAILURES) == [first, new]
    assert tables.open_snapshot(volume) == snapshot


def test_sweeping_deletes_what_nothing_names_and_nothing_else(volume: LocalStorage) -> None:
    snapshot = published(volume, "x")
    kept, dropped = write_totals(volume, "b", "y"), write_totals(volume, "c", "z")
    other = tables.write_part(volume, TOTALS, totals("q"), "c", "embedding", FINGERPRINT)
    torn = volume.root / "tables/totals/part-d.parquet.tmp-1"
    torn.write_bytes(b"half")
    orphans.sweep(volume, snapshot, "labeling", [TOTALS], [kept])
    assert volume.local_path(kept.key).exists()
    assert volume.local_path(other.key).exists()
    assert not torn.exists()
    assert not volume.local_path(dropped.key).exists()
    assert tables.open_snapshot(volume) == snapshot


def test_any_flipped_bit_is_reported_with_the_name_of_the_file(volume: LocalStorage) -> None:
    snapshot = published(volume, "x", "y")
    files = [path for path in volume.root.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".parquet", ".json"}
    dice = random.Random(1)
    for _ in range(300):
        path = dice.choice(files)
        sound = path.read_bytes()
        broken = bytearray(sound)
        broken[dice.randrange(len(sound))] ^= 1 << dice.randrange(8)
        path.write_bytes(broken)
        with pytest.raises(CannotProceedError) as error:
            [tables.read_rows(volume, part) for part in tables.open_snapshot(volume).parts(TOTALS)]
        assert path.name in str(error.value)
        path.write_bytes(sound)
    assert tables.open_snapshot(volume) == snapshot


@pytest.mark.parametrize("size", [0, 1, 100])
def test_a_truncated_or_missing_part_is_reported_with_its_name(volume: LocalStorage, size: int) -> None:
    [part] = published(volume, "x").parts(TOTALS)
    path = volume.local_path(part.key)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CannotProceedError, match=path.name):
        tables.read_rows(volume, part)
    path.unlink()
    with pytest.raises(CannotProceedError, match=path.name):
        tables.read_rows(volume, part)


def test_a_matrix_column_reads_as_an_array(volume: LocalStorage) -> None:
    rows = [{"image_id": str(i), "color": [i, 0.5], "structure": [1.0], "hash": bytes(24)} for i in range(3)]
    part = tables.write_part(volume, FEATURES, rows, "a", "labeling", FINGERPRINT)
    assert tables.read_matrix(volume, part, "color").tolist() == [[0, 0.5], [1, 0.5], [2, 0.5]]
    empty = tables.write_part(volume, FEATURES, [], "b", "labeling", FINGERPRINT)
    assert tables.read_matrix(volume, empty, "color").shape == (0, 0)


def test_the_digest_of_a_snapshot_follows_the_content(volume: LocalStorage) -> None:
    first, same = published(volume, "x"), published(volume.folder("2"), "x")
    other = published(volume.folder("3"), "y")
    assert first.digest(TOTALS) == same.digest(TOTALS) != other.digest(TOTALS)
    assert first.digest(IMAGES) == tables.Snapshot({}).digest(IMAGES)
