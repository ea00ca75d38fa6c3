"""Regions of query pictures and their mirror images."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.search.messages import MAX_SHOWN
from shared.errors import UsageError

WHOLE = "whole"
NUMBER = r"(0|1|1?\.\d{1,9}|[01]\.\d{1,9})"
REGION = re.compile(rf"\s*{NUMBER}\s*,\s*{NUMBER}\s*,\s*{NUMBER}\s*,\s*{NUMBER}\s*")
LEAST_PX = 8  # of a thumbnail, along each side: less has no structure
SLACK = 1e-6  # what sums of rounded fractions may be above 1


class Region(NamedTuple):
    """A part of a picture: its left upper corner and its size, as shares of the picture's width and height, 0..1."""

    x: float
    y: float
    width: float
    height: float


class Look(NamedTuple):
    """How a query picture is seen: a region of it, None for all, and whether left and right are exchanged."""

    region: Region | None = None
    is_mirrored: bool = False

    def of(self, rgb: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
        """The pixels that are seen; the mirror image is that of the region.

        Args:
            rgb: shape (height, width, 3).
            name: of the picture, for errors.

        Raises:
            UsageError: the region is too small.
        """
        seen = rgb if self.region is None else cut(rgb, self.region, name)
        return np.ascontiguousarray(seen[:, ::-1] if self.is_mirrored else seen)


PLAIN = Look()


def parse_region(text: str) -> Region | None:
    """The region that a text describes; None for the whole picture.

    Raises:
        UsageError: it is none, or not within the picture.
    """
    if text.strip() == WHOLE:
        return None
    found = REGION.fullmatch(text)
    region = Region(*map(float, found.groups())) if found else None
    if region is None or min(region[2:]) <= 0 or max(region.x + region.width, region.y + region.height) > 1 + SLACK:
        raise UsageError(
            f"crop: expected X,Y,WIDTH,HEIGHT within the picture as shares of its width and height (0 to 1), or {WHOLE}; "
            f"got {text[:MAX_SHOWN]!r}"
        )
    return region


def parse_regions(texts: Sequence[str]) -> list[Region | None]:
    """The regions that texts describe; errors as `parse_region`."""
    return [parse_region(text) for text in texts]


def looks(crop: Sequence[str], *, is_mirrored: bool) -> Iterator[Look]:
    """How each query picture is seen, without end: the first region is that of the first picture; the rest are whole."""
    for region in chain(parse_regions(crop), repeat(None)):
        yield Look(region, is_mirrored)


def check_regions(crop: Sequence[str], n_pictures: int) -> None:
    """Do nothing if there are no more regions than pictures.

    Raises:
        UsageError: there are.
    """
    if len(crop) > n_pictures:
        raise UsageError(f"crop: expected at most one region for each of {n_pictures} query pictures, got {len(crop)}")


def cut(rgb: NDArray[np.uint8], region: Region, name: str) -> NDArray[np.uint8]:
    """The pixels of a region; errors as `Look.of`."""
    height, width = rgb.shape[:2]
    left, right = round(region.x * width), round((region.x + region.width) * width)
    top, bottom = round(region.y * height), round((region.y + region.height) * height)
    found = rgb[top:bottom, left:right]
    if min(found.shape[:2]) < LEAST_PX:
        raise UsageError(
            f"crop: {name}: expected {LEAST_PX} px or more along each side of the thumbnail of {width} x {height} px, "
            f"got {found.shape[1]} x {found.shape[0]}"
        )
    return found
