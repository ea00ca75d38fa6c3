"""Hand-off files follow their tables and are left alone otherwise."""

import json
from collections.abc import Iterator

import pytest

from shared.storage import LocalStorage
from shared.tables.exports import refresh, refresh_list, refresh_mapping


def cut_off() -> Iterator[object]:
    yield 1
    raise RuntimeError


@pytest.mark.parametrize("rows", [[], [{"a": 1}], [{"a": "ü"}, {"a": None}]])
def test_rows_become_a_json_list(volume: LocalStorage, rows: list[object]) -> None:
    assert refresh_list(volume, "x.json", "one", rows)
    assert json.loads((volume.root / "x.json").read_text(encoding="utf-8")) == rows


def test_a_file_made_from_the_same_content_is_left_alone(volume: LocalStorage) -> None:
    refresh_list(volume, "x.json", "one", [1])
    rows = iter([2])
    assert not refresh_list(volume, "x.json", "one", rows)
    assert list(rows) == [2]


def test_a_file_made_from_other_content_is_written_anew(volume: LocalStorage) -> None:
    refresh_list(volume, "x.json", "one", [1])
    assert refresh_list(volume, "x.json", "two", [2])
    assert json.loads((volume.root / "x.json").read_text()) == [2]


def test_a_file_that_was_deleted_is_written_anew(volume: LocalStorage) -> None:
    refresh_list(volume, "x.json", "one", [1])
    (volume.root / "x.json").unlink()
    assert refresh_list(volume, "x.json", "one", [1])


def test_a_file_whose_writing_failed_is_written_the_next_time(volume: LocalStorage) -> None:
    refresh_list(volume, "x.json", "one", [1])
    with pytest.raises(RuntimeError):
        refresh_list(volume, "x.json", "two", cut_off())
    assert json.loads((volume.root / "x.json").read_text()) == [1]
    assert refresh_list(volume, "x.json", "two", [2])


def test_items_become_a_json_object_in_their_order(volume: LocalStorage) -> None:
    items = [("b", {"ü": 1}), ('a "quoted"\nname', [])]
    assert refresh_mapping(volume, "x.json", "one", iter(items))
    assert list(json.loads((volume.root / "x.json").read_text(encoding="utf-8")).items()) == items


def test_a_file_may_be_in_a_folder(volume: LocalStorage) -> None:
    assert refresh(volume, "reports/x.csv", "one", [b"a,", b"b"])
    assert not refresh(volume, "reports/x.csv", "one", [b"c"])
    assert (volume.root / "reports/x.csv").read_bytes() == b"a,b"
