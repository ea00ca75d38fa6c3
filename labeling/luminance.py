"""Light and dark: brightness, contrast and sharpness of a picture."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.pictures.features.lab import srgb_to_lab


class Luminance(NamedTuple):
    """All in units of CIELAB lightness; the fields are columns of LABELS."""

    brightness: float  # mean, 0..100
    contrast: float  # standard deviation, 0..50
    sharpness: float  # standard deviation of the Laplacian, 0 = no edge


def luminance_of(lightness: NDArray[np.float32], gray: NDArray[np.uint8]) -> Luminance:
    """Brightness, contrast and sharpness of a picture.

    Args:
        lightness: of the squashed picture, 0..100.
        gray: the thumbnail without colour, shape (height, width), because squashing blurs.
    """
    return Luminance(float(lightness.mean()), float(lightness.std()), sharpness(gray))


def sharpness(gray: NDArray[np.uint8]) -> float:
    """How much neighbouring pixels differ; 0 for a picture with a side under 3 px.

    Args:
        gray: shape (height, width).

    Source: Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy" (variance of the Laplacian).
    """
    if min(gray.shape) < 3:
        return 0.0
    light = gray_lightness().take(gray)
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    return float((around - 4 * light[1:-1, 1:-1]).std())


@cache
def gray_lightness() -> NDArray[np.float32]:
    """CIELAB lightness of each gray value, shape (256,)."""
    return srgb_to_lab(np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1))[:, 0]
