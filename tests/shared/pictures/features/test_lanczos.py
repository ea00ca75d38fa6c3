"""Our resizing against Pillow's."""

import numpy as np
import pytest
from PIL import Image

from shared.pictures.features import lanczos


@pytest.mark.parametrize("size", [(8, 8), (8, 9), (32, 32)])
@pytest.mark.parametrize("seed", range(4))
def test_any_shape_becomes_what_pillow_makes_of_it(seed: int, size: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    for highest in (40, 256, 1024):
        for _ in range(20):
            gray = random.integers(0, 256, random.integers(1, highest, 2), np.uint8)
            if random.random() < 0.3:
                gray = np.where(gray > 127, 255, 0).astype(np.uint8)  # overshoots, so it must be clipped
            expected = Image.fromarray(gray).resize(size[::-1], Image.Resampling.LANCZOS)
            assert np.array_equal(lanczos.resize(gray.astype(np.float64), *size), np.asarray(expected)), gray.shape


def test_a_flat_picture_stays_flat() -> None:
    assert (lanczos.resize(np.full((300, 77), 90.0), 8, 8) == 90).all()
