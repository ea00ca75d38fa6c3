"""`imagerec credits`: the credits of a collection as a page, as Markdown and as a table."""

import csv
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path

import pytest

from acquisition.commands.credits import write_credits
from acquisition.credits import html_entry
from shared import tables
from shared.licenses.credits import Work, credit, to_text
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES
from tests.commands import imagerec_here
from tests.rows import Row, row, write_slices

CC = "https://creativecommons.org/licenses"
EVIL = '<script>alert("1")</script>'


def picture(number: int, **values: str) -> Row:
    return row(IMAGES, image_id=f"{number:032x}", filename=f"{number}.jpg", **values)


PICTURES = [
    picture(
        0,
        title="Red beach",
        author="Jane",
        source_url="https://w.example/0",
        license_id="CC-BY-4.0",
        source="wikimedia",
    ),
    picture(1, author="Joe", author_url="https://u.example/joe", license_id="LicenseRef-Unsplash", source="unsplash"),
    picture(2, license="http://creativecommons.org/licenses/by-sa/3.0/", author="Kim", title="By XMP"),
    picture(3, license="© 2020 Ann", author="Ann"),
    picture(4),
    picture(5, title=EVIL, author="=HYPERLINK(1)", author_url="javascript:alert(1)", license="CC0", source="flickr"),
    picture(6, attribution="Photo: Max / Wikimedia", source_url="https://w.example/6", license_id="CC-BY-4.0"),
]


@pytest.fixture
def filled(volume: LocalStorage) -> LocalStorage:
    parts = write_slices(volume, "acquisition", {"a": {IMAGES: PICTURES[:4]}, "b": {IMAGES: PICTURES[4:]}})
    tables.publish(volume, tables.EMPTY, "acquisition", parts)
    return volume


class Links(HTMLParser):
    """The elements and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


def test_the_page_names_every_picture_about_which_something_is_stated(filled: LocalStorage, tmp_path: Path) -> None:
    assert write_credits(filled, tmp_path / "credits.html") == 7
    text = (tmp_path / "credits.html").read_text()
    found = Links(text)
    assert found.tags.count("li") == 6
    assert "script" not in found.tags
    assert {link.partition(":")[0] for link in found.links} == {"https"}
    assert f'“Red beach”</a> by Jane, <a href="{CC}/by/4.0/" rel="nofollow noopener">CC BY 4.0</a>' in text
    assert "utm_source=imagerec&amp;utm_medium=referral" in text
    assert '<a href="https://w.example/6" rel="nofollow noopener">Photo: Max / Wikimedia</a>' in text
    assert "not endorsed or certified by SmugMug" in text
    assert "<td>2</td>" in text


def test_a_composed_credit_keeps_its_links(filled: LocalStorage) -> None:
    work = Work(title="Sea", author="Jo", source_url="https://w.example/7", license_id="CC-BY-4.0", is_scaled=True)
    stored = picture(7, title="Sea", author="Jo", source_url="https://w.example/7", license_id="CC-BY-4.0")
    entry = html_entry(stored | {"attribution": to_text(credit(work))})
    assert Links(entry).links == ["https://w.example/7", f"{CC}/by/4.0/"]
    assert ", scaled down" in entry


def test_markdown_escapes_what_pictures_state(filled: LocalStorage, tmp_path: Path) -> None:
    write_credits(filled, tmp_path / "credits.md")
    text = (tmp_path / "credits.md").read_text()
    assert f"by Kim, [CC BY\\-SA 3\\.0]({CC}/by-sa/3.0/)" in text or f"by Kim, [CC BY-SA 3.0]({CC}/by-sa/3.0/)" in text
    assert EVIL not in text
    assert "javascript" not in text


def test_the_table_has_ids_for_licences_and_no_formulas(filled: LocalStorage, tmp_path: Path) -> None:
    write_credits(filled, tmp_path / "credits.csv")
    lines = list(csv.DictReader((tmp_path / "credits.csv").read_text().splitlines()))
    assert [line["license_id"] for line in lines] == [
        *("CC-BY-4.0", "LicenseRef-Unsplash", "CC-BY-SA-3.0", "", "CC0-1.0", "CC-BY-4.0")
    ]
    assert lines[2]["license_url"] == f"{CC}/by-sa/3.0/"
    assert lines[3]["license"] == "© 2020 Ann"
    assert lines[4]["author"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("name", ["credits", "credits.txt", "credits.pdf"])
def test_another_kind_of_file_is_wrong_usage(filled: LocalStorage, tmp_path: Path, name: str) -> None:
    ended = imagerec_here("credits", "--data", filled.locate(""), "--out", tmp_path / name)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--out: expected a file that ends in .html, .md, .csv; got" in ended.stderr
    assert not (tmp_path / name).exists()


def test_an_empty_volume_has_no_credits(volume: LocalStorage, tmp_path: Path) -> None:
    ended = imagerec_here("credits", "--data", volume.locate(""), "--out", tmp_path / "credits.md")
    assert ended.returncode == 1
    assert "no picture is stored" in ended.stderr
    assert not (tmp_path / "credits.md").exists()


def test_the_command_says_what_it_wrote(filled: LocalStorage, tmp_path: Path) -> None:
    ended = imagerec_here("credits", "--data", filled.locate(""), "--out", tmp_path / "c.HTML")
    assert (ended.returncode, ended.stdout) == (0, f"credits of 7 pictures: {tmp_path / 'c.HTML'}\n")


def test_memory_does_not_grow_with_the_collection(volume: LocalStorage, tmp_path: Path) -> None:
    def peak(n_slices: int, name: str) -> int:
        there = LocalStorage(tmp_path / name)
        some = [picture(number, author="Jane", title="t" * 200, license_id="CC-BY-4.0") for number in range(300)]
        parts = write_slices(there, "acquisition", {f"s{number}": {IMAGES: some} for number in range(n_slices)})
        tables.publish(there, tables.EMPTY, "acquisition", parts)
        tracemalloc.start()
        write_credits(there, tmp_path / f"{name}.html")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(12, "large") < 1.5 * peak(3, "small")
