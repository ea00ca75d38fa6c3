"""Fish in clear water."""

import math
from typing import NamedTuple

import numpy as np

from acquisition.sample.painters.canvas import (
    Array,
    Canvas,
    color,
    colors,
    lay,
    mix,
    noise,
    outline,
    ramp,
    screen,
    smooth,
    turned,
)
from acquisition.sample.painters.skies import add_grain, paint_ridge

#: Water from the surface down, then sand or rock.
WATERS = {
    "lagoon": ("c9fbf3 6fe0dc 1fa9bd 0f6f92", "e9dcb4 bfae84"),
    "reef": ("8fe3ff 2f9fe0 1460b0 0a2f6a", "7a5a78 3a2a4e"),
    "deep": ("1d6f9a 0e3f73 06204a 020a22", "0c2038 04101f"),
    "pond": ("d3e6a8 8fbf7a 3f7f5f 153f3a", "8a7a4a 4a4a2a"),
}


class Scales(NamedTuple):
    """How a fish is coloured."""

    back: str
    side: str
    belly: str
    stripe: str
    stripes: float  # how many along the body
    tall: float  # height of the body as a share of its length


COATS = (
    Scales("d9480f", "f77f20", "ffb454", "fffaf0", 2.6, 0.5),
    Scales("c9a80a", "ffe14a", "fff7b8", "1b1b24", 3.4, 0.72),
    Scales("12399a", "2f6fe4", "8fc3ff", "ffd93b", 1.2, 0.52),
    Scales("8a1236", "d62f5a", "ff9fb5", "fff0f3", 4.5, 0.46),
    Scales("1d5f54", "37b59a", "b7f2d9", "0f2f3a", 3.0, 0.5),
    Scales("c23a1e", "ee6a3a", "fff2e6", "fff8f0", 1.7, 0.42),
)


