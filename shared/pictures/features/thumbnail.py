"""A thumbnail's pixels as features use them."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.pictures import pixels
from shared.pictures.features.lab import srgb_to_lab

SIDE_PX = 64  # colour and structure find as much as at 128 px, at a quarter of the cost


class Thumbnail:
    """The pixels of a thumbnail, and forms of them that several features need, each made once.

    Args:
        rgb: sRGB pixels, shape (height, width, 3), 0..255.
    """

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.rgb = rgb

    @cached_property
    def small_rgb(self) -> NDArray[np.uint8]:
        """The whole picture squashed to shape (SIDE_PX, SIDE_PX, 3)."""
        return pixels.average(self.rgb, SIDE_PX, SIDE_PX)

    @cached_property
    def small_lab(self) -> NDArray[np.float32]:
        """The same in CIELAB."""
        return srgb_to_lab(self.small_rgb)

    @cached_property
    def gray(self) -> NDArray[np.uint8]:
        """The picture without colour, shape (height, width)."""
        return pixels.gray(self.rgb)
