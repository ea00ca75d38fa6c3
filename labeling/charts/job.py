"""Wire the charts: what is counted by RDD, and the pictures that palettes are shown of. No logic here, see the other modules.

Drawing libraries are imported only where something has to be drawn.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark import RDD, SparkContext

from shared import tables
from shared.pipeline import totals
from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import CHARTS
from shared.tables import Part, Snapshot, live
from shared.tables.contracts import IMAGES, LABELS, PROFILES, THUMBNAILS, TOTALS
from shared.tables.live import LivePart

if TYPE_CHECKING:
    from labeling.charts.colors import Palette
    from labeling.charts.people import Group

log = logging.getLogger(__name__)

VERSION = 1  # raise it when a chart of the same numbers looks different
MOST_PALETTES = 12
LIBRARIES = ("matplotlib", "wordcloud", "pillow")
PALETTE_COLUMNS = ("image_id", "filename", "palette", "palette_shares", "color_names")

Row = dict[str, Any]


class Best(NamedTuple):
    """How many pictures have a colour as their first, and the picture of them that has most of it, with its slice."""

    pictures: int
    row: Row
    slice: str

    def rank(self) -> tuple[float, str]:
        """Sort key of the picture."""
        return self.row["palette_shares"][0], self.row["image_id"]


def refresh(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> None:
    """Bring reports/charts up to date; nothing is drawn again while what it shows is unchanged.

    A chart that cannot be drawn or stored costs a line in the log, never the run.
    """
    content = content_of(snapshot)
    if is_current(volume, content):
        return
    try:
        from labeling.charts import album
    except ImportError as error:
        log.warning("charts are left out: %s; `--charts no` leaves them out without this line", error)
        return
    profiles = spread(sc, snapshot.parts(PROFILES)).flatMap(partial(read_profiles, volume)).filter(has_likes)
    best = best_of_colors(sc, volume, snapshot)
    people = (profiles.takeOrdered(12, key=most_likes_first), profiles.count(), groups(profiles))
    try:
        charts = album.all_charts(totals.by_kind(volume, snapshot), palettes(volume, snapshot, best), *people)
        album.refresh(volume, content, library_versions(), charts, f"{snapshot.rows(IMAGES):,} pictures")
    except album.ERRORS as error:
        log.warning("charts are left out: %s", error)


def content_of(snapshot: Snapshot) -> str:
    """Identity of everything that charts are made from."""
    return digest(library_versions(), live.digest(snapshot, TOTALS, LABELS), snapshot.digest(IMAGES, PROFILES))


def library_versions() -> str:
    """Identity of what draws."""
    return digest(VERSION, *map(version_of, LIBRARIES))


def version_of(library: str) -> str:
    """The installed version of a library, empty without it."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def is_current(volume: Storage, content: str) -> bool:
    """Whether all charts were made from this content and are there."""
    try:
        found = json.loads(volume.read(f"{CHARTS}/charts.json"))
        names = [one["name"] for one in found["charts"]]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    files = ["index.html", "charts.css", *(f"{name}.{suffix}" for name in names for suffix in ("png", "svg"))]
    return found["content"] == content and all(volume.stat(f"{CHARTS}/{one}") is not None for one in files)


def best_of_colors(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> list[Best]:
    """For each of the colours that most pictures have as their first, the picture with most of it."""
    labels = spread(sc, live.live_parts(snapshot, LABELS)).flatMap(partial(read_palettes, volume))
    found: Sequence[tuple[str, Best]] = labels.reduceByKey(better).takeOrdered(MOST_PALETTES, key=most_pictures_first)
    return [best for _, best in found]


def read_palettes(volume: Storage, part: LivePart) -> list[tuple[str, Best]]:
    """The pictures of a part, each with its first colour as key."""
    rows = live.read_rows(volume, part, PALETTE_COLUMNS)
    return [(row["color_names"][0], Best(1, row, part.part.slice)) for row in rows if row["color_names"]]


def better(one: Best, other: Best) -> Best:
    """Both counted, and the one with more of the colour; of equals the one with the larger image_id."""
    return max(one, other, key=Best.rank)._replace(pictures=one.pictures + other.pictures)


def most_pictures_first(counted: tuple[str, Best]) -> tuple[int, str]:
    """Sort key of colours."""
    return -counted[1].pictures, counted[0]


def palettes(volume: Storage, snapshot: Snapshot, best: Sequence[Best]) -> "list[Palette]":
    """Thumbnails, credits and colours of pictures.

    Raises:
        CannotProceedError: a part of a table is missing or damaged.
    """
    from labeling.charts.colors import Palette

    found = []
    parts = {(part.table, part.slice): part for one in (IMAGES, THUMBNAILS) for part in snapshot.parts(one)}
    for one in best:
        image, thumbnail = (
            find_row(volume, parts[contract.name, one.slice], one.row["image_id"], columns)
            for contract, columns in ((IMAGES, ["license", "author"]), (THUMBNAILS, ["jpeg"]))
        )
        credit = " \N{MIDDLE DOT} ".join(text for text in (image["license"], image["author"]) if text)
        shares = [round(share, 4) for share in one.row["palette_shares"]]
        found.append(Palette(thumbnail["jpeg"], one.row["filename"], credit, one.row["palette"], shares))
    return found


def find_row(volume: Storage, part: Part, image_id: str, columns: Sequence[str]) -> Row:
    """Some columns of a picture's row in a part."""
    rows = tables.iterate_rows(volume, part, ["image_id", *columns])
    return next(row for row in rows if row["image_id"] == image_id)


def read_profiles(volume: Storage, part: Part) -> list[Row]:
    """The rows of a part of PROFILES."""
    return tables.read_rows(volume, part)


def has_likes(row: Row) -> bool:
    """Whether a person likes a picture that is there."""
    return bool(row["favorite_images"])


def most_likes_first(row: Row) -> tuple[int, str]:
    """Sort key of people."""
    return -len(row["favorite_images"]), row["user_id"]


def groups(profiles: "RDD[Row]") -> "Mapping[int, Group]":
    """The clusters of people."""
    from labeling.charts.people import add_groups, group_of

    found: Mapping[int, Group] = profiles.map(group_of).reduceByKey(add_groups).collectAsMap()
    return found


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))