def paint_fish(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """One large fish or a shoal, rays of light from above, plants and bubbles."""
    water, ground = (colors(part) for part in WATERS[mood])
    canvas.pixels[:] = ramp(canvas.y / canvas.bottom, water)
    paint_rays(canvas, rng)
    paint_bottom(canvas, rng, ground, water)
    coat = COATS[int(rng.integers(len(COATS)))]
    is_shoal = rng.random() < 0.45
    for _ in range(int(rng.integers(5, 9)) if is_shoal else 1):
        paint_bubbles(canvas, rng)
        swim(canvas, rng, coat, float(rng.uniform(0.11, 0.19) if is_shoal else rng.uniform(0.28, 0.37)), is_shoal)
    add_grain(canvas, rng)


def paint_rays(canvas: Canvas, rng: np.random.Generator) -> None:
    """Shafts of light that fan out from the surface."""
    source = float(rng.uniform(0.2, 0.8)) * canvas.right
    angle = (canvas.x - source) / (canvas.y + 0.35)
    shafts = noise(rng, (1, 1024), (1, 52), 3)[0]
    place = np.clip((angle / 10 + 0.5) * 1023, 0, 1023).astype(int)
    fade = np.clip(1 - canvas.y / canvas.bottom * 1.1, 0, 1) ** 1.4
    screen(canvas.pixels, smooth(0.45, 0.9, shafts[place]) * fade * np.float32(0.5), color("f4fffb"))


def paint_bottom(canvas: Canvas, rng: np.random.Generator, ground: Array, water: Array) -> None:
    """Rocks or sand, and weed that sways."""
    crest = canvas.bottom * 0.88 + 0.05 * outline(rng, canvas.pixels.shape[2], 3, 5)
    paint_ridge(canvas, crest - 0.06, mix(ground[1], water[2], 0.5), water[2], 0.5)
    t = np.linspace(0, 1, 20)
    for _ in range(int(rng.integers(3, 9))):
        x, tall = float(rng.uniform(0, canvas.right)), float(rng.uniform(0.12, 0.4))
        sway = 0.03 * np.sin(t * 7 + rng.uniform(0, 6)) * t
        half = 0.014 * (1 - t) ** 0.7 + 0.001
        left = np.stack([x + sway - half, canvas.bottom * 0.94 - tall * t], axis=1)
        right = np.stack([x + sway + half, canvas.bottom * 0.94 - tall * t], axis=1)[::-1]
        tint = mix(colors("2f7f4f 9a3f6a c9782f")[int(rng.integers(3))], water[2], 0.35)
        canvas.polygons([np.concatenate([left, right])], tint)
    paint_ridge(canvas, crest, ground[0], ground[1], 0.9)


def paint_bubbles(canvas: Canvas, rng: np.random.Generator) -> None:
    """A rising string of bubbles."""
    x, y = float(rng.uniform(0.1, 0.9)) * canvas.right, float(rng.uniform(0.3, 0.9)) * canvas.bottom
    for step in range(int(rng.integers(3, 8))):
        radius = float(rng.uniform(0.005, 0.02))
        at = x + float(rng.uniform(-0.02, 0.02)), y - step * 0.06
        canvas.disc(*at, radius, color("ffffff"), 0.25)
        canvas.disc(at[0] - radius * 0.3, at[1] - radius * 0.35, radius * 0.3, color("ffffff"), 0.85)


def swim(canvas: Canvas, rng: np.random.Generator, coat: Scales, size: float, is_shoal: bool) -> None:
    """Place one fish: anywhere in a shoal, else near the middle."""
    low, high = (0.12, 0.88) if is_shoal else (0.44, 0.5)
    x, y = float(rng.uniform(low, high)) * canvas.right, float(rng.uniform(low, min(high, 0.75))) * canvas.bottom
    facing = -1.0 if rng.random() < 0.5 and not is_shoal else 1.0
    turn = float(rng.uniform(-0.25, 0.25))
    paint_fins(canvas, (x, y), (size, turn, facing), coat)
    paint_flank(canvas, (x, y), (size, turn, facing), coat)
    side = turned(np.array([(-0.05, 0.05), (0.2, 0.0), (0.24, 0.2), (0.1, 0.16)]) * (facing, 1), turn) * size + (x, y)
    canvas.polygons([side], mix(color(coat.back), color(coat.belly), 0.4), 0.85)
    paint_eye(canvas, turned([(-0.72 * facing, -0.1 * coat.tall)], turn)[0] * size + (x, y), size)


def paint_fins(canvas: Canvas, at: tuple[float, float], pose: tuple[float, float, float], coat: Scales) -> None:
    """Tail, back fin and belly fins."""
    size, turn, facing = pose
    tall = coat.tall
    tail = [(0.78, 0), (1.0, -0.2), (1.34, -0.46), (1.24, -0.1), (1.22, 0), (1.24, 0.1), (1.34, 0.46), (1.0, 0.2)]
    back = [(-0.35, -tall * 0.8), (-0.15, -tall * 1.35), (0.35, -tall * 1.2), (0.75, -tall * 0.55), (0.6, -tall * 0.2)]
    belly = [(-0.15, tall * 0.8), (0.12, tall * 1.35), (0.3, tall * 0.8), (0.5, tall * 1.05), (0.72, tall * 0.3)]
    for fin in (tail, back, belly):
        shape = turned(np.array(fin) * (facing, 1), turn) * size + at
        canvas.polygons([shape], mix(color(coat.back), color(coat.side), 0.35))
        inner = (shape - shape.mean(0)) * 0.72 + shape.mean(0)
        canvas.polygons([inner], color(coat.side), 0.7, blur=size * 0.02)


def paint_flank(canvas: Canvas, at: tuple[float, float], pose: tuple[float, float, float], coat: Scales) -> None:
    """The body: dark back, light belly, stripes that bend around it, and scales."""
    size, turn, facing = pose
    where = canvas.window(*at, size * 1.1)
    across, down = canvas.offsets(*at, where)
    along = (across * math.cos(turn) + down * math.sin(turn)) / size * facing
    beside = (down * math.cos(turn) - across * math.sin(turn)) / size
    t = np.clip((along + 1) / 2, 0, 1)
    wide = coat.tall * np.sin(np.pi * t**0.72).clip(0) ** 0.8 * (1 - 0.25 * t) + 0.09 * smooth(0.7, 1, t) + 1e-5
    v = np.clip(beside / wide, -1, 1)
    paint = ramp((v + 1) / 2, np.stack([color(coat.back), color(coat.side), color(coat.side), color(coat.belly)]))
    wave = np.sin((t - 0.04 * v**2) * coat.stripes * 2 * np.pi + 1.2)
    lay(paint, smooth(0.45, 0.62, wave) * smooth(0.2, 0.3, t), color(coat.stripe))
    scales = np.cos(t * 90) * np.cos(beside * 45 + np.floor(t * 14) * np.pi)
    paint *= 1 + 0.07 * scales * smooth(0.28, 0.4, t) - 0.25 * v**4
    lay(paint, smooth(0.015, 0.0, np.abs(t - 0.27 - 0.05 * (1 - v**2))) * 0.5, color(coat.back))
    shine = np.exp(-(((v + 0.5) / 0.22) ** 2)) * 0.28
    inside = canvas.edge((wide - np.abs(beside)) * size) * (np.abs(along) < 1)
    lay(canvas.pixels[where], inside, np.clip(mix(paint, color("ffffff"), shine), 0, 1))


def paint_eye(canvas: Canvas, at: Array, size: float) -> None:
    """A round eye with a highlight."""
    x, y = float(at[0]), float(at[1])
    for radius, tint in ((0.085, "10131a"), (0.072, "fbf6e0"), (0.045, "0a0c12")):
        canvas.disc(x, y, size * radius, color(tint))
    canvas.disc(x - size * 0.02, y - size * 0.02, size * 0.016, color("ffffff"))
