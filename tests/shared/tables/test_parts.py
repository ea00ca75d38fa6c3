"""Parts: what is written is what is read, equal rows are equal bytes, damage is named."""

import random
from typing import Any

import pyarrow as pa
import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables.contracts import CONTRACTS, FEATURES, LISTING, STAGED, TOTALS, Contract
from tests.bits import flip_random_bit
from tests.rows import FINGERPRINT, row
from tests.shared.tables.totals import publish_totals, write_totals

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
    plain = {pa.string(): "naïve \n '\" 名", pa.binary(): b"\x00\xff", pa.uint8(): 255, pa.bool_(): True}
    return plain.get(kind, 0.5 if pa.types.is_floating(kind) else 7)


@pytest.mark.parametrize("contract", EVERY_CONTRACT, ids=lambda contract: contract.name)
def test_every_contract_round_trips(volume: LocalStorage, contract: Contract) -> None:
    rows = [{field.name: example(field.type) for field in contract.schema}] * 3
    part = tables.write_part(volume, contract, rows, "s", "labeling", FINGERPRINT)
    assert tables.read_rows(volume, part) == rows
    stored = tables.read_table(volume, part).schema
    assert stored.equals(contract.schema)
    assert [field.metadata[b"meaning"] for field in stored] == [field.metadata[b"meaning"] for field in contract.schema]


def test_equal_rows_make_equal_bytes(volume: LocalStorage) -> None:
    first, second = (
        write_totals(volume, "a", x=1, y=1),
        write_totals(LocalStorage(volume.root / "other"), "a", x=1, y=1),
    )
    assert first == second
    assert (
        volume.local_path(first.key).read_bytes()
        == LocalStorage(volume.root / "other").local_path(second.key).read_bytes()
    )


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


@pytest.mark.parametrize("size", [0, 1, 100])
def test_a_truncated_or_missing_part_is_reported_with_its_name(volume: LocalStorage, size: int) -> None:
    [part] = publish_totals(volume, x=1).parts(TOTALS)
    path = volume.local_path(part.key)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CannotProceedError, match=path.name):
        tables.read_rows(volume, part)
    path.unlink()
    with pytest.raises(CannotProceedError, match=path.name):
        tables.read_rows(volume, part)


def test_a_flipped_bit_in_a_part_that_has_no_stored_checksum_yet_is_noticed(volume: LocalStorage) -> None:
    rows = [row(FEATURES, color=[0.5, i], structure=[1.0] * 4, hash=bytes([i]) * 24) for i in range(40)]
    part = tables.write_part(volume, FEATURES, rows, "a", "labeling", "a" * 64)
    path = volume.local_path(part.key)
    sound, dice = path.read_bytes(), random.Random(5)
    for _ in range(300):
        path.write_bytes(flip_random_bit(sound, dice))
        assert tables.find_part(volume, FEATURES, "a", "labeling", "a" * 64) is None
    path.write_bytes(sound)
    assert tables.find_part(volume, FEATURES, "a", "labeling", "a" * 64) == part


def test_a_matrix_column_reads_as_an_array(volume: LocalStorage) -> None:
    rows = [row(FEATURES, color=[i, 0.5]) for i in range(3)]
    part = tables.write_part(volume, FEATURES, rows, "a", "labeling", FINGERPRINT)
    assert tables.read_matrix(volume, part, "color").tolist() == [[0, 0.5], [1, 0.5], [2, 0.5]]
    empty = tables.write_part(volume, FEATURES, [], "b", "labeling", FINGERPRINT)
    assert tables.read_matrix(volume, empty, "color").shape == (0, 0)
