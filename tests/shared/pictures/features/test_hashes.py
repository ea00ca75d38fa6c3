"""Our hashes against those of the package imagehash."""

import io
from pathlib import Path

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shared.pictures.features.hashes import LENGTH_BYTES, frequency_bits, perceptual_hashes
from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.measures import distances


def oracle(rgb: NDArray[np.uint8]) -> str:
    picture = Image.fromarray(rgb)
    return "".join(str(one(picture)) for one in (imagehash.average_hash, imagehash.dhash, imagehash.phash))


def noise(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Coloured blots of different sizes."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (7, 9, 3), np.uint8)).resize((width, height))
    return np.asarray(Image.blend(small, Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)), 0.2))


def as_jpeg(rgb: NDArray[np.uint8], scale: float, quality: int) -> NDArray[np.uint8]:
    height, width = (round(scale * side) for side in rgb.shape[:2])
    buffer = io.BytesIO()
    Image.fromarray(rgb).resize((width, height)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("size", [(256, 341), (341, 256), (256, 256), (30, 20), (8, 8), (5, 1000)])
@pytest.mark.parametrize("seed", range(5))
def test_drawn_pictures_have_the_bits_that_imagehash_gives(seed: int, size: tuple[int, int]) -> None:
    rgb = noise(seed, *size)
    assert perceptual_hashes(Thumbnail(rgb)).tobytes().hex() == oracle(rgb)


def test_photographs_have_the_bits_that_imagehash_gives(photos: Path) -> None:
    for path in sorted(photos.glob("*/*_00*[05].jpg"))[:100]:
        rgb = np.asarray(Image.open(path).convert("RGB"))
        assert perceptual_hashes(Thumbnail(rgb)).tobytes().hex() == oracle(rgb), path


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_plain_picture_has_no_bit_however_it_was_compressed(level: int) -> None:
    plain = np.full((200, 300, 3), level, np.uint8)
    for rgb in (plain, as_jpeg(plain, 0.5, 30)):
        assert not perceptual_hashes(Thumbnail(rgb)).any()


def test_a_faint_picture_has_bits() -> None:
    rgb = np.full((200, 300, 3), 90, np.uint8)
    rgb[:100] += 4
    assert perceptual_hashes(Thumbnail(rgb)).any()


def test_frequencies_that_are_not_there_are_no_bits() -> None:
    ramp = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))  # changes to the right only
    assert not frequency_bits(ramp)[1:].any()


def test_a_smaller_copy_of_poor_quality_differs_in_few_bits_and_another_picture_in_many() -> None:
    rgb = noise(1, 240, 320)
    hashes = [perceptual_hashes(Thumbnail(one)) for one in (rgb, as_jpeg(rgb, 0.5, 40), noise(2, 240, 320))]
    original, copy, other = hashes
    assert len(original) == LENGTH_BYTES
    near, far = distances("hamming", original, np.stack([copy, other]))
    assert near < 0.05
    assert far > 0.3
