"""Real embeddings in any number: crops of photographs through the network; made once and kept."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyspark import SparkContext

from shared.models.session import embedder
from shared.models.store import Model, model_path
from shared.pictures import decoding, pixels
from shared.storage import Storage
from shared.storage.files import temporary_name

BLOCK = 500
SMALLEST_SHARE = 0.3  # of a side of the photograph
BATCH = 10
CROPS = 5  # of a photograph, in one batch


def crop(rgb: NDArray[np.uint8], dice: np.random.Generator) -> NDArray[np.uint8]:
    """A random part of a picture, mirrored half of the time."""
    height, width = (max(1, round(side * dice.uniform(SMALLEST_SHARE, 1))) for side in rgb.shape[:2])
    top, left = (
        int(dice.integers(0, whole - part + 1)) for whole, part in zip(rgb.shape[:2], (height, width), strict=True)
    )
    part = rgb[top : top + height, left : left + width]
    return part[:, ::-1] if dice.random() < 0.5 else part


def embed_block(path: Path, sources: list[str], network: Path, model: Model, block: int) -> int:
    """Write the embeddings of one block of crops to their rows of the file."""
    dice = np.random.default_rng(block)
    looking = embedder(network, model.sha256)
    rows = np.lib.format.open_memmap(path, mode="r+")
    for start in range(block * BLOCK, (block + 1) * BLOCK, BATCH):
        names = (sources[int(dice.integers(len(sources)))] for _ in range(BATCH // CROPS))
        photos = [pixels.open_thumbnail(decoding.decode(Path(name).read_bytes()).jpeg) for name in names]
        crops = [np.ascontiguousarray(crop(photo, dice)) for photo in photos for _ in range(CROPS)]
        squares = np.stack([pixels.resize(one, model.side_px, model.side_px) for one in crops])
        rows[start : start + BATCH] = looking.embed(squares)[0]
    return BLOCK


def crop_embeddings(sc: SparkContext, cache: Path, photos: Path, volume: Storage, model: Model, count: int) -> Path:
    """File of float16 embeddings of `count` crops, shape (count, 1280); made when it is not in the cache."""
    path = cache / f"crops-{count}-{model.sha256[:12]}.npy"
    if path.exists():
        return path
    cache.mkdir(parents=True, exist_ok=True)
    aside = temporary_name(path).with_suffix(".npy")
    np.lib.format.open_memmap(aside, mode="w+", dtype=np.float16, shape=(count, 1280))
    sources = [str(one) for one in sorted(photos.rglob("*.jpg"))]
    blocks = range(count // BLOCK)
    sc.parallelize(blocks, len(blocks)).map(
        partial(embed_block, aside, sources, model_path(volume, model.sha256), model)
    ).count()
    aside.rename(path)
    return path
