"""A list of paths as a source."""

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from acquisition.sources import lists
from acquisition.sources.entries import Entry
from acquisition.sources.list_formats import COLUMNS
from acquisition.sources.source import Notes
from shared.errors import UsageError
from shared.storage import locations


def entries_of(path: Path, notes: Notes | None = None) -> Iterator[Entry]:
    return lists.list_entries(path, Notes() if notes is None else notes)


def named(path: Path) -> list[str]:
    """What a list names, relative to its folder."""
    return [os.path.relpath(locations.decode(entry["location"]), path.parent) for entry in entries_of(path)]


def paths(entries: list[dict[str, Any]]) -> list[Path]:
    return [locations.decode(entry["location"]) for entry in entries]


def test_a_text_names_one_path_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"a.jpg\n\n  \n/far/b c.jpg\r\nsub/../caf\xe9.jpg\nfile:///x/caf%E9.jpg")
    entries = list(entries_of(path))
    strange = os.fsdecode(b"caf\xe9.jpg")
    assert paths(entries) == [tmp_path / "a.jpg", Path("/far/b c.jpg"), tmp_path / strange, Path("/x") / strange]
    assert {entry["source"] for entry in entries} == {"list"}


def test_a_file_that_is_there_is_described(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"123")
    (tmp_path / "list.txt").write_text("a.jpg\n")
    (entry,) = entries_of(tmp_path / "list.txt")
    assert (entry["size_bytes"], entry["mtime_ns"]) == (3, (tmp_path / "a.jpg").stat().st_mtime_ns)


def test_the_columns_of_a_csv_are_kept(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "title,path,url,license,author,tags,other\n"
        '"Sea, at dawn","a\nb.jpg",https://example.org/1,CC-BY-4.0,Ann,"sea; dawn,blue",7\n',
        encoding="utf-8-sig",
    )
    (entry,) = entries_of(tmp_path / "list.csv")
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
    good, bad = entries_of(tmp_path / "list.parquet")
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
    entries = list(entries_of(tmp_path / "list.csv"))
    assert [entry["location"] for entry in entries] == [
        str(tmp_path / "1.jpg"),
        f"{tmp_path}/list.csv:3",
        str(tmp_path / "2.jpg"),
    ]
    assert (entries[1]["reason"], entries[1]["detail"]) == ("bad_entry", detail)


def test_text_of_any_bytes_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"path,author\na.jpg,Ren\xe9\n")
    (entry,) = entries_of(tmp_path / "list.csv")
    assert entry["author"] == "Ren\\xe9"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.csv", b"file,license\n", "expected a column `path` or `url` in .*list.csv, got file, license"),
        ("list.csv", b"link,caption\n", "expected a column `path` or `url` in .*list.csv, got link, caption"),
        ("list.csv", b"", "expected a column `path` or `url` in .*list.csv, got none"),
        ("list.parquet", b"not parquet", "expected a Parquet file, got .*list.parquet"),
        (
            "photo.jpg",
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            "expected a folder, a list of paths or addresses, sample; got a file that is neither",
        ),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=message):
        list(entries_of(tmp_path / name))


def test_a_parquet_file_without_paths_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"file": ["a.jpg"]}), tmp_path / "list.parquet")
    with pytest.raises(UsageError, match="expected a column `path`"):
        list(entries_of(tmp_path / "list.parquet"))


def test_a_parquet_file_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"path": [f"{n}.jpg" for n in range(1000)]}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(360)
    path.write_bytes(bytes(data))
    with pytest.raises(UsageError, match="is damaged"):
        list(entries_of(path))


TEXT = "a.jpg\nsub/né.jpg\n"


