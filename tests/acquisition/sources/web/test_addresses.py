"""Addresses in lists of every format, with the columns of ours and of others."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from acquisition.sources.lists import list_entries
from acquisition.sources.source import Notes
from acquisition.sources.web.addresses import AddressListing, web_query
from acquisition.sources.web.protocol import Candidate

Row = dict[str, Any]

URL = "https://example.org/a.jpg"


def separated(path: Path, rows: Sequence[Row], by: str) -> None:
    lines = [by.join(rows[0]), *(by.join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines))


WRITERS: dict[str, Callable[[Path, Sequence[Row]], object]] = {
    "list.csv": lambda path, rows: separated(path, rows, ","),
    "list.tsv": lambda path, rows: separated(path, rows, "\t"),
    "list.jsonl": lambda path, rows: path.write_text("\n".join(map(json.dumps, rows))),
    "list.json": lambda path, rows: path.write_text(json.dumps(rows)),
    "list.parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist([*rows]), path),
}


def candidates(path: Path) -> list[Candidate]:
    return list(AddressListing(path).list(None).candidates)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"url": URL, "caption": "A cat"}, {"title": "A cat"}),
        (
            {"URL": URL, "TEXT": "A cat", "WIDTH": 640.0, "LICENSE": "?", "NSFW": "UNLIKELY"},
            {"title": "A cat", "width_px": 640},
        ),
        ({"uid": "1", "url": URL, "text": "A cat", "original_width": 640, "sha256": "A" * 64}, {"sha256": "a" * 64}),
        (
            {"url": URL, "license": "CC BY 4.0", "author": "Ann", "title": "Sea", "tags": "a;b", "height": 7},
            {"license": "CC BY 4.0", "author": "Ann", "title": "Sea", "tags": ("a", "b"), "height_px": 7},
        ),
    ],
    ids=["img2dataset", "LAION", "DataComp", "ours"],
)
def test_columns_of_ours_and_of_others_are_known_in_every_format(
    tmp_path: Path, name: str, row: Row, expected: Row
) -> None:
    WRITERS[name](tmp_path / name, [row])
    (found,) = candidates(tmp_path / name)
    assert (found.record, found.url, found.source_url) == (URL, URL, URL)
    assert {field: getattr(found, field) for field in expected} == expected


def test_what_is_missing_is_empty_and_bytes_are_text(tmp_path: Path) -> None:
    row = {"url": URL.encode(), "caption": b"caf\xc3\xa9", "width": float("nan"), "author": None}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "list.parquet")
    (tmp_path / "list.jsonl").write_text(f'{{"url": "{URL}", "caption": NaN, "author": null, "width": NaN}}')
    for name, title in (("list.parquet", "café"), ("list.jsonl", "")):
        (found,) = candidates(tmp_path / name)
        assert (found.url, found.title, found.author, found.width_px) == (URL, title, "", 0)


@pytest.mark.parametrize("line", [URL, f"  {URL}  ", f'"{URL}"', f"<{URL}>", URL.replace("https", "HTTPS")])
def test_a_text_has_an_address_a_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.txt").write_text(f"# mine\n{line}\n")
    assert [one.record for one in candidates(tmp_path / "list.txt")] == [URL]


def test_a_password_in_an_address_is_kept_nowhere(tmp_path: Path) -> None:
    path, private = tmp_path / "list.csv", "https://me:s3cret@example.org/a.jpg"
    path.write_text(f"path,url,source_url,author_url\n,{private},{private},{private}\nb.jpg,{private},,\n")
    (found,) = candidates(path)
    (entry,) = list_entries(path, Notes())
    assert (found.url, found.author_url, entry["source_url"]) == (URL, URL, URL)
    assert "s3cret" not in f"{found}{entry}"


def test_a_list_may_have_addresses_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.jpg\n" * 3000)
    assert web_query(path) is None
    path.write_text("a.jpg\n" * 3000 + URL)
    query = web_query(path)
    assert query is not None
    assert not query.is_alone
    path.write_text(f"{URL}\n" * 3000)
    query = web_query(path)
    assert query is not None
    assert query.is_alone
