"""A canvas of floating-point colour, and the few ways to put paint on it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

#: Colours are of shape (3, 1, 1), painted surfaces (3, height, width) and masks (height, width): they broadcast, and
#: NumPy's inner loop runs along a row of one channel, which is many times faster than along three channels.
Array = NDArray[np.floating[Any]]

#: Shapes are drawn this many times larger and averaged down, so that their edges are smooth.
OVERSAMPLING = 3


def colors(hexes: str) -> Array:
    """Colours written as ``"ff8000 0a1b2c"``: shape (n, 3, 1, 1), 0..1."""
    values = np.array([list(bytes.fromhex(code)) for code in hexes.split()], np.float32)
    return values.reshape(-1, 3, 1, 1) / np.float32(255)


def color(code: str) -> Array:
    """One colour written as ``"ff8000"``: shape (3, 1, 1), 0..1."""
    return np.asarray(colors(code)[0])


def ramp(t: Array | float, stops: Array) -> Array:
    """Colours along evenly spaced `stops`: t is 0..1 of shape (h, w) or one number, the answer (3, h, w)."""
    places, steps = np.linspace(0, 1, len(stops)), np.linspace(0, 1, 1024)
    table = np.stack([np.interp(steps, places, stops[:, channel, 0, 0]) for channel in range(3)]).astype(np.float32)
    return table[:, (np.clip(np.atleast_2d(t), 0, 1) * 1023 + 0.5).astype(np.intp)]


def mix(a: Array, b: Array, share: float | Array) -> Array:
    """`a` where share is 0, `b` where it is 1."""
    return a + (b - a) * np.asarray(share, np.float32)


def smooth(low: float, high: float, values: Array) -> Array:
    """0 below `low`, 1 above `high`, an S curve between (low may be above high)."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


#: Where on a canvas: all channels, rows, columns.
Window = tuple[slice, slice, slice]


class Canvas:
    """Pixels to paint on; lengths are in units of the shorter side, y points down.

    Attributes:
        pixels: shape (3, height, width), sRGB 0..1.
        x: shape (1, width), 0..right. y: shape (height, 1), 0..bottom.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self.unit_px = min(width_px, height_px)
        self.right, self.bottom = width_px / self.unit_px, height_px / self.unit_px
        self.x = ((np.arange(width_px, dtype=np.float32) + 0.5) / self.unit_px)[None, :]
        self.y = ((np.arange(height_px, dtype=np.float32) + 0.5) / self.unit_px)[:, None]
        self.pixels = np.zeros((3, height_px, width_px), np.float32)

    def row(self, y: float) -> int:
        """The pixel row at height y, kept inside the canvas."""
        return int(np.clip(round(y * self.unit_px), 0, self.pixels.shape[1]))

    def window(self, x: float, y: float, reach: float) -> Window:
        """The square around (x, y) that reaches `reach` to every side, as far as it is on the canvas."""
        return self.box(x - reach, y - reach, x + reach, y + reach)

    def box(self, left: float, top: float, right: float, bottom: float) -> Window:
        """The rectangle between two corners, as far as it is on the canvas."""
        _, height, width = self.pixels.shape
        rows = (int(np.clip(round(y * self.unit_px), 0, height)) for y in (top, bottom))
        columns = (int(np.clip(round(x * self.unit_px), 0, width)) for x in (left, right))
        return slice(None), slice(*rows), slice(*columns)

    def offsets(self, x: float, y: float, where: Window) -> tuple[Array, Array]:
        """Horizontal (1, w) and vertical (h, 1) distance of a window's pixels from (x, y)."""
        return self.x[:, where[2]] - np.float32(x), self.y[where[1]] - np.float32(y)

    def edge(self, inside: Array) -> Array:
        """Coverage of pixels from their signed distance to an edge, positive inside."""
        covered = np.asarray(inside, np.float32) * np.float32(self.unit_px) + np.float32(0.5)
        return np.asarray(np.clip(covered, 0, 1))

    def disc(self, x: float, y: float, radius: float, paint: Array, opacity: float = 1.0) -> None:
        """Paint a disc with a smooth edge."""
        where = self.window(x, y, radius * 1.02)
        across, down = self.offsets(x, y, where)
        lay(self.pixels[where], self.edge(radius - np.hypot(across, down)) * opacity, paint)

    def glow(self, x: float, y: float, radius: float, light: Array, strength: float) -> None:
        """Add light that fades away from (x, y); it brightens and never overflows."""
        where = self.window(x, y, radius * 2.4)
        across, down = self.offsets(x, y, where)
        mask = strength * np.exp(-(across**2) / radius**2) * np.exp(-(down**2) / radius**2)
        screen(self.pixels[where], mask, light)

    def polygons(self, shapes: Iterable[ArrayLike], paint: Array, opacity: float = 1, blur: float = 0) -> None:
        """Paint closed shapes, each of shape (n, 2) as x, y, with smooth or blurred edges."""
        outlines = [np.asarray(shape, np.float32) for shape in shapes]
        where, mask = self.coverage(outlines, blur)
        lay(self.pixels[where], mask * np.float32(opacity), paint)

    def coverage(self, outlines: Sequence[Array], blur: float = 0) -> tuple[Window, Array]:
        """The window that holds all outlines, and how much of each of its pixels they cover."""
        points = np.concatenate(outlines) * self.unit_px
        margin = 2 + 3 * blur * self.unit_px
        limit = np.array(self.pixels.shape[:0:-1])
        left, top = np.clip(points.min(0) - margin, 0, limit - 1).astype(int)
        right, bottom = np.clip(points.max(0) + margin, 1, limit).astype(int)
        size = (max(1, int(right - left)), max(1, int(bottom - top)))
        sheet = Image.new("L", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING))
        pen = ImageDraw.Draw(sheet)
        for outline in outlines:
            scaled = (outline * self.unit_px - (left, top)) * OVERSAMPLING
            pen.polygon([(float(x), float(y)) for x, y in scaled], fill=255)
        sheet = sheet.reduce(OVERSAMPLING)
        if blur:
            sheet = sheet.filter(ImageFilter.GaussianBlur(blur * self.unit_px))
        rows, columns = slice(int(top), int(top) + size[1]), slice(int(left), int(left) + size[0])
        return (slice(None), rows, columns), np.asarray(sheet, np.float32) / np.float32(255)


