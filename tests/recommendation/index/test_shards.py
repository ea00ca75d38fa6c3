"""One shard, from tables to objects, in a storage without rename and random writes."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from recommendation.index import reduction
from recommendation.index.basis import Basis, vector_measures
from recommendation.index.build import learning, shards
from recommendation.index.build.collection import SliceInput, indexable
from recommendation.index.build.columns import COLUMNS, EXIF_COLUMNS, IMAGE_COLUMNS, LABEL_COLUMNS
from recommendation.index.metadata import INTERNAL, Metadata
from recommendation.index.objects import METADATA, SHARDS
from recommendation.index.shard import ShardEntry, open_metadata
from shared import tables
from shared.errors import CannotProceedError
from shared.models.store import Model
from shared.storage import LocalStorage, Storage
from shared.storage.volume import INDEX
from shared.tables.contracts import EMBEDDINGS, EXIF, IMAGES, LABELS
from tests.memory_storage import MemoryStorage
from tests.recommendation.index.storages import in_memory
from tests.recommendation.made_up import (
    WIDTHS,
    group_of,
    image_id,
    make_volume,
    remove_pictures,
    replace_part,
    rows_of_slice,
)

SLICES = {"a": range(200, 300), "b": range(200)}
MODEL = Model("", "made-up", "", "fp32", "", 224, WIDTHS["vector"], "", "", ("thing",))
IDS = [image_id(number) for numbers in SLICES.values() for number in numbers]


@pytest.fixture
def memory(volume: LocalStorage) -> MemoryStorage:
    return in_memory(make_volume(volume, SLICES))


def slices_of(volume: Storage) -> tuple[SliceInput, ...]:
    return tuple(indexable(tables.open_snapshot(volume)))


def a_basis(volume: Storage) -> Basis:
    sums = learning.check_sums(learning.sum_slices(volume, slices_of(volume)))
    means = learning.means_of(sums, [MODEL])
    moments = learning.centred_moments(volume, means, slices_of(volume)) | sums.moments
    axes = {name: np.eye(len(moment), 16, dtype=np.float32) for name, moment in moments.items()}
    return Basis("basis", min(sums.models), sums.widths, means, {}, axes)


def store(volume: Storage, known: ShardEntry | None = None) -> shards.Stored:
    return shards.ensure_shard(volume, a_basis(volume), 3, slices_of(volume), known)


def arrays(volume: Storage, entry: ShardEntry) -> dict[str, np.ndarray]:
    start = f"{SHARDS}/{entry.name}."
    keys = [one.key for one in volume.list(INDEX) if one.key.endswith(".npy")]
    return {key.removeprefix(start).removesuffix(".npy"): np.load(volume.local_path(key)) for key in keys}


def metadata_of(volume: Storage, entry: ShardEntry) -> Metadata:
    return open_metadata(volume, entry)


def contents(volume: Storage) -> dict[str, bytes]:
    return {one.key: volume.read(one.key) for one in volume.list(INDEX)}


def test_rows_follow_the_slices_and_every_object_agrees_on_them(memory: MemoryStorage) -> None:
    entry = store(memory).entry
    found = arrays(memory, entry)
    assert shards.hex_ids(found["ids"]) == IDS
    assert [IDS[row] for row in found["order"]] == sorted(IDS)
    assert {name: array.shape for name, array in found.items()} == {
        "ids": (300,),
        "order": (300,),
        "hash": (300, 24),
        **{name: (300, width) for name, width in zip(vector_measures(), WIDTHS.values(), strict=True)},
        **{f"{name}.reduced": (300, 16) for name in vector_measures()},
    }
    assert [metadata_of(memory, entry).row(row)["image_id"] for row in range(300)] == IDS
    assert (entry.rows, entry.removed) == (300, 0)


CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


def test_metadata_hold_what_answers_show_and_filters_need(memory: MemoryStorage) -> None:
    found = metadata_of(memory, store(memory).entry).row(1)
    assert found == {
        "image_id": image_id(201),
        "filename": "201.jpg",
        "location": f"/pictures/{group_of(201)}/201.jpg",
        "source": "folder",
        "license": "CC0-1.0",
        "author": "",
        "title": "",
        "source_url": "",
        "license_id": "CC0-1.0",
        "license_url": CC0,
        "author_url": "",
        "attribution": f"Picture, CC0 1.0 ({CC0})",
        "display_url": "",
        "tags": [group_of(201)],
        "width_px": 30,
        "height_px": 20,
        "format": "JPEG",
        "orientation": "landscape",
        "size_category": "thumbnail",
        "color_names": ["red"],
        "brightness": 50.0,
        "category": f"{group_of(201)}, 1",
        "date_taken": "2020-01-02T03:04:05",
        "camera_make": "Maker",
        "camera_model": "",
        "slice": "a",
        "row": 1,
    }


def test_metadata_take_their_columns_from_the_tables_by_name() -> None:
    assert set(IMAGE_COLUMNS) <= set(IMAGES.schema.names)
    assert set(EXIF_COLUMNS) <= {field.name for field in EXIF}
    assert set(LABEL_COLUMNS) <= set(LABELS.schema.names)
    derived = {"category", "year", "color_rgb", "slice", "row", "is_removed"}
    assert {*IMAGE_COLUMNS, *EXIF_COLUMNS, *LABEL_COLUMNS, *derived} == set(COLUMNS)


def test_any_arrow_library_reads_the_columns_and_reads_the_same(memory: MemoryStorage) -> None:
    entry = store(memory).entry
    with pa.ipc.open_file(memory.read(f"{METADATA}/{entry.metadata}.arrow")) as file:
        rows = file.read_all().to_pylist()
    assert [{name: value for name, value in row.items() if name not in INTERNAL} for row in rows] == [
        metadata_of(memory, entry).row(row) for row in range(300)
    ]


def test_pictures_without_labels_have_none_in_their_metadata(memory: MemoryStorage) -> None:
    without = tuple(one._replace(labels=None, categories=()) for one in slices_of(memory))
    entry = shards.ensure_shard(memory, a_basis(memory), 3, without, None).entry
    found = metadata_of(memory, entry).row(1)
    assert (found["filename"], found["orientation"], found["color_names"], found["category"]) == (
        "201.jpg",
        "",
        [],
        "",
    )
    assert found["brightness"] is None


def test_embeddings_are_centred_and_reduced_vectors_are_the_full_ones_along_the_axes(memory: MemoryStorage) -> None:
    found = arrays(memory, store(memory).entry)
    parts = tables.open_snapshot(memory).parts(EMBEDDINGS)
    raw = np.concatenate([tables.read_matrix(memory, part, "vector") for part in parts])
    powers = raw**0.7 / np.linalg.norm(raw**0.7, axis=1, keepdims=True)
    centred = powers - reduction.shrunk_mean(powers.mean(axis=0), len(raw), np.zeros(raw.shape[1], np.float32))
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    assert found["embedding"].astype(np.float32) == pytest.approx(expected, abs=1e-3)
    along = found["embedding"].astype(np.float32)[:, :16]
    assert found["embedding.reduced"] == pytest.approx(along / np.linalg.norm(along, axis=1, keepdims=True), abs=1e-5)


def test_a_second_attempt_stores_nothing_new_and_the_same_tables_make_the_same_bytes(
    memory: MemoryStorage, tmp_path: Path
) -> None:
    first = store(memory)
    before = contents(memory)
    assert first.is_new
    assert store(memory, first.entry) == shards.Stored(first.entry, is_new=False)
    other = in_memory(make_volume(LocalStorage(tmp_path / "other"), SLICES))
    store(other)
    assert contents(other) == contents(memory) == before


def test_a_damaged_object_is_stored_again(memory: MemoryStorage) -> None:
    entry = store(memory).entry
    intact = contents(memory)
    for key, data in intact.items():
        memory.put(key, data[:-1])
        assert store(memory, entry) == shards.Stored(entry, is_new=True)
        assert contents(memory) == intact


def test_removed_pictures_cost_new_metadata_and_no_vectors(memory: MemoryStorage) -> None:
    entry = store(memory).entry
    before = contents(memory)
    remove_pictures(memory, "a", range(210, 215))
    now = store(memory, entry)
    assert (now.entry.name, now.entry.rows, now.entry.removed, now.is_new) == (entry.name, 300, 5, True)
    changed = {key for key, data in contents(memory).items() if before.get(key) != data}
    assert changed == {f"{METADATA}/{now.entry.metadata}.{suffix}" for suffix in ("arrow", "json", "words")}
    found = metadata_of(memory, now.entry)
    assert found.removed_rows().tolist() == [10, 11, 12, 13, 14]
    assert (found.row(15)["image_id"], found.row(15)["row"]) == (image_id(215), 10)


def test_a_moved_picture_keeps_its_vectors_and_gets_its_new_location(memory: MemoryStorage) -> None:
    entry = store(memory).entry
    rows = [{**row, "location": f"/moved/{row['filename']}"} for row in rows_of_slice(memory, IMAGES, "a")]
    replace_part(memory, IMAGES, "a", rows)
    now = store(memory, entry).entry
    assert now.name == entry.name
    assert metadata_of(memory, now).row(3)["location"] == "/moved/203.jpg"


def test_a_picture_without_embedding_is_not_in_the_shard(memory: MemoryStorage) -> None:
    snapshot = tables.open_snapshot(memory)
    first, second = snapshot.parts(EMBEDDINGS)
    rows = [row for row in tables.read_rows(memory, first) if row["image_id"] != image_id(203)]
    fewer = tables.write_part(memory, EMBEDDINGS, rows, "a", "embedding", "e" * 64)
    tables.publish(memory, snapshot, "embedding", {EMBEDDINGS.name: [fewer, second]})
    entry = store(memory).entry
    assert shards.hex_ids(arrays(memory, entry)["ids"]) == [one for one in IDS if one != image_id(203)]
    assert (entry.rows, entry.removed) == (299, 0)


def test_a_shard_of_slices_without_pictures_has_no_vectors(memory: MemoryStorage) -> None:
    basis, snapshot = a_basis(memory), tables.open_snapshot(memory)
    _, second = snapshot.parts(EMBEDDINGS)
    none = tables.write_part(memory, EMBEDDINGS, [], "a", "embedding", "e" * 64)
    tables.publish(memory, snapshot, "embedding", {EMBEDDINGS.name: [none, second]})
    entry = shards.ensure_shard(memory, basis, 3, slices_of(memory)[:1], None).entry
    assert (entry.rows, entry.removed) == (0, 0)
    assert sorted(arrays(memory, entry)) == ["ids", "order"]


def test_embeddings_of_another_model_than_the_basis_are_refused(memory: MemoryStorage) -> None:
    basis = a_basis(memory)._replace(model_sha256="0" * 64)
    with pytest.raises(CannotProceedError, match="expected the embeddings of one model, got 0000"):
        shards.ensure_shard(memory, basis, 3, slices_of(memory), None)
