"""One slice of the collection as the index stores it: vectors and metadata, joined by image_id."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index.basis import vector_measures
from recommendation.index.build.columns import EXIF_COLUMNS, IMAGE_COLUMNS, LABEL_COLUMNS, rgb_of, year_of
from recommendation.index.build.rights import RIGHTS_COLUMNS, with_rights
from recommendation.index.metadata import Row
from shared import tables
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES
from shared.storage import Storage
from shared.tables import Part, Snapshot
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES, LABELS

NOTHING_TO_INDEX = "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first"


class SliceInput(NamedTuple):
    """The parts of one slice that the index is made of; its pictures are the rows of `images`."""

    slice: str
    images: Part
    features: Part
    embeddings: Part
    categories: Part | None
    labels: Part | None

    @property
    def vectors_id(self) -> tuple[str, ...]:
        """What the slice's vectors are made of."""
        return self.slice, self.features.sha256, self.embeddings.sha256

    @property
    def metadata_id(self) -> tuple[str, ...]:
        """What the slice's metadata are made of, besides its row order."""
        return tuple(part.sha256 if part else "" for part in (self.images, self.categories, self.labels))


class SliceVectors(NamedTuple):
    """The pictures of one slice that have features and an embedding, in the order of `features`."""

    image_ids: list[str]
    features: dict[str, NDArray[Any]]  # measure -> shape (rows, width), float32 or for bits uint8
    models: frozenset[str]


def indexable(snapshot: Snapshot) -> list[SliceInput]:
    """The slices that images, features and embeddings all have, sorted.

    Raises:
        CannotProceedError: there is none.
    """
    images, features, embeddings, categories, labels = (
        {part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, FEATURES, EMBEDDINGS, CATEGORIES, LABELS)
    )
    names = sorted(images.keys() & features.keys() & embeddings.keys())
    if not names:
        raise CannotProceedError(NOTHING_TO_INDEX)
    return [
        SliceInput(name, images[name], features[name], embeddings[name], categories.get(name), labels.get(name))
        for name in names
    ]


def read_vectors(volume: Storage, parts: SliceInput) -> SliceVectors:
    """Join a slice's features and embeddings by image_id; each part is read once.

    Raises:
        CannotProceedError: a part is missing or damaged, or a vector is not finite.
    """
    columns = {measure.column for measure in MEASURES.values()}
    stored = {
        contract.name: tables.read_table(
            volume, part, [name for name in contract.schema.names if name in columns | {"image_id", "model_sha256"}]
        )
        for contract, part in ((FEATURES, parts.features), (EMBEDDINGS, parts.embeddings))
    }
    ids = {name: table["image_id"].to_pylist() for name, table in stored.items()}
    common, rows = common_rows(ids)
    features = {}
    for name, measure in MEASURES.items():
        table = EMBEDDINGS.name if measure.column in EMBEDDINGS.schema.names else FEATURES.name
        features[name] = matrix_of(stored[table][measure.column], is_bits=name not in vector_measures())[rows[table]]
    if not all(np.isfinite(features[name]).all() for name in vector_measures()):
        raise CannotProceedError(
            f"slice {parts.slice} holds a vector that is not finite; run `imagerec embedding` again"
        )
    return SliceVectors(common, features, frozenset(stored[EMBEDDINGS.name]["model_sha256"].to_pylist()))


def read_indexed_vectors(volume: Storage, parts: SliceInput) -> SliceVectors:
    """`read_vectors` without pictures that `images` no longer has."""
    found, wanted = read_vectors(volume, parts), read_image_ids(volume, parts)
    rows = [row for row, image_id in enumerate(found.image_ids) if image_id in wanted]
    return SliceVectors(
        [found.image_ids[row] for row in rows],
        {name: matrix[rows] for name, matrix in found.features.items()},
        found.models,
    )


def read_image_ids(volume: Storage, parts: SliceInput) -> set[str]:
    """The pictures that a slice has; errors as `read_vectors`."""
    return set(tables.read_columns(volume, parts.images, ["image_id"])["image_id"])


def matrix_of(column: Any, *, is_bits: bool) -> NDArray[Any]:
    """A column of equally long vectors or byte strings, shape (rows, width); (0, 0) for no rows."""
    if not len(column):
        return np.zeros((0, 0), np.uint8 if is_bits else np.float32)
    if is_bits:
        return np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(len(column), -1)
    values: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(column), -1)


def common_rows(ids: Mapping[str, Sequence[str]]) -> tuple[list[str], dict[str, list[int]]]:
    """The ids that all lists have, in the order of the first, and their rows in each list."""
    places = {name: {image_id: row for row, image_id in enumerate(some)} for name, some in ids.items()}
    first, *others = places.values()
    common = [image_id for image_id in first if all(image_id in place for place in others)]
    return common, {name: [place[image_id] for image_id in common] for name, place in places.items()}


def read_metadata(volume: Storage, parts: SliceInput, image_ids: Iterable[str]) -> Iterator[Row]:
    """The metadata of some pictures of a slice; `row` is the picture's row in the slice's part of IMAGES.

    Those of a removed picture are empty; `categories` are all with their probabilities, the most probable first.
    """
    images = {row["image_id"]: (place, row) for place, row in enumerate(read_images(volume, parts))}
    labels = {row["image_id"]: row for row in read_labels(volume, parts)}
    categories = read_categories(volume, parts)
    for image_id in image_ids:
        if image_id not in images:
            yield {"image_id": image_id, "slice": parts.slice, "row": -1, "is_removed": True}
            continue
        place, row = images[image_id]
        yield {
            **row,
            **labels.get(image_id, {}),
            "category": next((category for category, _ in categories.get(image_id, ())), ""),
            "categories": categories.get(image_id, []),
            "slice": parts.slice,
            "row": place,
            "is_removed": False,
        }


def read_images(volume: Storage, parts: SliceInput) -> list[Row]:
    """A slice's rows of IMAGES with the EXIF fields that are kept, and with licence and credit as answers show them."""
    columns = dict.fromkeys([*IMAGE_COLUMNS, *RIGHTS_COLUMNS, "exif"])
    rows = [with_rights(row) for row in tables.read_rows(volume, parts.images, [*columns])]
    exif = [{name: row["exif"][name] for name in EXIF_COLUMNS} for row in rows]
    return [{**row, **one, "year": year_of(one["date_taken"])} for row, one in zip(rows, exif, strict=True)]


def read_labels(volume: Storage, parts: SliceInput) -> list[Row]:
    """A slice's rows of LABELS; empty where it has none."""
    if parts.labels is None:
        return []
    rows = tables.read_rows(volume, parts.labels, ["image_id", "palette", *LABEL_COLUMNS])
    return [{**row, "color_rgb": rgb_of(row["palette"])} for row in rows]


def read_categories(volume: Storage, parts: SliceInput) -> dict[str, list[tuple[str, float]]]:
    """Categories and their probabilities of each picture of a slice, the most probable first; empty where it has none."""
    found = defaultdict[str, list[tuple[str, float]]](list)
    if parts.categories is not None:
        rows = tables.read_rows(volume, parts.categories, ["image_id", "rank", "category", "probability"])
        for row in sorted(rows, key=lambda row: row["rank"]):
            found[row["image_id"]].append((row["category"], row["probability"]))
    return found
