"""What TOTALS counts of the collection: facts of rows of several tables, as pairs of kind and value. Pure functions."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

VERSION = 2  # raise it when the same collection has other totals
#: Kinds with as many values as a source likes; of all others every value is kept.
OPEN_KINDS = frozenset({"tag", "camera", "license", "author", "source"})
MOST_TOTALS = 10_000  # of the open kinds; a source may tag every picture differently

LABEL_COLUMNS = ["orientation", "size_category", "format", "color_names", "tags", "brightness", "contrast", "sharpness"]
IMAGE_COLUMNS = ["width_px", "height_px", "size_bytes", "exif", "license", "author"]
LOCATION_COLUMNS = ["source_id"]
FAILURE_COLUMNS = ["reason"]

#: Lower edges of the classes that numbers are counted in, each named by its lower edge.
LIGHTNESS = range(0, 100, 5)
CONTRAST = range(0, 50, 5)
SHARPNESS = range(0, 100, 5)
MEGAPIXELS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
KIBIBYTES = (0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
#: Longer to shorter side of common shapes.
SHAPES = {"1:1": 1.0, "5:4": 1.25, "4:3": 4 / 3, "3:2": 1.5, "16:9": 16 / 9, "2:1": 2.0, "3:1": 3.0}
#: EXIF's date as `shared.pictures.metadata` writes it.
DATE = re.compile(r"(\d{4})-(\d{2})-\d{2}(?:T(\d{2}))?")

Fact = tuple[str, str]
Row = dict[str, Any]


def facts_of_label(label: Row) -> Iterator[Fact]:
    """What a row of LABELS says, each fact once."""
    for kind in ("orientation", "size_category", "format"):
        yield kind, label[kind]
    for name in sorted(set(label["color_names"])):
        yield "color", name
    for tag in sorted(set(label["tags"])):
        yield "tag", tag
    yield "brightness", class_of(label["brightness"], LIGHTNESS)
    yield "contrast", class_of(label["contrast"], CONTRAST)
    yield "sharpness", class_of(label["sharpness"], SHARPNESS)


def facts_of_image(image: Row) -> Iterator[Fact]:
    """What a row of IMAGES says; nothing for what is not known."""
    longer, shorter = sorted((image["width_px"], image["height_px"]), reverse=True)
    yield "megapixels", class_of(longer * shorter / 1e6, MEGAPIXELS)
    yield "shape", min(SHAPES, key=lambda name: abs(math.log(longer / max(shorter, 1) / SHAPES[name])))
    if image["size_bytes"] >= 0:
        yield "kibibytes", class_of(image["size_bytes"] / 1024, KIBIBYTES)
    for kind in ("license", "author"):
        if image[kind]:
            yield kind, image[kind]
    exif = image["exif"] or {}
    if camera := camera_of(exif):
        yield "camera", camera
    if found := DATE.match(exif.get("date_taken") or ""):
        yield from zip(("year", "month", "hour"), (one for one in found.groups() if one), strict=False)


def camera_of(exif: Row) -> str:
    """Make and model, the make once: models often repeat it."""
    make, model = ((exif.get(f"camera_{name}") or "").strip() for name in ("make", "model"))
    is_repeated = model.casefold().startswith(make.casefold().split(" ")[0])
    return model if make and model and is_repeated else " ".join(one for one in (make, model) if one)


def facts_of_location(location: Row) -> Iterator[Fact]:
    """The source of a row of LOCATIONS."""
    yield "source", location["source_id"]


def facts_of_failure(failure: Row) -> Iterator[Fact]:
    """The reason of a row of FAILURES."""
    yield "failure", failure["reason"]


def class_of(value: float, edges: "range | tuple[float, ...]") -> str:
    """The name of the class that a number is in: its lower edge; of numbers below all edges the first."""
    return f"{edges[max(bisect_right(edges, value) - 1, 0)]:g}"


def is_open(counted: tuple[Fact, int]) -> bool:
    """Whether a total is of an open kind."""
    return counted[0][0] in OPEN_KINDS


def is_closed(counted: tuple[Fact, int]) -> bool:
    """Whether a total is of a kind with few values."""
    return not is_open(counted)


def most_frequent_first(counted: tuple[Fact, int]) -> tuple[int, Fact]:
    """Sort key: by count, then by name."""
    return -counted[1], counted[0]
