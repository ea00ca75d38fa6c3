"""What is known of pictures that are copies of another, or are at several places: read from parts of tables in tasks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared import tables
from shared.storage import Storage
from shared.tables import Part, live
from shared.tables.live import LivePart

#: What the table of copies shows of each picture.
COLUMNS = ("width_px", "height_px", "format", "size_bytes", "has_exif", "sharpness")
Facts = dict[str, dict[str, Any]]
Place = tuple[str, str]
"""A location and its file name."""


def facts_of(
    described: Mapping[str, dict[str, Any]], places: Mapping[str, set[Place]], sharpness: Mapping[str, float]
) -> Facts:
    """The facts of `grouping.Facts`, of the pictures that are described."""
    return {
        image_id: {
            **one,
            "sharpness": sharpness.get(image_id, 0.0),
            "locations": sorted(places.get(image_id) or {(one["location"], one["filename"])}),
        }
        for image_id, one in described.items()
    }


def is_worth(paired: frozenset[str], place: tuple[str, Iterable[Place]]) -> bool:
    """Whether a picture is one of a pair, or at several places."""
    return place[0] in paired or len(set(place[1])) > 1


def read_places(volume: Storage, part: Part) -> Iterator[tuple[str, Place]]:
    """Where each picture of a part of LOCATIONS is."""
    for row in tables.iterate_rows(volume, part, ["image_id", "location", "filename"]):
        yield row["image_id"], (row["location"], row["filename"])


def read_images(volume: Storage, wanted: frozenset[str], part: Part) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a part of IMAGES holds of some pictures."""
    names = ["image_id", "location", "filename", "width_px", "height_px", "format", "size_bytes", "exif"]
    for row in tables.iterate_rows(volume, part, names):
        if row["image_id"] in wanted:
            exif = row.pop("exif")
            yield row["image_id"], {**row, "has_exif": any(exif[name] for name in ("camera_model", "date_taken"))}


def read_labels(volume: Storage, wanted: frozenset[str], part: LivePart) -> Iterator[tuple[str, float]]:
    """The sharpness of some pictures of a part of LABELS."""
    for row in live.read_rows(volume, part, ["image_id", "sharpness"]):
        if row["image_id"] in wanted:
            yield row["image_id"], row["sharpness"]
