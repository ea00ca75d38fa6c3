"""A canvas of floating-point colour, and the few ways to put paint on it."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.float32]

#: Shapes are drawn this many times larger and averaged down, so that their edges are smooth.
OVERSAMPLING = 3


def colors(hexes: str) -> Array:
    """Colours written as ``"ff8000 0a1b2c"``: shape (n, 3), 0..1."""
    return np.array([list(bytes.fromhex(code)) for code in hexes.split()], np.float32) / 255


def color(code: str) -> Array:
    """One colour written as ``"ff8000"``: shape (3,), 0..1."""
    return colors(code)[0]


def ramp(t: ArrayLike, stops: Array) -> Array:
    """Colours along evenly spaced `stops`; t in 0..1 of any shape, the answer has one more axis."""
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(t, places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def mix(a: Array, b: Array, share: float | Array) -> Array:
    """`a` where share is 0, `b` where it is 1."""
    return a + (b - a) * np.float32(share)


def smooth(low: float, high: float, values: Array) -> Array:
    """0 below `low`, 1 above `high`, an S curve between (low may be above high)."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


class Canvas:
    """Pixels to paint on; lengths are in units of the shorter side, y points down.

    Attributes:
        pixels: shape (height, width, 3), sRGB 0..1.
        x: shape (1, width), 0..right. y: shape (height, 1), 0..bottom.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self.unit_px = min(width_px, height_px)
        self.right, self.bottom = width_px / self.unit_px, height_px / self.unit_px
        self.x = ((np.arange(width_px, dtype=np.float32) + 0.5) / self.unit_px)[None, :]
        self.y = ((np.arange(height_px, dtype=np.float32) + 0.5) / self.unit_px)[:, None]
        self.pixels = np.zeros((height_px, width_px, 3), np.float32)

    def row(self, y: float) -> int:
        """The pixel row at height y, kept inside the canvas."""
        return int(np.clip(round(y * self.unit_px), 0, len(self.pixels)))

    def window(self, x: float, y: float, reach: float) -> tuple[slice, slice]:
        """Rows and columns of the square around (x, y) that reaches `reach` to every side."""
        height, width = self.pixels.shape[:2]
        top, left = max(0, int((y - reach) * self.unit_px)), max(0, int((x - reach) * self.unit_px))
        bottom, right = int((y + reach) * self.unit_px) + 2, int((x + reach) * self.unit_px) + 2
        return slice(top, max(top, min(height, bottom))), slice(left, max(left, min(width, right)))

    def offsets(self, x: float, y: float, where: tuple[slice, slice]) -> tuple[Array, Array]:
        """Horizontal (1, w) and vertical (h, 1) distance of a window's pixels from (x, y)."""
        return self.x[:, where[1]] - np.float32(x), self.y[where[0]] - np.float32(y)

    def edge(self, inside: Array) -> Array:
        """Coverage of pixels from their signed distance to an edge, positive inside."""
        return np.clip(inside * self.unit_px + 0.5, 0, 1).astype(np.float32)

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

    def coverage(self, outlines: Sequence[Array], blur: float = 0) -> tuple[tuple[slice, slice], Array]:
        """The window that holds all outlines, and how much of each of its pixels they cover."""
        points = np.concatenate(outlines) * self.unit_px
        margin = 2 + 3 * blur * self.unit_px
        limit = np.array(self.pixels.shape[1::-1])
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
        where = slice(int(top), int(top) + size[1]), slice(int(left), int(left) + size[0])
        return where, np.asarray(sheet, np.float32) / 255


def lay(pixels: Array, mask: Array, paint: Array) -> None:
    """Cover `pixels` (h, w, 3) with `paint` where `mask` (broadcastable to (h, w)) is 1, in place."""
    pixels += (paint - pixels) * mask[..., None]


def screen(pixels: Array, mask: Array, light: Array) -> None:
    """Add light to `pixels` as a second projector would, in place."""
    pixels += (1 - pixels) * (light * mask[..., None])


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


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0) -> Array:
    """Outline of an ellipse with half axes `across` and `down`, turned clockwise by `turn` radians."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return turned(np.stack([across * np.cos(angle), down * np.sin(angle)], axis=1), turn) + (x, y)


def turned(points: ArrayLike, turn: float) -> Array:
    """Points (n, 2) turned clockwise about the origin by `turn` radians."""
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (np.asarray(points) @ matrix).astype(np.float32)