@pytest.mark.parametrize(
    ("data", "remark"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), None),
        (TEXT.encode("utf-16"), "UTF-16-LE"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16-BE"),
        (TEXT.encode("utf-16-le"), "UTF-16-LE"),
        (TEXT.encode("utf-16-be"), "UTF-16-BE"),
    ],
)
@pytest.mark.parametrize("name", ["list.txt", "list.csv", "list.jsonl"])
def test_text_of_any_unicode_encoding_is_read_and_the_encoding_said(
    tmp_path: Path, data: bytes, remark: str | None, name: str
) -> None:
    text = data.decode(
        "utf-8-sig"
        if remark is None
        else "utf-16"
        if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        else remark
    )
    lines = text.splitlines()
    written = {
        "list.txt": text,
        "list.csv": "path\n" + text,
        "list.jsonl": "\n".join(f'"{line}"' for line in lines),
    }[name]
    marks = [mark for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) if data.startswith(mark)]
    (tmp_path / name).write_bytes(b"".join(marks) + written.encode(remark or "utf-8"))
    notes = Notes()
    assert paths(list(entries_of(tmp_path / name, notes))) == [tmp_path / line for line in lines]
    assert notes.remarks == ([] if remark is None else [f"{tmp_path / name} is read as {remark}"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", " Path , License\na.jpg,CC0\n"),
        ("list.csv", "path;license\na.jpg;CC0\n"),
        ("list.csv", "license\tpath\nCC0\ta.jpg\n"),
        ("list.tsv", "path\tlicense\na.jpg\tCC0\n"),
        ("list.tsv", "path,license\na.jpg,CC0\n"),
        ("list.json", '[{"path": "a.jpg", "license": "CC0"}]'),
        ("list.jsonl", '{"path": "a.jpg", "license": "CC0"}\n\n'),
        ("list.ndjson", '{"Path ": "a.jpg", "license": "CC0"}'),
    ],
)
def test_a_list_may_have_any_of_these_forms(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (entry,) = entries_of(tmp_path / name)
    assert (entry["location"], entry["license"]) == (str(tmp_path / "a.jpg"), "CC0")


@pytest.mark.parametrize(
    ("name", "text", "details"),
    [
        ("list.json", '["a.jpg", 7, null]', ["", "expected a path or an object with `path`, got 7"]),
        ("list.json", '[{"url": "x"}]', []),  # an address, which is no file
        ("list.json", '[{"path": 7}]', ["expected a path, got none"]),
        ("list.jsonl", '"a.jpg"\n{"path"', ["", "expected JSON, got: "]),
        ("list.csv", "path\nhttps://example.org/a.jpg\n", ["expected a path, got the URL https://example.org/a.jpg"]),
        ("list.txt", "https://example.org/a.jpg\n", []),
        ("list.txt", "file://server/a.jpg\n", ["expected a file of this machine, got one of server"]),
        ("list.txt", "C:\\no\\such.jpg\n", [r"expected a path on this machine, got the Windows path C:\no\such.jpg"]),
        ("list.json", '["\\ud800.jpg"]', ["expected a path, got one with half a character"]),
    ],
)
def test_what_is_no_path_fails_with_its_reason(tmp_path: Path, name: str, text: str, details: list[str]) -> None:
    (tmp_path / name).write_text(text)
    found = [entry["detail"] for entry in entries_of(tmp_path / name)]
    assert [one[: len(detail)] for one, detail in zip(found, details, strict=False)] == details


@pytest.mark.parametrize("text", ['{"a": 1}', "[1", '"a.jpg"', "[" * 100_000])
def test_json_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(UsageError, match="expected a JSON list"):
        list(entries_of(tmp_path / "list.json"))


def test_paths_may_be_written_as_people_and_programs_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "list.txt"
    path.write_text(
        "# my pictures\n\"quoted name.jpg\"\n'single.jpg'\n~/mine.jpg\nsub\\b.jpg\n"
        "file:///far/c%20d.jpg\nfile://localhost/far/e.jpg\n./#1.jpg\n"
    )
    assert paths(list(entries_of(path))) == [
        tmp_path / "quoted name.jpg",
        tmp_path / "single.jpg",
        tmp_path / "home" / "mine.jpg",
        tmp_path / "sub" / "b.jpg",
        Path("/far/c d.jpg"),
        Path("/far/e.jpg"),
        tmp_path / "#1.jpg",
    ]


@pytest.mark.parametrize("name", ['"a".jpg', "a\\b.jpg", "~x.jpg", "c:d.jpg"])
def test_a_file_that_is_there_as_it_is_written_comes_first(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "list.txt").write_text(name)
    assert named(tmp_path / "list.txt") == [name]


def test_columns_that_are_not_used_are_named_in_one_line(tmp_path: Path) -> None:
    used = f"used are {', '.join(COLUMNS)}"
    (tmp_path / "list.csv").write_text("path,rating,license,camera\na.jpg,5,CC0,X\n")
    (tmp_path / "list.jsonl").write_text('{"path": "a.jpg", "rating": 5}\n{"path": "b.jpg", "stars": 1}\n')
    for name, columns in (("list.csv", "rating, camera"), ("list.jsonl", "rating, stars")):
        notes = Notes()
        list(entries_of(tmp_path / name, notes))
        assert notes.remarks == [f"{tmp_path / name}: columns that are not used: {columns}; {used}"]


def test_a_percent_coded_nul_is_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("file:///a%00b.jpg\nb.jpg\n")
    bad, good = entries_of(path)
    assert (bad["reason"], bad["detail"]) == ("bad_entry", "expected a path, got one with a NUL character")
    assert good["filename"] == "b.jpg"


def test_blanks_after_commas_and_around_paths_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    table, text = tmp_path / "list.csv", tmp_path / "list.txt"
    table.write_text('license, path, title\nCC0, a.jpg, "one, two"\n')
    text.write_text("  a.jpg  \n")
    [row] = entries_of(table)
    assert (row["location"], row["license"], row["title"]) == (str(tmp_path / "a.jpg"), "CC0", "one, two")
    assert [one["location"] for one in entries_of(text)] == [str(tmp_path / "a.jpg")]
