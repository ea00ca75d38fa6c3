"""The signature of a thumbnail: few numbers that copies can be verified with, pixel by pixel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.pictures import pixels
from shared.pictures.features.lab import srgb_to_lab

SIDE_PX = 64
CHROMA_PX = 16
LENGTH = SIDE_PX * SIDE_PX + 2 * CHROMA_PX * CHROMA_PX
SYMMETRIES = 8
ZERO = 128  # of a and b in 8 bits

Gray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)  # each is itself, so that what is computed of one can be cached
class Signature:
    """A picture squashed to a square.

    Args:
        light: CIELAB lightness, shape (SIDE_PX, SIDE_PX), 0..255.
        chroma: a and b, shape (CHROMA_PX, CHROMA_PX, 2).
    """

    light: Gray
    chroma: Gray

    def turned(self, symmetry: int) -> "Signature":
        """See `turn`."""
        return Signature(turn(self.light, symmetry), turn(self.chroma, symmetry))


def turn(field: Gray, symmetry: int) -> Gray:
    """One of the 8 symmetries of the square: a quarter turn `symmetry % 4` times, from 4 on mirrored before."""
    return np.rot90(field[:, ::-1] if symmetry >= SYMMETRIES // 2 else field, symmetry % 4)


def encode(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The signature of a thumbnail as bytes, shape (LENGTH,)."""
    lab = srgb_to_lab(pixels.average(rgb, SIDE_PX, SIDE_PX))
    step = SIDE_PX // CHROMA_PX
    chroma = lab[..., 1:].reshape(CHROMA_PX, step, CHROMA_PX, step, 2).mean(axis=(1, 3))
    parts = (lab[..., 0] * np.float32(2.55)).ravel(), chroma.ravel() + ZERO
    return np.clip(np.round(np.concatenate(parts)), 0, 255).astype(np.uint8)


def decode(stored: NDArray[np.uint8]) -> Signature:
    """What `encode` gave, as numbers."""
    values = stored.astype(np.float32)
    light, chroma = values[: SIDE_PX * SIDE_PX], values[SIDE_PX * SIDE_PX :] - ZERO
    return Signature(light.reshape(SIDE_PX, SIDE_PX), chroma.reshape(CHROMA_PX, CHROMA_PX, 2))
