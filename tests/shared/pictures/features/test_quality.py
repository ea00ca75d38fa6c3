"""How well the cheap features find pictures of the same class, on real photographs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shared.pictures.features.color import color_histogram
from shared.pictures.features.structure import gradient_orientations
from shared.pictures.features.thumbnail import Thumbnail

CLASSES = 20


@pytest.mark.parametrize(
    ("feature", "floor"),  # chance is 0.05
    [(color_histogram, 0.28), (gradient_orientations, 0.46)],
)
def test_the_five_nearest_are_often_of_the_same_class(
    photos: Path, feature: Callable[[Thumbnail], NDArray[np.float32]], floor: float
) -> None:
    folders = sorted(path for path in photos.iterdir() if path.is_dir())[:CLASSES]
    paths = [path for folder in folders for path in sorted(folder.glob("*.jpg"))]
    classes = np.array([path.parent.name for path in paths])
    vectors = np.stack([feature(Thumbnail(np.asarray(Image.open(path).convert("RGB")))) for path in paths])
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    best = np.argsort(-likeness, axis=1)[:, :5]
    assert (classes[best] == classes[:, np.newaxis]).mean() > floor
