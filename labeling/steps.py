"""What happens to one picture: thumbnail to labels and features. No Spark, no settings."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from labeling.geometry import orientation, size_category
from labeling.luminance import tones
from labeling.palette import predominant_colors
from shared import tables
from shared.pictures import features, pixels
from shared.pictures.features.color import lab_histogram
from shared.pictures.features.hashes import gray_hashes
from shared.pictures.features.lab import SIDE_PX, srgb_to_lab
from shared.pictures.features.structure import lightness_orientations
from shared.pipeline.slices import StageOutput, TableRow
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot
from shared.tables.contracts import FEATURES, IMAGES, LABELS, THUMBNAILS

VERSION = 1  # raise it when a label becomes another one than before
STAGE = StageOutput("labeling", digest(VERSION, features.VERSION), (LABELS, FEATURES))

KNOWN = ("image_id", "filename", "location", "format", "tags")
COUNTED = ["orientation", "size_category", "format", "color_names", "tags"]
READ = (*KNOWN, "width_px", "height_px")


class StoredPicture(NamedTuple):
    """A picture as acquisition left it: columns READ of IMAGES, and the thumbnail."""

    known: dict[str, Any]
    jpeg: bytes


class LabelingInput(NamedTuple):
    """What acquisition stored of one slice; both have the same rows in the same order."""

    images: Part
    thumbnails: Part


def slice_parts(snapshot: Snapshot) -> dict[str, LabelingInput]:
    """The slices that acquisition has finished, by name."""
    images_of, thumbnails_of = ({part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, THUMBNAILS))
    return {name: LabelingInput(part, thumbnails_of[name]) for name, part in images_of.items() if name in thumbnails_of}


def read_pictures(volume: Storage, parts: LabelingInput) -> Iterator[StoredPicture]:
    """The pictures of a slice, in its order."""
    known = tables.read_rows(volume, parts.images, READ)
    for one, thumbnail in zip(known, tables.iterate_rows(volume, parts.thumbnails, ["jpeg"]), strict=True):
        yield StoredPicture(one, thumbnail["jpeg"])


def label_picture(picture: StoredPicture) -> Iterator[TableRow]:
    """A picture's row of LABELS and its row of FEATURES."""
    known, thumbnail = picture.known, pixels.open_thumbnail(picture.jpeg)
    rgb, gray = pixels.average(thumbnail, SIDE_PX, SIDE_PX), pixels.gray(thumbnail)
    lab = srgb_to_lab(rgb)
    palette = predominant_colors(rgb, lab)
    yield (
        LABELS.name,
        {name: known[name] for name in KNOWN}
        | {
            "palette": palette.rgb.tolist(),
            "palette_shares": palette.shares.tolist(),
            "color_names": palette.names,
            "orientation": orientation(known["width_px"], known["height_px"]),
            "size_category": size_category(known["width_px"], known["height_px"]),
        }
        | tones(lab[..., 0], gray)._asdict(),
    )
    yield (
        FEATURES.name,
        {
            "image_id": known["image_id"],
            "color": lab_histogram(lab),
            "structure": lightness_orientations(lab[..., 0]),
            "hash": gray_hashes(gray),
        },
    )


def kinds_of(label: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What TOTALS counts of a row of LABELS: pairs of kind and value, each once."""
    for kind in ("orientation", "size_category", "format"):
        yield kind, label[kind]
    for name in sorted(set(label["color_names"])):
        yield "color", name
    for tag in sorted(set(label["tags"])):
        yield "tag", tag


def filename_of(label: dict[str, Any]) -> Iterator[str]:
    """The key that images_labels.json would give a picture."""
    yield label["filename"]


def is_repeated(counted: tuple[str, int]) -> bool:
    """Whether more than one picture has it."""
    return counted[1] > 1


def most_frequent_first(counted: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    """Sort key: by count, then by name."""
    return -counted[1], counted[0]
