"""Hand-off files follow their tables and are left alone otherwise."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark import SparkContext

from shared.pipeline import exports
from shared.pipeline.exports import is_current
from shared.storage import LocalStorage
from shared.storage.files import TEMPORARY
from shared.storage.volume import WORK

pytestmark = pytest.mark.spark

NAME = "x.json"


def rows_of(item: list[Any]) -> Iterator[bytes]:
    return map(exports.to_line, item)


def members_of(item: list[tuple[str, Any]]) -> Iterator[bytes]:
    return (exports.to_line(key) + b": " + exports.to_line(value) for key, value in item)


def cut_off(item: list[Any]) -> Iterator[bytes]:
    yield from rows_of(item)
    raise RuntimeError("cut off")


def write(
    sc: SparkContext, volume: LocalStorage, content: str, items: list[Any], lines_of: exports.LinesOf = rows_of
) -> Any:
    """Write a JSON list; what a reader finds in it."""
    exports.write(sc, volume, NAME, content, items, lines_of, exports.JSON_LIST)
    return json.loads(volume.read(NAME))


@pytest.mark.parametrize(
    "items", [[], [[]], [[{"a": 1}]], [[{"a": "ü"}, {"a": None}], [], [{"a": "line\nfeed"}]], [[n] for n in range(12)]]
)
def test_rows_become_a_json_list_in_the_order_of_their_items(
    sc: SparkContext, volume: LocalStorage, items: list[list[Any]]
) -> None:
    assert write(sc, volume, "one", items) == [row for item in items for row in item]


def test_members_become_a_json_object_in_their_order(sc: SparkContext, volume: LocalStorage) -> None:
    items: list[list[tuple[str, Any]]] = [[("b", {"ü": 1}), ('a "quoted"\nname', [])], [("a", 2)]]
    exports.write(sc, volume, NAME, "one", items, members_of, exports.JSON_OBJECT)
    assert list(json.loads(volume.read(NAME)).items()) == [member for item in items for member in item]


def test_lines_become_a_csv_file_in_a_folder(sc: SparkContext, volume: LocalStorage) -> None:
    key = "reports/x.csv"
    exports.write(sc, volume, key, "one", [[1, 2], [3]], rows_of, exports.csv_table(b"n"))
    assert volume.read(key) == b"n\r\n1\r\n2\r\n3\r\n"
    assert is_current(volume, key, "one")


def test_a_file_is_current_only_for_the_content_it_was_written_from(sc: SparkContext, volume: LocalStorage) -> None:
    assert not is_current(volume, NAME, "one")
    write(sc, volume, "one", [[1]])
    assert is_current(volume, NAME, "one")
    assert not is_current(volume, NAME, "two")
    assert write(sc, volume, "two", [[2]]) == [2]
    assert is_current(volume, NAME, "two")


def test_a_file_that_was_deleted_is_not_current(sc: SparkContext, volume: LocalStorage) -> None:
    write(sc, volume, "one", [[1]])
    volume.delete(NAME)
    assert not is_current(volume, NAME, "one")


def test_a_file_whose_writing_failed_keeps_its_content_and_is_written_the_next_time(
    sc: SparkContext, volume: LocalStorage
) -> None:
    write(sc, volume, "one", [[1]])
    with pytest.raises(Exception, match="cut off"):
        write(sc, volume, "two", [[2]], cut_off)
    assert json.loads(volume.read(NAME)) == [1]
    assert not is_current(volume, NAME, "two")


def test_pieces_of_this_and_of_a_killed_attempt_are_deleted(
    sc: SparkContext, volume: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exports, "_enclosed", killed)
        with pytest.raises(KeyboardInterrupt):
            write(sc, volume, "one", [[1]])
    [piece] = volume.list(WORK)
    volume.local_path(f"{piece.key}{TEMPORARY}1").write_bytes(b"half")
    write(sc, volume, "one", [[1]])
    assert not [path for path in volume.local_path(WORK).rglob("*") if path.is_file()]
