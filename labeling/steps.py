"""One picture: from its thumbnail to its labels and features. No Spark, no settings."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray

from labeling.geometry import orientation, size_category
from labeling.luminance import luminance_of
from labeling.palette import predominant_colors
from shared import tables
from shared.pictures import features, pixels
from shared.pictures.features.extraction import features_of
from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.measures import MEASURES, Measure
from shared.pipeline.slices import StageOutput, TableRow
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot
from shared.tables.contracts import FEATURES, IMAGES, LABELS, THUMBNAILS

VERSION = 1  # raise it when a label of the same picture changes
STAGE = StageOutput("labeling", digest(VERSION, features.VERSION), (LABELS, FEATURES))

#: Columns of IMAGES that LABELS repeats.
COPIED = ("image_id", "filename", "location", "format", "tags")
READ = (*COPIED, "width_px", "height_px")


class StoredPicture(NamedTuple):
    """A picture as acquisition stored it: columns READ of IMAGES, and the thumbnail's bytes."""

    metadata: dict[str, Any]
    jpeg: bytes


class LabelingInput(NamedTuple):
    """What acquisition stored of one slice; THUMBNAILS may have rows of removed pictures, too."""

    images: Part
    thumbnails: Part


def slice_parts(snapshot: Snapshot) -> dict[str, LabelingInput]:
    """The slices that acquisition has finished, by name."""
    images_of, thumbnails_of = ({part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, THUMBNAILS))
    return {name: LabelingInput(part, thumbnails_of[name]) for name, part in images_of.items() if name in thumbnails_of}


def read_pictures(volume: Storage, parts: LabelingInput) -> Iterator[StoredPicture]:
    """The live pictures of a slice, in the order of its thumbnails."""
    rows = {row["image_id"]: row for row in tables.read_rows(volume, parts.images, READ)}
    for thumbnail in tables.iterate_rows(volume, parts.thumbnails, ["image_id", "jpeg"]):
        if thumbnail["image_id"] in rows:
            yield StoredPicture(rows[thumbnail["image_id"]], thumbnail["jpeg"])


def label_picture(picture: StoredPicture) -> Iterator[TableRow]:
    """A picture's row of LABELS and its row of FEATURES."""
    thumbnail = Thumbnail(pixels.open_thumbnail(picture.jpeg))
    yield LABELS.name, label_row(picture.metadata, thumbnail)
    yield FEATURES.name, feature_row(picture.metadata["image_id"], thumbnail)


def label_row(metadata: dict[str, Any], thumbnail: Thumbnail) -> dict[str, Any]:
    """A row of LABELS."""
    palette = predominant_colors(thumbnail.small_rgb, thumbnail.small_lab)
    sides = metadata["width_px"], metadata["height_px"]
    return {
        **{name: metadata[name] for name in COPIED},
        "palette": palette.rgb.tolist(),
        "palette_shares": palette.shares.tolist(),
        "color_names": palette.names,
        "orientation": orientation(*sides),
        "size_category": size_category(*sides),
        **luminance_of(thumbnail.small_lab[..., 0], thumbnail.gray)._asdict(),
        "tags_by_hand": [],
    }


def feature_row(image_id: str, thumbnail: Thumbnail) -> dict[str, Any]:
    """A row of FEATURES."""
    stored = {MEASURES[name].column: to_stored(MEASURES[name], one) for name, one in features_of(thumbnail).items()}
    return {"image_id": image_id, **stored}


def to_stored(measure: Measure, feature: NDArray[Any]) -> NDArray[Any] | bytes:
    """A feature as its column holds it: bits are bytes."""
    return feature.tobytes() if measure.kind == "bits" else feature


def filename_of(label: dict[str, Any]) -> Iterator[str]:
    """The key that images_labels.json would give a picture."""
    yield label["filename"]


def is_repeated(counted: tuple[str, int]) -> bool:
    """Whether more than one picture has it."""
    return counted[1] > 1
