"""A list of paths as a source."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from acquisition.sources.lists import list_entries
from shared.errors import UsageError
from shared.storage import locations


def paths(entries: list[dict[str, Any]]) -> list[Path]:
    return [locations.decode(entry["location"]) for entry in entries]


def test_a_text_names_one_path_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"a.jpg\n\n  \n/far/b c.jpg\r\nsub/../caf\xe9.jpg\nfile:///x/caf%E9.jpg")
    entries = list(list_entries(path))
    strange = os.fsdecode(b"caf\xe9.jpg")
    assert paths(entries) == [tmp_path / "a.jpg", Path("/far/b c.jpg"), tmp_path / strange, Path("/x") / strange]
    assert {entry["source"] for entry in entries} == {"list"}


def test_a_file_that_is_there_is_described(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"123")
    (tmp_path / "list.txt").write_text("a.jpg\n")
    (entry,) = list_entries(tmp_path / "list.txt")
    assert (entry["size_bytes"], entry["mtime_ns"]) == (3, (tmp_path / "a.jpg").stat().st_mtime_ns)


def test_the_columns_of_a_csv_are_kept(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "title,path,url,license,author,tags,other\n"
        '"Sea, at dawn","a\nb.jpg",https://example.org/1,CC-BY-4.0,Ann,"sea; dawn,blue",7\n',
        encoding="utf-8-sig",
    )
    (entry,) = list_entries(tmp_path / "list.csv")
    kept = {name: entry[name] for name in ("location", "source_url", "license", "author", "title", "tags")}
    assert kept == {
        "location": str(tmp_path / "a\nb.jpg"),
        "source_url": "https://example.org/1",
        "license": "CC-BY-4.0",
        "author": "Ann",
        "title": "Sea, at dawn",
        "tags": ["sea", "dawn", "blue"],
    }


def test_the_columns_of_a_parquet_file_are_kept(tmp_path: Path) -> None:
    rows = [{"path": "a.jpg", "tags": ["x", "y"], "license": None, "size": 4}, {"path": None, "tags": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    good, bad = list_entries(tmp_path / "list.parquet")
    assert (good["location"], good["tags"], good["license"]) == (str(tmp_path / "a.jpg"), ["x", "y"], "")
    assert (bad["location"], bad["reason"]) == (f"{tmp_path}/list.parquet:2", "bad_entry")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (",CC0", "expected a path, got none"),
        ("a.jpg,CC0,more", "expected as many values as the header has columns, got more"),
        ("a\0.jpg,CC0", "expected a path, got one with a NUL character"),
        ("a" * 200_000 + ",CC0", "expected a line of CSV, got one with: field larger than field limit (131072)"),
    ],
)
def test_a_bad_line_fails_with_its_number_and_the_others_count(tmp_path: Path, line: str, detail: str) -> None:
    (tmp_path / "list.csv").write_text(f"path,license\n1.jpg,CC0\n{line}\n2.jpg,CC0\n")
    entries = list(list_entries(tmp_path / "list.csv"))
    assert [entry["location"] for entry in entries] == [
        str(tmp_path / "1.jpg"),
        f"{tmp_path}/list.csv:3",
        str(tmp_path / "2.jpg"),
    ]
    assert (entries[1]["reason"], entries[1]["detail"]) == ("bad_entry", detail)


def test_text_of_any_bytes_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"path,author\na.jpg,Ren\xe9\n")
    (entry,) = list_entries(tmp_path / "list.csv")
    assert entry["author"] == "Ren\\xe9"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.csv", b"file,license\n", "expected a column `path` in .*list.csv, got file, license"),
        ("list.csv", b"", "expected a column `path` in .*list.csv, got none"),
        ("list.parquet", b"not parquet", "expected a Parquet file, got .*list.parquet"),
        (
            "photo.jpg",
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            "expected a folder, a list of paths or sample, got a file that is neither",
        ),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=message):
        list(list_entries(tmp_path / name))


def test_a_parquet_file_without_paths_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"file": ["a.jpg"]}), tmp_path / "list.parquet")
    with pytest.raises(UsageError, match="expected a column `path`"):
        list(list_entries(tmp_path / "list.parquet"))


def test_a_parquet_file_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"path": [f"{n}.jpg" for n in range(1000)]}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(360)
    path.write_bytes(bytes(data))
    with pytest.raises(UsageError, match="is damaged"):
        list(list_entries(path))
