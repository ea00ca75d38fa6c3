"""Facets, lists, filters and words over the metadata of a large made-up collection."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count as count_from
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from recommendation.browse.browser import Browser
from recommendation.index import filters, metadata, objects
from recommendation.index.build import columns
from recommendation.index.build.layout import SHARD_ROWS
from recommendation.index.metadata import Row
from recommendation.index.objects import SHARDS
from recommendation.index.pictures import Pictures
from recommendation.index.shard import ShardEntry
from shared.storage import LocalStorage

COLUMNS = ("what", "first, CPU ms", "then, CPU ms")
REPEATS = 5
LICENSES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "")
COLORS = ("red", "slate", "dark grey", "light grey", "blue", "green", "olive", "sand", "pink", "black")
WHERE = ("license=CC0-1.0", "brightness>50")


def measure_browsing(count: int) -> Iterator[tuple[Any, ...]]:
    """A row for each thing that is asked; see COLUMNS."""
    with TemporaryDirectory() as folder:
        pictures = made_up(LocalStorage(Path(folder)), count)
        browser = Browser(pictures)
        yield timed("facets of all pictures", lambda: browser.facets([], 20))
        tops = count_from(21)
        yield timed("facets of an eighth of them", lambda: browser.facets(WHERE, next(tops)))  # else it is kept
        for sort in ("id", "-date", "filename", "brightness", "color"):
            yield timed(f"50 pictures by {sort}", partial(browser.listing, WHERE, sort, 1000, 50))
        for text in ("date_taken>=2020-06", "filename~99", "tags=dog", "camera_model=Model 7", "year=2021"):
            conditions = [filters.parse_condition(text)]
            yield timed(f"filter {text}", partial(pictures.matching, conditions))


def timed(what: str, ask: Callable[[], Any]) -> tuple[str, str, str]:
    """CPU time that it takes the first time, and then."""
    took = []
    for _ in range(REPEATS):
        started = time.process_time()
        ask()
        took.append(1000 * (time.process_time() - started))
    return what, f"{took[0]:.1f}", f"{np.median(took[1:]):.1f}"


def made_up(volume: LocalStorage, count: int) -> Pictures:
    """The ids and metadata of made-up pictures, in shards of the usual size."""
    entries = []
    for start in range(0, count, SHARD_ROWS):
        rows = make_rows(start, min(SHARD_ROWS, count - start))
        name = f"{start:012}"
        ids = np.array([bytes.fromhex(one["image_id"]) for one in rows], "S16")
        objects.put_array(volume, f"{SHARDS}/{name}.ids.npy", ids)
        objects.put_array(volume, f"{SHARDS}/{name}.order.npy", np.argsort(ids, kind="stable").astype(np.uint32))
        data, document = columns.encode(rows)
        volume.put(metadata.data_key(name), data)
        objects.put_document(volume, metadata.document_key(name), document)
        entries.append(ShardEntry(name, len(rows), name, 0))
    return Pictures(volume, entries)


def make_rows(start: int, count: int) -> list[Row]:
    """Metadata as those of a collection that was gathered from several places."""
    dice = np.random.default_rng([3, start])
    words = ("dog", "beach", "cat", "tree", *(f"thing {number}" for number in range(5000)))
    popular = dice.zipf(1.3, (count, 4)) % len(words)
    numbers = dice.integers(0, 1 << 30, (count, 6)).tolist()
    return [
        {
            "image_id": dice.bytes(16).hex(),
            "filename": f"IMG_{2015 + one[0] % 10}_{start + row:07}.jpg",
            "location": f"/pictures/{one[0] % 300}/IMG_{start + row:07}.jpg",
            "source": "folder",
            "license": LICENSES[one[1] % 4],
            "author": f"author {one[2] % 2000}",
            "title": f"{words[tags[0]]} and {words[tags[1]]} {one[3] % 100}",
            "tags": [words[tag] for tag in tags],
            "width_px": 640 + one[2] % 4000,
            "height_px": 480 + one[3] % 3000,
            "format": "JPEG",
            "orientation": ("landscape", "portrait", "square")[one[4] % 3],
            "size_category": ("thumbnail", "medium", "large")[one[5] % 3],
            "color_names": [COLORS[one[4] % 10], COLORS[one[5] % 10], COLORS[one[1] % 10]],
            "brightness": one[3] % 1000 / 10,
            "category": words[one[2] % 1000],
            "date_taken": f"{2015 + one[0] % 10}-{1 + one[1] % 12:02}-{1 + one[2] % 28:02}T10:00:00",
            "camera_make": f"Maker {one[5] % 8}",
            "camera_model": f"Model {one[5] % 60}",
            "year": 2015 + one[0] % 10,
            "color_rgb": one[4] & 0xFFFFFF,
            "slice": f"{start}",
            "row": row,
            "is_removed": False,
        }
        for row, (one, tags) in enumerate(zip(numbers, popular.tolist(), strict=True))
    ]
