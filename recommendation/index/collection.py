"""One slice of the collection as the index sees it: images, features and embeddings joined by image_id."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared import tables
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES, Measure
from shared.storage import Storage
from shared.tables import Part, Snapshot
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES

#: Measures whose features are vectors of unit length; the others' are bits.
VECTORS = tuple(name for name, measure in MEASURES.items() if measure.metrics != ("hamming",))
#: What answers and the fusion need to know of a picture, as columns of IMAGES.
KEPT_COLUMNS = (
    "image_id",
    "filename",
    "location",
    "license",
    "source_url",
    "author",
    "title",
    "tags",
    "width_px",
    "height_px",
)

NOTHING_TO_INDEX = "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first"


class IndexInput(NamedTuple):
    """The parts of one slice that the index is made of."""

    slice: str
    images: Part
    features: Part
    embeddings: Part
    categories: Part | None


class SliceRows(NamedTuple):
    """The pictures of one slice that every table has, in the order of `images`."""

    image_ids: list[str]
    lines: list[bytes]  # JSON, one line each
    features: dict[str, NDArray[Any]]  # measure -> shape (rows, width), float32 or for bits uint8
    models: frozenset[str]


def indexable(snapshot: Snapshot) -> list[IndexInput]:
    """The slices that images, features and embeddings all have, sorted.

    Raises:
        CannotProceedError: there is none.
    """
    by_table = [
        {part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, FEATURES, EMBEDDINGS, CATEGORIES)
    ]
    images, features, embeddings, categories = by_table
    names = sorted(images.keys() & features.keys() & embeddings.keys())
    if not names:
        raise CannotProceedError(NOTHING_TO_INDEX)
    return [IndexInput(name, images[name], features[name], embeddings[name], categories.get(name)) for name in names]


def read_slice(volume: Storage, parts: IndexInput) -> SliceRows:
    """Join a slice's tables by image_id.

    Raises:
        CannotProceedError: a part is missing or damaged, or a vector is not finite.
    """
    images = tables.read_columns(volume, parts.images, KEPT_COLUMNS)
    features = tables.read_columns(volume, parts.features, ["image_id"])
    embeddings = tables.read_columns(volume, parts.embeddings, ["image_id", "model_sha256"])
    image_rows, feature_rows, embedding_rows = common_rows(
        images["image_id"], features["image_id"], embeddings["image_id"]
    )
    found = {
        name: read_feature(volume, parts.embeddings, measure)[embedding_rows]
        if measure.column in EMBEDDINGS.schema.names
        else read_feature(volume, parts.features, measure)[feature_rows]
        for name, measure in MEASURES.items()
    }
    if not all(np.isfinite(found[name]).all() for name in VECTORS):
        raise CannotProceedError(
            f"slice {parts.slice} holds a vector that is not finite; run `imagerec embedding` again"
        )
    categories = read_categories(volume, parts.categories)
    return SliceRows(
        image_ids=[images["image_id"][row] for row in image_rows],
        lines=[to_line(images, row, parts.slice, categories) for row in image_rows],
        features=found,
        models=frozenset(embeddings["model_sha256"]),
    )


def read_feature(volume: Storage, part: Part, measure: Measure) -> NDArray[Any]:
    """A measure's features in a part, shape (rows, width): float32, or uint8 for bits; errors as `read_slice`."""
    if measure.name in VECTORS:
        return tables.read_matrix(volume, part, measure.column)
    octets: list[bytes] = tables.read_columns(volume, part, [measure.column])[measure.column]
    return np.frombuffer(b"".join(octets), np.uint8).reshape(len(octets), -1)


def common_rows(first: Sequence[str], *others: Sequence[str]) -> list[list[int]]:
    """Rows of each list that hold the ids all lists have, in the order of the first."""
    places = [{image_id: row for row, image_id in enumerate(ids)} for ids in (first, *others)]
    common = [image_id for image_id in first if all(image_id in place for place in places)]
    return [[place[image_id] for image_id in common] for place in places]


def read_categories(volume: Storage, part: Part | None) -> dict[str, str]:
    """The most probable category of each picture of a slice, by image_id; empty where there are none."""
    if part is None:
        return {}
    columns = tables.read_columns(volume, part, ["image_id", "rank", "category"])
    rows = zip(columns["image_id"], columns["rank"], columns["category"], strict=True)
    return {image_id: category for image_id, rank, category in rows if rank == 1}


def to_line(images: Mapping[str, Sequence[Any]], row: int, slice_name: str, categories: Mapping[str, str]) -> bytes:
    """What is kept of a picture, as one line of JSON; slice and row say where its thumbnail is."""
    known = {name: images[name][row] for name in KEPT_COLUMNS}
    place = {"category": categories.get(known["image_id"], ""), "slice": slice_name, "row": row}
    return json.dumps({**known, **place}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
