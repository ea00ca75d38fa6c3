"""Gray pictures with more than 8 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.pictures.codecs.boundary import codec

BLOCK_ROWS = 256


def to_8_bits(image: Image.Image) -> Image.Image:
    """A gray picture with more than 8 bits, by the range that it uses.

    Unsigned 16 bits: the fewest bits that hold its largest value become 8, so that 10 or 12 bits are not black and a
    dark picture stays darker than a bright one. Other numbers are stretched from the lowest to the highest; what is no
    number or infinite counts as the nearest of these.
    """
    with codec():
        values = np.asarray(image)
        color = image.info.get("transparency")
    gray = Image.fromarray(shift(values) if image.mode.startswith("I;16") else stretch(values))
    if not isinstance(color, int):
        return gray
    opaque = Image.fromarray(np.where(values == color, 0, 255).astype(np.uint8))
    return Image.merge("LA", (gray, opaque))


def shift(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The upper 8 of the bits in use."""
    highest = (1 << max(8, int(values.max()).bit_length())) - 1
    scale = np.float32(255 / highest)
    return np.concatenate([(rows * scale + np.float32(0.5)).astype(np.uint8) for rows in blocks(values)])


def stretch(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Lowest to 0, highest to 255."""
    ranges = [
        (float(some.min()), float(some.max())) for rows in blocks(values) if (some := rows[np.isfinite(rows)]).size
    ]
    low, high = min((one for one, _ in ranges), default=0.0), max((other for _, other in ranges), default=0.0)
    scale = 255 / ((high - low) or 1)

    def stretched(rows: NDArray[Any]) -> NDArray[np.uint8]:
        numbers = np.nan_to_num(rows.astype(np.float64), nan=low, posinf=high, neginf=low)
        return ((numbers - low) * scale + 0.5).astype(np.uint8)

    return np.concatenate([stretched(rows) for rows in blocks(values)])


def blocks(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Views of some rows each: what is computed of them takes little memory at a time."""
    return [values[start : start + BLOCK_ROWS] for start in range(0, len(values), BLOCK_ROWS)]
