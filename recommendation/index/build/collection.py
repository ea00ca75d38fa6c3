"""One slice of the collection as the index stores it: vectors and metadata, joined by image_id."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.index.basis import vector_measures
from recommendation.index.build.columns import EXIF_COLUMNS, IMAGE_COLUMNS, LABEL_COLUMNS, rgb_of, year_of
from recommendation.index.build.rights import RIGHTS_COLUMNS, with_rights
from recommendation.index.metadata import Row
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.pictures.measures import MEASURES
from shared.storage import Storage
from shared.tables import Part, Snapshot
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES, LABELS, Contract
from shared.tables.live import merged_tags

NOTHING_TO_INDEX = "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first"


class SliceInput(NamedTuple):
    """The parts of one slice that the index is made of; its pictures are the rows of `images`.

    Args:
        embeddings: one for each network.
        categories: likewise.
        models: SHA-256 of the models that the volume uses, in their order.
    """

    slice: str
    images: Part
    features: Part
    embeddings: tuple[Part, ...]
    categories: tuple[Part, ...]
    labels: Part | None
    models: tuple[str, ...] = ()

    @property
    def vectors_id(self) -> tuple[str, ...]:
        """What the slice's vectors are made of."""
        return self.slice, self.features.sha256, *(part.sha256 for part in self.embeddings)

    @property
    def metadata_id(self) -> tuple[str, ...]:
        """What the slice's metadata are made of, besides its row order."""
        return tuple(part.sha256 if part else "" for part in (self.images, *self.categories, self.labels))


class SliceVectors(NamedTuple):
    """The pictures of one slice that have features and an embedding by each network, in the order of `features`.

    Args:
        features: measure -> shape (rows, width), float32 or for bits uint8; embeddings are `reduction.joined`.
        models: `store.identity` of the models; none without rows.
    """

    image_ids: list[str]
    features: dict[str, NDArray[Any]]
    models: frozenset[str]


def indexable(snapshot: Snapshot, models: Iterable[str] = ()) -> list[SliceInput]:
    """The slices that images, features and embeddings all have, sorted.

    Args:
        models: see `SliceInput`.

    Raises:
        CannotProceedError: there is none.
    """
    images, features, labels = (
        {part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, FEATURES, LABELS)
    )
    embeddings, categories = (parts_by_slice(snapshot, one) for one in (EMBEDDINGS, CATEGORIES))
    names = sorted(images.keys() & features.keys() & embeddings.keys())
    if not names:
        raise CannotProceedError(NOTHING_TO_INDEX)
    order = tuple(models)
    return [
        SliceInput(
            name, images[name], features[name], embeddings[name], categories.get(name, ()), labels.get(name), order
        )
        for name in names
    ]


def parts_by_slice(snapshot: Snapshot, contract: Contract) -> dict[str, tuple[Part, ...]]:
    """The parts of a table whose slices have one for each network."""
    found: dict[str, tuple[Part, ...]] = {}
    for part in snapshot.parts(contract):
        found[part.slice] = (*found.get(part.slice, ()), part)
    return found


def read_vectors(volume: Storage, parts: SliceInput) -> SliceVectors:
    """Join a slice's features and embeddings by image_id; each part is read once.

    Raises:
        CannotProceedError: a part is missing or damaged, or a vector is not finite.
    """
    stored = tables.read_table(
        volume, parts.features, ["image_id", *(one.column for one in MEASURES.values() if one.feature)]
    )
    networks = read_networks(volume, parts)
    described = stored["image_id"].to_pylist() if networks else []  # without a network there is nothing to join
    ids = {"": described} | {sha256: one.image_ids for sha256, one in networks.items()}
    common, rows = common_rows(ids)
    found = [one.vectors[rows[sha256]] for sha256, one in networks.items()]
    features = {
        name: reduction.joined(found)
        if measure.feature is None
        else matrix_of(stored[measure.column], is_bits=name not in vector_measures())[rows[""]]
        for name, measure in MEASURES.items()
    }
    if not all(np.isfinite(one).all() for one in (*found, *(features[name] for name in vector_measures()))):
        raise CannotProceedError(
            f"slice {parts.slice} holds a vector that is not finite; run `imagerec embedding` again"
        )
    return SliceVectors(common, features, frozenset([store.JOINED_BY["sha256"].join(networks)] if common else []))


class NetworkVectors(NamedTuple):
    """What one network made of the pictures of a slice, shape (pictures, width)."""

    image_ids: list[str]
    vectors: NDArray[np.float32]


def read_networks(volume: Storage, parts: SliceInput) -> dict[str, NetworkVectors]:
    """The embeddings of a slice by the SHA-256 of the model, in the models' order; none of a network without rows.

    Raises:
        CannotProceedError: a part is missing or damaged, or has rows of several models.
    """
    found: dict[str, NetworkVectors] = {}
    for part in parts.embeddings:
        table = tables.read_table(volume, part, ["image_id", "model_sha256", "vector"])
        models = set(table["model_sha256"].to_pylist())
        check_models(models)
        found |= {one: NetworkVectors(table["image_id"].to_pylist(), matrix_of(table["vector"])) for one in models}
    return dict(sorted(found.items(), key=lambda item: place_of(parts.models, item[0])))


def place_of(models: Sequence[str], sha256: str) -> tuple[int, str]:
    """What sorts models: those that the volume uses in its order, then others."""
    return models.index(sha256) if sha256 in models else len(models), sha256


def check_models(models: Collection[str]) -> None:
    """Do nothing for embeddings of one model, or of one `store.identity` of several.

    Raises:
        CannotProceedError: there are others among them.
    """
    if len(models) > 1:
        raise CannotProceedError(
            f"expected the embeddings of one model, got {', '.join(sorted(models))}; run `imagerec embedding` again"
        )


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


def matrix_of(column: Any, *, is_bits: bool = False) -> NDArray[Any]:
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
            **(label := labels.get(image_id, {})),
            "tags": merged_tags(row["tags"], label.get("tags_by_hand", ())),
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
    rows = tables.read_rows(volume, parts.labels, ["image_id", "palette", "tags_by_hand", *LABEL_COLUMNS])
    return [{**row, "color_rgb": rgb_of(row["palette"])} for row in rows]


def read_categories(volume: Storage, parts: SliceInput) -> dict[str, list[tuple[str, float]]]:
    """Categories and their probabilities of each picture of a slice by the first network that has any, the most probable first."""
    columns = ["image_id", "model_sha256", "rank", "category", "probability"]
    rows = [row for part in parts.categories for row in tables.read_rows(volume, part, columns)]
    first = min((place_of(parts.models, row["model_sha256"]) for row in rows), default=(0, ""))[1]
    found = defaultdict[str, list[tuple[str, float]]](list)
    for row in sorted(rows, key=lambda row: row["rank"]):
        if row["model_sha256"] == first:
            found[row["image_id"]].append((row["category"], row["probability"]))
    return found
