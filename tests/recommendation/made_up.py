"""A made-up collection: tables whose pictures fall into known groups, without any picture being decoded."""

import hashlib
from collections.abc import Iterable

import numpy as np

from shared import tables
from shared.models import store
from shared.models.store import Model
from shared.storage import LocalStorage, Storage
from shared.tables import Part, Snapshot
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES, LABELS, Contract
from tests.rows import Row, row, write_slices

GROUPS = 6
WIDTHS = {"vector": 32, "color": 40, "structure": 24}
STAGES = {"acquisition": [IMAGES], "labeling": [FEATURES, LABELS], "embedding": [EMBEDDINGS, CATEGORIES]}

Rows = dict[str, list[Row]]


def image_id(number: int) -> str:
    return hashlib.sha256(f"picture {number}".encode()).hexdigest()[:32]


def group_of(number: int) -> str:
    return f"group {number % GROUPS}"


def make_volume(volume: LocalStorage, slices: dict[str, range], *, seed: int = 7, tagged: bool = True) -> LocalStorage:
    """Publish the tables that the index is made of; picture `number` is of group `number % GROUPS`.

    Slices of other names that are there already stay.
    """
    sha256 = make_model(volume)
    rows = {
        name: make_rows(numbers, sha256, np.random.default_rng(seed), tagged=tagged) for name, numbers in slices.items()
    }
    snapshot = tables.open_snapshot(volume)
    for stage, contracts in STAGES.items():
        mine = {name: {contract: some[contract.name] for contract in contracts} for name, some in rows.items()}
        made = write_slices(volume, stage, mine)
        parts = {one.name: [*others(snapshot, one, slices), *made[one.name]] for one in contracts}
        snapshot = tables.publish(volume, snapshot, stage, parts)
    return volume


def add_network(volume: LocalStorage, slices: dict[str, range], *, width: int = 20, seed: int = 8) -> str:
    """Embed the pictures of `make_volume` with a second network, which finds another category; the SHA-256 of its model."""
    model = Model("", "second", "", "int8", "", 96, width, "", "", ("other thing",))
    sha256 = store.save_model(volume, b"no network either", model).sha256
    centres, random = np.random.default_rng(2).random((GROUPS, width)), np.random.default_rng(seed)
    snapshot = tables.open_snapshot(volume)
    parts = {one.name: snapshot.parts(one) for one in STAGES["embedding"]}
    for name, numbers in slices.items():
        vectors = [np.abs(centres[number % GROUPS] + random.normal(0, 0.3, width)) for number in numbers]
        named = [{"image_id": image_id(number), "model_sha256": sha256} for number in numbers]
        rows = {
            EMBEDDINGS: [row(EMBEDDINGS, **one, vector=vector) for one, vector in zip(named, vectors, strict=True)],
            CATEGORIES: [row(CATEGORIES, **one, rank=1, category="other thing", probability=0.5) for one in named],
        }
        for contract, some in rows.items():
            parts[contract.name].append(tables.write_part(volume, contract, some, name, "embedding", "2" * 64))
    tables.publish(volume, snapshot, "embedding", parts)
    return sha256


def others(snapshot: Snapshot, contract: Contract, slices: Iterable[str]) -> list[Part]:
    """The parts of a table but those of some slices."""
    return [part for part in snapshot.parts(contract) if part.slice not in set(slices)]


def make_model(volume: LocalStorage) -> str:
    """The description of a network, without a network."""
    model = Model("", "made-up", "", "fp32", "", 224, WIDTHS["vector"], "", "", ("thing",))
    return store.save_model(volume, b"no network", model).sha256


def make_rows(numbers: range, sha256: str, random: np.random.Generator, *, tagged: bool) -> Rows:
    """Vectors near their group's centre: close for the embedding, less so for color, hardly for structure."""
    centres = {name: np.random.default_rng(1).random((GROUPS, width)) for name, width in WIDTHS.items()}
    noise = {"vector": 0.3, "color": 0.6, "structure": 2.0}
    vectors = {
        name: [np.abs(centres[name][number % GROUPS] + random.normal(0, noise[name], width)) for number in numbers]
        for name, width in WIDTHS.items()
    }
    unit = {name: [(one / np.linalg.norm(one)).astype(np.float32) for one in some] for name, some in vectors.items()}
    ids = [image_id(number) for number in numbers]
    return {
        "images": [image_row(number, tagged=tagged) for number in numbers],
        "labels": [label_row(one) for one in ids],
        "features": [
            row(FEATURES, image_id=one, color=color, structure=structure, hash=random.bytes(24))
            for one, color, structure in zip(ids, unit["color"], unit["structure"], strict=True)
        ],
        "embeddings": [
            row(EMBEDDINGS, image_id=one, model_sha256=sha256, vector=(9 * vector).astype(np.float32))
            for one, vector in zip(ids, vectors["vector"], strict=True)
        ],
        "categories": [
            row(
                CATEGORIES,
                image_id=one,
                model_sha256=sha256,
                rank=rank,
                category=f"{group_of(number)}, {rank}",
                probability=0.5 / rank,
            )
            for one, number in zip(ids, numbers, strict=True)
            for rank in (1, 2)
        ],
    }


def image_row(number: int, *, tagged: bool) -> Row:
    return row(
        IMAGES,
        image_id=image_id(number),
        location=f"/pictures/{group_of(number)}/{number}.jpg",
        filename=f"{number}.jpg",
        license="CC0",
        tags=[group_of(number)] if tagged else [],
        size_bytes=10,
        width_px=30,
        height_px=20,
        exif={"date_taken": "2020-01-02T03:04:05", "camera_make": "Maker"} if number % 2 else {},
    )


def label_row(image_id: str) -> Row:
    return row(
        LABELS,
        image_id=image_id,
        color_names=["red"],
        orientation="landscape",
        size_category="thumbnail",
        brightness=50.0,
    )


def replace_part(volume: Storage, contract: Contract, slice_name: str, rows: list[Row]) -> None:
    """Publish another part of a table for a slice that it has."""
    snapshot = tables.open_snapshot(volume)
    [old] = [part for part in snapshot.parts(contract) if part.slice == slice_name]
    fingerprint = hashlib.sha256(repr(rows).encode()).hexdigest()
    part = tables.write_part(volume, contract, rows, slice_name, old.stage, fingerprint)
    tables.publish(volume, snapshot, old.stage, {contract.name: [*others(snapshot, contract, [slice_name]), part]})


def rows_of_slice(volume: Storage, contract: Contract, slice_name: str) -> list[Row]:
    """The rows that a table has of a slice."""
    [part] = [part for part in tables.open_snapshot(volume).parts(contract) if part.slice == slice_name]
    return tables.read_rows(volume, part)


def remove_pictures(volume: Storage, slice_name: str, numbers: Iterable[int]) -> None:
    """Take pictures out of `images`, as a synchronised source does."""
    gone = {image_id(number) for number in numbers}
    rows = [row for row in rows_of_slice(volume, IMAGES, slice_name) if row["image_id"] not in gone]
    replace_part(volume, IMAGES, slice_name, rows)
