"""Flowers in front of an out-of-focus garden."""

import math
from typing import NamedTuple

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, color, colors, lay, mix, ramp, smooth, turned
from acquisition.sample.painters.skies import add_grain

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
GARDENS = (
    "1f3b1c 3f6b2f 86a850 d7dd9a",
    "12302b 2a5d4d 6a9a7a c8dcc0",
    "3a4a1f 7a8a35 b9bd62 f1ecc0",
    "2a2f4a 59658a 9aa5c0 e6e2ea",
)


class Species(NamedTuple):
    """How a flower is built."""

    petals: int  # in one whorl
    whorls: int
    width: float  # of a petal, as a share of its length
    tip: float  # 1 is round, more is pointed
    heart: float  # radius of the disc in the middle, as a share of the flower's
    tints: str  # sets of petal colours from base to tip, separated by commas
    middle: str  # colours of the disc from its edge inwards


SPECIES = {
    "daisy": Species(
        17, 2, 0.23, 0.8, 0.27, "e9e6f0 ffffff ffffff,f3c6dc f7dcea ffffff,d9d2f5 efeafc ffffff", "c77f10 f2b91d ffd84a"
    ),
    "sunflower": Species(21, 3, 0.26, 1.6, 0.42, "d97a06 f5b40f ffd23f,b84a06 e88a10 f9c43a", "2a1608 4a2a10 6b4318"),
    "anemone": Species(
        7, 2, 0.72, 0.7, 0.2, "3d1a78 6a3fc0 b79bf0,8a0f2d d0274b f2798f,1d3f9a 4a78dc a9c4fa", "0b0b16 1d1d33 3a3a5a"
    ),
    "dahlia": Species(
        15, 6, 0.36, 1.1, 0.05, "7a0f3a cf2f6a f58fae,a32d0a ee6c22 ffc06b,5a1a70 a54fc2 e6b5f2", "7a1a30 a83a4a c95a6a"
    ),
    "cosmos": Species(
        8, 1, 0.55, 0.6, 0.16, "c2407f ea7fb4 f9c5de,f1e4ec ffffff ffffff,d8521f f6893b fdc27a", "b06a08 e8a91c f8d34f"
    ),
}


