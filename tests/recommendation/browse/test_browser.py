"""Facets and lists against plain Python over the same rows."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from recommendation.browse.browser import MAX_LIMIT, Browser
from recommendation.browse.facets import COUNTED
from recommendation.browse.orders import SORTS
from recommendation.index import metadata, objects
from recommendation.index.build import columns
from recommendation.index.objects import SHARDS
from recommendation.index.pictures import Pictures
from recommendation.index.shard import ShardEntry
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage

Row = dict[str, Any]
COLORS = (0xFF0000, 0x00FF00, 0x0000FF, 0x808080, 0x101010, -1)
TAGS: tuple[list[str], ...] = (
    ["dog", "beach"],
    ["Dog", "dog"],
    [],
    ["cat"],
    ["\N{LATIN SMALL LETTER A WITH DIAERESIS}rger"],
)


def row(number: int) -> Row:
    """A picture whose columns have few values, in several combinations, and some none."""
    dated = number % 4 != 3
    return {
        "image_id": f"{(number * 7919) % 100_003:032x}",
        "filename": f"{'Ab' if number % 2 else 'aB'}{number % 9}.jpg",
        "license": ("CC0", "CC-BY", "")[number % 3],
        "tags": TAGS[number % 5],
        "color_names": ["red", "blue"][: number % 3],
        "brightness": float("nan") if number % 10 == 9 else float(number % 101),
        "orientation": "landscape",
        "date_taken": f"20{10 + number % 7}-0{1 + number % 9}-01" if dated else "",
        "year": 2010 + number % 7 if dated else -1,
        "color_rgb": COLORS[number % 6],
        "width_px": number,
        "height_px": 10,
        "is_removed": number % 25 == 24,
    }


ROWS = [row(number) for number in range(160)]
LIVE = [one for one in ROWS if not one["is_removed"]]


def store(volume: LocalStorage, name: str, rows: list[Row]) -> ShardEntry:
    ids = np.array([bytes.fromhex(one["image_id"]) for one in rows], "S16")
    objects.put_array(volume, f"{SHARDS}/{name}.ids.npy", ids)
    objects.put_array(volume, f"{SHARDS}/{name}.order.npy", np.argsort(ids).astype(np.uint32))
    data, document = columns.encode(rows)
    volume.put(metadata.data_key(name), data)
    objects.put_document(volume, metadata.document_key(name), document)
    return ShardEntry(name, len(rows), name, sum(one["is_removed"] for one in rows))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    volume = LocalStorage(tmp_path_factory.mktemp("browser"))
    return Browser(Pictures(volume, [store(volume, "a", ROWS[:100]), store(volume, "b", ROWS[100:])]))


def test_each_value_is_counted_with_the_pictures_that_have_it(browser: Browser) -> None:
    found = browser.facets([], 1000)
    assert found.matching == len(LIVE)
    assert tuple(found.counted) == COUNTED
    licenses = Counter(one["license"] for one in LIVE)
    assert dict(found.counted["license"].values) == {name: licenses[name] for name in ("CC0", "CC-BY")}
    assert found.counted["license"].missing == licenses[""]
    years = Counter(str(one["year"]) for one in LIVE if one["year"] > 0)
    assert dict(found.counted["year"].values) == years


def test_a_tag_counts_once_for_a_picture_whatever_its_case(browser: Browser) -> None:
    tags = Counter(tag for one in LIVE for tag in {tag.casefold() for tag in one["tags"]})
    found = browser.facets([], 1000).counted["tags"]
    assert {value.casefold(): count for value, count in found.values} == tags
    assert found.missing == sum(not one["tags"] for one in LIVE)


@pytest.mark.parametrize("column", [name for name in COUNTED if name not in {"source", "format"}])
def test_the_condition_of_a_value_finds_as_many_as_are_counted(browser: Browser, column: str) -> None:
    for value, count in browser.facets(["brightness>20"], 50).counted[column].values:
        assert browser.facets(["brightness>20", f"{column}={value}"], 1).matching == count
    missing = browser.facets(["brightness>20"], 1).counted[column].missing
    assert browser.facets(["brightness>20", f"{column}="], 1).matching == missing


def test_the_most_frequent_values_come_first_and_the_others_are_numbered(browser: Browser) -> None:
    found = browser.facets([], 2).counted["year"]
    years = Counter(str(one["year"]) for one in LIVE if one["year"] > 0)
    best = sorted(years.items(), key=lambda pair: (-pair[1], pair[0]))
    assert found.values == best[:2]
    assert found.more == len(best) - 2


def test_brightness_is_counted_in_tenths(browser: Browser) -> None:
    values = [one["brightness"] for one in LIVE if one["brightness"] == one["brightness"]]
    bins = browser.facets([], 1).brightness
    assert [one.count for one in bins] == [sum(min(9, value // 10) == place for value in values) for place in range(10)]


def hue_place(rgb: int) -> float:
    """Red, green and blue, then grays by lightness, then none."""
    return {0xFF0000: 0, 0x00FF00: 1, 0x0000FF: 2, 0x101010: 3, 0x808080: 4, -1: 5}[rgb]


KEYS: dict[str, Any] = {
    "id": lambda one: (one["image_id"],),
    "filename": lambda one: (one["filename"].casefold(), one["image_id"]),
    "date": lambda one: (not one["date_taken"], one["date_taken"], one["image_id"]),
    "brightness": lambda one: (one["brightness"] != one["brightness"], one["brightness"], one["image_id"]),
    "color": lambda one: (hue_place(one["color_rgb"]), one["image_id"]),
}


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_is_sorted_and_its_parts_follow_one_another(browser: Browser, sort: str) -> None:
    wanted = [one for one in LIVE if one["license"] == "CC0" and one["brightness"] == one["brightness"]]
    expected = [one["image_id"] for one in sorted(wanted, key=KEYS[sort])]
    where = ["license=cc0", "brightness!="]
    parts = [browser.listing(where, sort, start, 7) for start in range(0, len(expected) + 7, 7)]
    assert {part.total for part in parts} == {len(expected)}
    assert [item["image_id"] for part in parts for item in part.items] == expected


def test_in_descending_order_what_has_no_date_is_last_too(browser: Browser) -> None:
    dates = [item["date_taken"] for item in browser.listing([], "-date", 0, MAX_LIMIT).items]
    dated = [date for date in dates if date]
    assert dated == sorted(dated, reverse=True)
    assert dates == dated + [""] * (len(dates) - len(dated))


def test_an_item_says_what_a_page_shows(browser: Browser) -> None:
    [item] = browser.listing(["width_px=0"], "id", 0, 1).items
    assert item == {
        "image_id": ROWS[0]["image_id"],
        "filename": "aB0.jpg",
        "title": "",
        "license": "CC0",
        "author": "",
        "date_taken": "2010-01-01",
        "width_px": 0,
        "height_px": 10,
        "color": "#ff0000",
    }


@pytest.mark.parametrize(
    ("sort", "offset", "limit", "message"),
    [
        ("size", 0, 1, "sort: expected one of id, filename"),
        ("id", -1, 1, "offset: expected 0 or more, got -1"),
        ("id", 0, 0, "limit: expected 1 to 1000, got 0"),
        ("id", 0, MAX_LIMIT + 1, "limit: expected 1 to 1000, got 1001"),
    ],
)
def test_what_is_no_list_is_refused(browser: Browser, sort: str, offset: int, limit: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        browser.listing([], sort, offset, limit)


def test_an_index_without_the_columns_says_to_build_it_again(browser: Browser, tmp_path: Any) -> None:
    volume = LocalStorage(tmp_path)
    entry = store(volume, "old", ROWS[:5])
    document = objects.read_document(volume, metadata.document_key("old"))
    del document["columns"]["year"]
    objects.put_document(volume, metadata.document_key("old"), document)
    with pytest.raises(CannotProceedError, match="older version, which has no year; run"):
        Browser(Pictures(volume, [entry])).facets([], 1)
