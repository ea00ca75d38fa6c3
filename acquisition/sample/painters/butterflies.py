"""Butterflies above a meadow."""

import math
from typing import NamedTuple

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, color, colors, ellipse, lay, mix, ramp, smooth, turned
from acquisition.sample.painters.skies import add_grain

FORE = [(0.0, 0.02), (0.16, 0.42), (0.5, 0.82), (0.86, 0.98), (1.0, 0.9), (0.9, 0.55), (0.66, 0.14), (0.3, -0.02)]
HIND = [(0.0, 0.06), (0.34, 0.08), (0.68, 0.02), (0.8, -0.22), (0.68, -0.52), (0.42, -0.72), (0.2, -0.6), (0.04, -0.2)]
MEADOWS = (
    "dfe9c9 b7cf93 7da567",
    "f7e6d4 f0c9b0 c9a08c",
    "d5e8f2 a6cbe0 6f9fc0",
    "efe2f2 cfb4dc 9a7fb5",
    "fbf3d0 eed98c c2a94f",
)


class Wings(NamedTuple):
    """How a butterfly is marked."""

    tints: str  # from the body outwards
    border: str
    spots: str
    veins: float  # how dark, 0..1
    eyes: bool  # an eye on each hind wing


KINDS = {
    "monarch": Wings("f6a035 f0801c d9580f", "140c0a", "fff7e6", 0.85, False),
    "morpho": Wings("0a2a7a 1466d0 4fc3f7", "060914", "cfeeff", 0.3, False),
    "swallowtail": Wings("fff3a8 ffe05a f7c52a", "191411", "5fa8ff", 0.6, True),
    "peacock": Wings("8a1f12 c23a1a d9602a", "2a1410", "e8d9a0", 0.15, True),
    "glider": Wings("e7fff1 8fe6c0 2fae86", "0c2620", "f2fff9", 0.5, False),
}


def paint_butterflies(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """One large butterfly, or one with two small companions, in soft light."""
    paint_meadow(canvas, rng)
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        x, y = (
            float(rng.choice([0.12, 0.88]) + rng.uniform(-0.04, 0.04)) * side for side in (canvas.right, canvas.bottom)
        )
        paint_butterfly(canvas, rng, (x, y), float(rng.uniform(0.08, 0.13)), KINDS[mood])
    x, y = (float(rng.uniform(0.44, 0.56)) * side for side in (canvas.right, canvas.bottom))
    paint_butterfly(canvas, rng, (x, y + 0.03), float(rng.uniform(0.31, 0.39)), KINDS[mood])
    add_grain(canvas, rng)


def paint_meadow(canvas: Canvas, rng: np.random.Generator) -> None:
    """Soft colours, blades of grass and round lights, all out of focus."""
    tints = colors(MEADOWS[int(rng.integers(len(MEADOWS)))])
    canvas.pixels[:] = ramp(np.clip(canvas.y / canvas.bottom + 0.2 * np.sin(canvas.x * 2.3), 0, 1), tints)
    blades = []
    for _ in range(int(rng.integers(8, 18))):
        x, lean = float(rng.uniform(0, canvas.right)), float(rng.uniform(-0.25, 0.25))
        top = canvas.bottom * float(rng.uniform(0.2, 0.75))
        blades.append([(x - 0.015, canvas.bottom + 0.1), (x + 0.015, canvas.bottom + 0.1), (x + lean, top)])
    canvas.polygons(blades, mix(tints[2], color("1f3a1a"), 0.35), 0.5, blur=0.012)
    for _ in range(20):
        x, y = float(rng.uniform(0, canvas.right)), float(rng.uniform(0, canvas.bottom))
        canvas.disc(x, y, float(rng.uniform(0.02, 0.11)), mix(tints[0], color("ffffff"), 0.5), 0.2)


def paint_butterfly(
    canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], size: float, wings: Wings
) -> None:
    """Both pairs of wings, seen from above, with body and feelers."""
    turn = float(rng.uniform(-0.5, 0.5))
    spread = float(rng.uniform(0.75, 1.0))
    shadow = [closed_curve(shape) * (side * spread, -1) for side in (-1, 1) for shape in (FORE, HIND)]
    canvas.polygons(
        [turned(shape, turn) * size + (at[0] + 0.03, at[1] + 0.06) for shape in shadow],
        color("000000"),
        0.16,
        blur=0.03,
    )
    for side in (-1, 1):
        for shape in (HIND, FORE):
            paint_wing(canvas, at, (size, turn, side * spread), closed_curve(shape), wings, is_hind=shape is HIND)
    paint_body(canvas, at, size, turn)