def paint_flowers(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """One large bloom, and a few small and blurred ones behind it."""
    species = SPECIES[mood]
    petals = colors(rng.choice(species.tints.split(",")))
    paint_garden(canvas, rng, petals)
    x, y = canvas.right * float(rng.uniform(0.4, 0.6)), canvas.bottom * float(rng.uniform(0.38, 0.5))
    radius = float(rng.uniform(0.3, 0.42))
    paint_stem(canvas, rng, (x, y), radius)
    paint_bloom(canvas, rng, (x, y), radius, species, petals)
    add_grain(canvas, rng)


def paint_garden(canvas: Canvas, rng: np.random.Generator, petals: Array) -> None:
    """Blurred greens with spots of light, some in the flower's own colours."""
    greens = colors(GARDENS[int(rng.integers(len(GARDENS)))])
    slope = float(rng.uniform(-0.4, 0.4))
    canvas.pixels[:] = ramp(
        np.clip(1 - canvas.y / canvas.bottom * 0.8 - slope * (canvas.x / canvas.right - 0.5), 0, 1), greens[:3]
    )
    for _ in range(26):
        x, y = float(rng.uniform(0, canvas.right)), float(rng.uniform(0, canvas.bottom))
        canvas.glow(x, y, float(rng.uniform(0.05, 0.2)), greens[int(rng.integers(1, 4))], 0.28)
    for _ in range(14):
        x, y = float(rng.uniform(0, canvas.right)), float(rng.uniform(0, canvas.bottom))
        tint = petals[-1] if rng.random() < 0.5 else greens[3]
        canvas.disc(x, y, float(rng.uniform(0.02, 0.09)), mix(tint, color("ffffff"), 0.2), 0.16)


def paint_stem(canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float) -> None:
    """A curved stem with two leaves, from the bloom to the lower edge."""
    x, y = at
    t = np.linspace(0, 1, 24)
    bend = float(rng.uniform(-0.15, 0.15))
    middle = np.stack([x + bend * t**2, y + (canvas.bottom + 0.05 - y) * t], axis=1)
    half = np.array([(radius * 0.045, 0)])
    canvas.polygons([np.concatenate([middle - half, (middle + half)[::-1]])], color("3f6b2a"))
    canvas.polygons([np.concatenate([middle - half, (middle - half * 0.2)[::-1]])], color("7fa84a"), 0.7)
    for side, place in ((-1, 13), (1, 17)):
        leaf = np.stack([t * side, -0.42 * np.sin(np.pi * t**0.8) - 0.1 * t], axis=1)
        under = np.stack([t * side, -0.12 * np.sin(np.pi * t) - 0.1 * t], axis=1)[::-1]
        canvas.polygons([np.concatenate([leaf, under]) * radius * 0.9 + middle[place]], color("4d7a33"))
        canvas.polygons(
            [np.concatenate([leaf * (1, 0.75), under]) * radius * 0.9 + middle[place]], color("6f9a47"), 0.6
        )


def paint_bloom(
    canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float, species: Species, tints: Array
) -> None:
    """Whorls of petals from the outside in, then the disc."""
    canvas.disc(at[0] + 0.015, at[1] + 0.03, radius * 0.75, color("000000"), 0.18)
    for whorl in range(species.whorls):
        length = radius * (1 - whorl / (species.whorls + 0.6)) if species.whorls > 3 else radius * (1 - 0.08 * whorl)
        shift = float(rng.uniform(0, np.pi))
        light = 1 + 0.05 * whorl
        for petal in range(species.petals):
            turn = shift + (petal + float(rng.uniform(-0.12, 0.12))) * 2 * np.pi / species.petals
            size = length * float(rng.uniform(0.93, 1.05))
            paint_petal(canvas, at, turn, size, species, tints * np.float32(light * rng.uniform(0.9, 1.06)))
    paint_heart(canvas, at, radius * species.heart, colors(species.middle))


def paint_petal(
    canvas: Canvas, at: tuple[float, float], turn: float, length: float, species: Species, tints: Array
) -> None:
    """One petal: base to tip in colour, a fold along it, and a shaded side where the next one lies on it."""
    x, y = at[0] + math.cos(turn) * length / 2, at[1] + math.sin(turn) * length / 2
    where = canvas.window(x, y, length * (0.5 + species.width * 0.25))
    across, down = canvas.offsets(*at, where)
    along = (across * math.cos(turn) + down * math.sin(turn)) / length
    beside = (down * math.cos(turn) - across * math.sin(turn)) / length
    t = np.clip(along, 0, 1)
    wide = petal_width(t, species)
    inside = wide - np.abs(beside)
    lay(
        canvas.pixels[where], np.clip(inside * 12 + wide * 3, 0, 0.16) * (along > 0.2) * (along < 0.97), color("100812")
    )
    v = np.clip(beside / wide, -1, 1)
    fold = np.maximum(0, 1 - np.abs(v) * 5) * (1 - t) * 0.16
    shade = (0.66 + 0.34 * smooth(0.1, 0.5, t)) - 0.2 * np.maximum(v, 0) ** 2 - fold + 0.04 * np.cos(v * 14) * t
    covered = canvas.edge(inside * length) * (along > 0) * (along < 1)
    lay(canvas.pixels[where], covered, np.clip(ramp(t, tints) * shade, 0, 1))


def petal_width(t: Array, species: Species) -> Array:
    """Half the width of a petal at t, 0 (base) to 1 (tip), as a share of its length."""
    places = np.linspace(0, 1, 512)
    bulge = np.sin(np.pi * places ** (0.75 + 0.25 * species.tip)).clip(0) ** (0.55 * species.tip)
    table = (species.width * 0.62 * bulge * (0.35 + places) + 1e-5).astype(np.float32)
    return np.asarray(table[(t * 511).astype(np.intp)])


def paint_heart(canvas: Canvas, at: tuple[float, float], radius: float, tints: Array) -> None:
    """A disc of seeds in the spirals of a sunflower."""
    canvas.disc(*at, radius, tints[0])
    canvas.glow(at[0] - radius * 0.2, at[1] - radius * 0.2, radius * 0.5, tints[2], 0.6)
    count = 130
    index = np.arange(count)
    spread = np.sqrt((index + 0.5) / count) * radius * 0.96
    seeds = np.stack([spread * np.cos(index * GOLDEN_ANGLE), spread * np.sin(index * GOLDEN_ANGLE)], axis=1) + at
    seed = turned([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)], 0.6) * radius * 0.1
    canvas.polygons([seed + place + radius * 0.02 for place in seeds], tints[0] * 0.5, 0.8)
    canvas.polygons([seed * 0.8 + place for place in seeds[::2]], tints[2], 0.85)
    canvas.polygons([seed * 0.8 + place for place in seeds[1::2]], tints[1], 0.85)