def lay(pixels: Array, mask: Array, paint: Array) -> None:
    """Cover `pixels` (3, h, w) with `paint` where `mask` (broadcastable to (h, w)) is 1, in place."""
    pixels += (np.asarray(paint, np.float32) - pixels) * np.asarray(mask, np.float32)


def screen(pixels: Array, mask: Array, light: Array) -> None:
    """Add light to `pixels` as a second projector would, in place."""
    pixels += (1 - pixels) * (light * np.asarray(mask, np.float32))


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float], octaves: int = 4) -> Array:
    """Cloudy noise of about 0..1 with mean 0.5.

    Args:
        rng: where chance comes from.
        shape: rows, columns.
        cells: bumps down and across of the coarsest octave.
        octaves: each one doubles the bumps and halves their height.
    """
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        down, across = (max(2, min(round(n * 2**octave), side) + 1) for n, side in zip(cells, shape, strict=True))
        coarse = Image.fromarray(rng.standard_normal((down, across), np.float32))
        total += np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC)) * np.float32(0.5**octave)
    return np.float32(0.5) + total * np.float32(0.26)


def outline(rng: np.random.Generator, width: int, cells: float, octaves: int, roughness: float = 0.5) -> Array:
    """A jagged line such as a mountain ridge: shape (width,), about -1..1."""
    total = np.zeros(width, np.float64)
    for octave in range(octaves):
        n = max(2, round(cells * 2**octave) + 1)
        knots = np.linspace(0, 1, n) + rng.uniform(-0.3, 0.3, n) / n
        total += np.interp(np.linspace(0, 1, width), knots, rng.uniform(-1, 1, n)) * roughness**octave
    return (total / 1.4).astype(np.float32)


def ellipse(x: float, y: float, across: float, down: float) -> Array:
    """Outline of an ellipse with half axes `across` and `down`."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], axis=1).astype(np.float32)


def turned(points: ArrayLike, turn: float) -> Array:
    """Points (n, 2) turned clockwise about the origin by `turn` radians."""
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(np.asarray(points) @ matrix, np.float32)