def closed_curve(points: list[tuple[float, float]]) -> Array:
    """A smooth closed curve through the points: shape (10 n, 2). Source: Catmull and Rom 1974, uniform splines."""
    p1 = np.array(points, np.float32)[:, None]
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = np.linspace(0, 1, 10, endpoint=False, dtype=np.float32)[None, :, None]
    curve = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return np.asarray(curve / 2, np.float32).reshape(-1, 2)


def paint_wing(
    canvas: Canvas, at: tuple[float, float], pose: tuple[float, float, float], shape: Array, wings: Wings, is_hind: bool
) -> None:
    """One wing: colour outwards from the body, veins, a dark border with light spots."""
    size, turn, side = pose
    where, mask = canvas.coverage([turned(shape * (side, -1), turn) * size + np.array(at, np.float32)])
    across, down = canvas.offsets(*at, where)
    x = (across * math.cos(turn) + down * math.sin(turn)) / (size * side)
    y = -(down * math.cos(turn) - across * math.sin(turn)) / size
    angle, reach = np.arctan2(y, x), np.hypot(x, y)
    rim = shape[np.argsort(np.arctan2(shape[:, 1], shape[:, 0]))]
    edge = np.interp(angle, np.arctan2(rim[:, 1], rim[:, 0]), np.hypot(rim[:, 0], rim[:, 1]))
    share = (reach / np.maximum(edge, 0.02)).astype(np.float32)
    paint = ramp(np.clip(share, 0, 1), colors(wings.tints)) * (0.92 + 0.1 * np.sin(angle * 3))
    mark_wing(paint, share, angle.astype(np.float32), wings)
    if is_hind and wings.eyes:
        add_eye(paint, x, y)
    lay(canvas.pixels[where], mask, np.clip(paint, 0, 1).astype(np.float32))


def mark_wing(paint: Array, share: Array, angle: Array, wings: Wings) -> None:
    """Veins, border and two rows of spots, painted into `paint`."""
    border = color(wings.border)
    cell = np.abs((angle * 3.4) % 1 - 0.5) * 2
    lay(paint, smooth(0.86, 0.99, cell) * smooth(0.15, 0.5, share) * np.float32(wings.veins), border)
    lay(paint, smooth(0.74, 0.84, share + 0.05 * np.cos(angle * 21.4)), border)
    for row, radius in ((0.9, 0.42), (0.82, 0.26)):
        spot = np.hypot((1 - cell) * 0.9, (share - row) * 13)
        lay(paint, smooth(radius + 0.12, radius, spot), color(wings.spots))


def add_eye(paint: Array, x: Array, y: Array) -> None:
    """An eye: rings of black, blue and red."""
    distance = np.hypot(x - 0.52, y + 0.28)
    for radius, tint in ((0.17, "f6e2a0"), (0.14, "10131c"), (0.09, "3f7fd6"), (0.045, "10131c")):
        lay(paint, smooth(radius + 0.012, radius, distance), color(tint))


def paint_body(canvas: Canvas, at: tuple[float, float], size: float, turn: float) -> None:
    """Abdomen, thorax, head and two feelers."""
    parts = [ellipse(0, 0.22, 0.045, 0.3), ellipse(0, -0.05, 0.06, 0.14), ellipse(0, -0.22, 0.05, 0.055)]
    for side in (-1, 1):
        t = np.linspace(0, 1, 12)
        feeler = np.stack([side * 0.26 * t**1.3, -0.24 - 0.34 * t], axis=1)
        parts += [
            np.concatenate([feeler, feeler[::-1] + np.array((0.014, 0))]),
            ellipse(side * 0.265, -0.585, 0.022, 0.022),
        ]
    canvas.polygons([turned(part, turn) * size + at for part in parts], color("17110f"))
    shine = turned(ellipse(-0.012, 0.15, 0.012, 0.22), turn) * size + at
    canvas.polygons([shine], color("8a7a6a"), 0.6)
