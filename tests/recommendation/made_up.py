"""A made-up collection: tables whose pictures fall into known groups, without any picture being decoded."""

import hashlib

import numpy as np

from shared import tables
from shared.models import store
from shared.models.store import Model
from shared.storage import LocalStorage
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES
from tests.rows import Row, row, write_slices

GROUPS = 6
WIDTHS = {"vector": 32, "color": 40, "structure": 24}
STAGES = {"acquisition": [IMAGES], "labeling": [FEATURES], "embedding": [EMBEDDINGS, CATEGORIES]}

Rows = dict[str, list[Row]]


def image_id(number: int) -> str:
    return hashlib.sha256(f"picture {number}".encode()).hexdigest()[:32]


def group_of(number: int) -> str:
    return f"group {number % GROUPS}"


def make_volume(volume: LocalStorage, slices: dict[str, range], *, seed: int = 7, tagged: bool = True) -> LocalStorage:
    """Publish the tables that the index is made of; picture `number` is of group `number % GROUPS`."""
    sha256 = make_model(volume)
    rows = {
        name: make_rows(numbers, sha256, np.random.default_rng(seed), tagged=tagged) for name, numbers in slices.items()
    }
    snapshot = tables.open_snapshot(volume)
    for stage, contracts in STAGES.items():
        mine = {name: {contract: some[contract.name] for contract in contracts} for name, some in rows.items()}
        snapshot = tables.publish(volume, snapshot, stage, write_slices(volume, stage, mine))
    return volume


def make_model(volume: LocalStorage) -> str:
    """What is known of a network, without a network."""
    known = Model("", "made-up", "", "fp32", "", 224, WIDTHS["vector"], "", "", ("thing",))
    return store.save_model(volume, b"no network", known).sha256


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
    )
