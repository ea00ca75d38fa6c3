"""A map of made-up pictures: the files of the page, written without Spark and without pictures."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from recommendation.map.explore import files
from recommendation.map.explore.order import order, sheets
from recommendation.map.explore.tiles import TILE_PX, TILES_A_SIDE
from shared.storage import LocalStorage
from shared.storage.files import to_json

GROUPS = 24


def write_map(root: Path, count: int, *, one_sheet: bool = False) -> LocalStorage:
    """Files of a map of `count` pictures in GROUPS islands; picture `row` is called `<row>.jpg`.

    Args:
        one_sheet: use the same picture for every sheet, which saves minutes for many pictures.
    """
    volume, random = LocalStorage(root), np.random.default_rng(5)
    digests = hashlib.shake_256(b"pictures").digest(16 * count)
    ids = np.frombuffer(digests, "S16").copy()
    groups = random.integers(0, GROUPS, count)
    middles = random.uniform(0.12, 0.88, (GROUPS, 2))
    widths = random.uniform(0.01, 0.05, GROUPS)
    places = np.clip(middles[groups] + random.normal(0, 1, (count, 2)) * widths[groups, np.newaxis], 0, 1)
    grid = np.rint(places * 65535).astype(np.uint16)
    rows = order(ids, grid)
    ids, grid, groups = ids[rows.pictures], grid[rows.pictures], groups[rows.pictures]
    clusters = np.where(groups < GROUPS - 2, groups, 255).astype(np.uint8)
    points = grid[:, 0].tobytes() + grid[:, 1].tobytes() + clusters.tobytes()
    written = [(put_sheet(volume, one.name, one.start, one.stop, one_sheet), one.start) for one in sheets(ids)]
    document = {
        "pictures": count,
        "levels": rows.level_starts.tolist(),
        "points": files.put(volume, "points", "bin", [points]),
        "ids": files.put(volume, "ids", "bin", [ids.tobytes()]),
        "names": files.put(volume, "names", "txt", ["".join(f"{row}.jpg\n" for row in range(count)).encode()]),
        "values": put_values(volume, count),
        "sheets": written,
        "tile_px": TILE_PX,
        "tiles_a_side": TILES_A_SIDE,
        "clusters": [
            {
                "cluster": group,
                "name": f"island {group}",
                "pictures": int((clusters == group).sum()),
                "image_id": ids[np.argmax(clusters == group)].ljust(16, b"\0").hex(),
                "x": float(middles[group, 0]),
                "y": float(middles[group, 1]),
            }
            for group in range(GROUPS - 2)
        ],
        "layout": "umap",
        "fitted": count,
        "agreement": 0.5,
        "quality": {"trustworthiness": 0.991, "kept": 0.56, "same_label": None, "placed_trustworthiness": None},
    }
    files.put_document(volume, "made-up", document)
    return volume


def put_values(volume: LocalStorage, count: int) -> str:
    """Every third picture is tagged `third`, every row below 40 is `red`."""
    third, red = np.arange(0, count, 3, dtype=np.uint32), np.arange(min(40, count), dtype=np.uint32)
    data = files.put(volume, "values", "bin", [third.tobytes(), red.tobytes()])
    values = [("tag", "third", len(third), 0), ("color", "red", len(red), len(third))]
    return files.put(volume, "values", "json", [to_json({"data": data, "values": values})])


def put_sheet(volume: LocalStorage, name: str, start: int, stop: int, one_sheet: bool) -> str:
    """A sheet whose pictures are of one colour each, two thirds of them with a lighter square; its name."""
    name = "0" * 16 if one_sheet else name
    if volume.stat(files.sheet_key(name)) is None:
        numbers = np.arange(1024 if one_sheet else stop - start) + (0 if one_sheet else start)
        height = -(-len(numbers) // TILES_A_SIDE)
        colors = np.random.default_rng(start).integers(40, 216, (TILES_A_SIDE * height, 3), np.uint8)
        tiles = colors.reshape(height, TILES_A_SIDE, 3).repeat(TILE_PX, 0).repeat(TILE_PX, 1)
        tiles[np.arange(len(tiles)) % TILE_PX < TILE_PX // 3] //= 2
        file = io.BytesIO()
        Image.fromarray(tiles).save(file, "JPEG", quality=80)
        volume.put(files.sheet_key(name), file.getvalue())
    return name
