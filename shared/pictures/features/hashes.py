"""Perceptual hashes: few bits that copies of a picture share, however they were scaled or compressed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.pictures.features import lanczos
from shared.pictures.features.thumbnail import Thumbnail

SIDE = 8  # bits of each hash along a side
DCT_SIDE_PX = 32
LENGTH_BYTES = 3 * SIDE * SIDE // 8
FAINT = 2.0  # levels of 255 between the darkest and the lightest cell; less is what compression makes of one colour


def perceptual_hashes(thumbnail: Thumbnail) -> NDArray[np.uint8]:
    """aHash, dHash and pHash of a picture, 64 bits each, row by row, most significant bit first.

    They are the bits that the `imagehash` package computes of the same pixels, but for frequencies that a picture does
    not have: there its bits are what rounding makes of them, and ours are 0.

    Returns:
        Shape (LENGTH_BYTES,); all zeros for a picture without contrast, whose bits would be chance.

    Source: Krawetz 2011 and 2013, "Looks Like It" and "Kind of Like That", hackerfactor.com.
    """
    exact = thumbnail.gray.astype(np.float64)
    cells = lanczos.resize(exact, SIDE, SIDE)
    if np.ptp(cells.astype(np.float64)) < FAINT:
        return np.zeros(LENGTH_BYTES, np.uint8)
    bits = (
        average_bits(cells),
        difference_bits(lanczos.resize(exact, SIDE, SIDE + 1)),
        frequency_bits(lanczos.resize(exact, DCT_SIDE_PX, DCT_SIDE_PX)),
    )
    return np.packbits(np.concatenate([one.ravel() for one in bits]))


def average_bits(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """aHash: where the picture is lighter than its mean."""
    return np.asarray(gray > gray.mean())


def difference_bits(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """dHash: where the picture gets lighter to the right."""
    return np.asarray(gray[:, 1:] > gray[:, :-1])


def frequency_bits(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """pHash: which low frequencies are stronger than the median of them.

    Values are rounded, so that frequencies a picture does not have are equal and not a matter of the processor.
    """
    low = np.round(cosines() @ gray.astype(np.float64) @ cosines().T, 6)
    return np.asarray(low > np.median(low))


@cache
def cosines() -> NDArray[np.float64]:
    """The first SIDE rows of the discrete cosine transform, DCT-II without normalisation, shape (SIDE, DCT_SIDE_PX)."""
    positions = np.arange(DCT_SIDE_PX) + 0.5
    return 2 * np.cos(np.pi / DCT_SIDE_PX * np.arange(SIDE)[:, np.newaxis] * positions)
