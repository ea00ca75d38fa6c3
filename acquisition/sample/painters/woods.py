"""Forests: conifers in the mist, and birches with the sun between them."""

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, color, colors, lay, mix, noise, outline, ramp, smooth
from acquisition.sample.painters.skies import add_grain, paint_ridge

#: Season: air from top to bottom, foliage from far to near.
SEASONS = {
    "spring": ("cfe6c4 e9f2c9 f7f5d8", "b5d39b 6fa35a 35683c 12341f"),
    "autumn": ("f3d9a4 f8e3b8 fbeed2", "e8b565 cf7a2d 8c3b1e 3a1710"),
    "fog": ("a9bcc4 c9d6d8 e7ecea", "b4c6ca 7d979d 3f5a63 14262d"),
    "winter": ("9fb8d6 c9d9ea f1f5fa", "c3d4e6 8aa5c4 4b6685 1b2c45"),
}


def paint_forests(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Conifers on slopes, row behind row, or a birch wood against the light."""
    air, leaves = (colors(part) for part in SEASONS[mood])
    canvas.pixels[:] = ramp(canvas.y / canvas.bottom, air)
    x, y = float(rng.uniform(0.2, 0.8)) * canvas.right, float(rng.uniform(0.1, 0.35)) * canvas.bottom
    canvas.glow(x, y, 0.45, color("fffbe8"), 0.8)
    if rng.random() < 0.65:
        paint_slopes(canvas, rng, leaves, air[-1])
    else:
        paint_birches(canvas, rng, leaves, air[-1])
    add_grain(canvas, rng)


def paint_slopes(canvas: Canvas, rng: np.random.Generator, leaves: Array, haze: Array) -> None:
    """Five rows of conifers; mist lies in front of each but the last."""
    for row in range(5):
        share = row / 4
        ground = canvas.bottom * (0.42 + 0.5 * share) + 0.12 * outline(rng, canvas.pixels.shape[2], 1.5, 4)
        paint = ramp(share, leaves)
        height = 0.13 + 0.34 * share**1.4
        trees = conifers(rng, canvas, ground, height)
        canvas.polygons(trees, paint)
        paint_ridge(canvas, ground, paint, mix(haze, paint, 0.25 + 0.6 * share), fog=0.85 - 0.6 * share)


def conifers(rng: np.random.Generator, canvas: Canvas, ground: Array, height: float) -> list[Array]:
    """Outlines of conifers that stand on `ground`, as many as fill the width."""
    count = int(canvas.right / height * rng.uniform(3.2, 4.6))
    places = (np.arange(count) + rng.uniform(0, 1, count)) / count * canvas.right
    feet = ground[np.clip((places * canvas.unit_px).astype(int), 0, len(ground) - 1)]
    return [conifer(rng, x, y + 0.01, height * rng.uniform(0.6, 1.25)) for x, y in zip(places, feet, strict=True)]


def conifer(rng: np.random.Generator, x: float, y: float, height: float) -> Array:
    """A conifer with drooping, uneven branches; (x, y) is its foot."""
    steps = 13
    rise = np.linspace(1, 0, steps) ** 0.92
    reach = (1 - rise) * 0.2 + 0.008
    jag = rng.uniform(0.75, 1.2, (2, steps))
    left = np.stack([-reach * jag[0], -rise + reach * 0.28], axis=1)
    inner = np.stack([-reach * 0.5, -rise + reach * 0.02], axis=1)
    right = np.stack([reach * jag[1], -rise + reach * 0.28], axis=1)
    inner_right = np.stack([reach * 0.5, -rise + reach * 0.02], axis=1)
    side = np.stack([inner, left], axis=1).reshape(-1, 2)
    other = np.stack([inner_right, right], axis=1).reshape(-1, 2)[::-1]
    return (np.concatenate([side, other]) * height + (x, y)).astype(np.float32)


def paint_birches(canvas: Canvas, rng: np.random.Generator, leaves: Array, haze: Array) -> None:
    """Foliage, then trunks from far and thin to near and thick, then sunlit ground."""
    height, width = canvas.pixels.shape[1:]
    crown = noise(rng, (height, width), (9 * canvas.bottom, 9 * canvas.right), 4)
    fall = np.clip(1.15 - canvas.y / canvas.bottom * 1.5, 0, 1)
    tint = noise(rng, (height, width), (5, 5), 3)
    lay(canvas.pixels, smooth(0.42, 0.75, crown) * fall * np.float32(0.85), ramp(tint, leaves[:3]))
    for share, count in ((0.1, 26), (0.4, 13), (0.8, 6)):
        for _ in range(int(count * canvas.right)):
            paint_trunk(canvas, rng, mix(haze, leaves[3], share), share)
    ground = canvas.bottom * 0.86 + 0.03 * outline(rng, width, 3, 6)
    paint_ridge(canvas, ground, mix(leaves[1], haze, 0.2), leaves[3], fog=0.9)


def paint_trunk(canvas: Canvas, rng: np.random.Generator, bark: Array, share: float) -> None:
    """One slightly leaning trunk, lit from one side, with the dark marks of a birch when near."""
    x, lean = float(rng.uniform(0, canvas.right)), float(rng.uniform(-0.06, 0.06))
    half = (0.004 + 0.022 * share) * float(rng.uniform(0.7, 1.3))
    foot = canvas.bottom * (0.84 + 0.08 * share)
    trunk = np.array([(x + lean - half * 0.6, 0), (x + lean + half * 0.6, 0), (x + half, foot), (x - half, foot)])
    lit = np.array([(x + lean - half * 0.6, 0), (x + lean - half * 0.1, 0), (x - half * 0.2, foot), (x - half, foot)])
    canvas.polygons([trunk], bark)
    canvas.polygons([lit], mix(bark, color("fff9ea"), 0.35 + 0.3 * share))
    if share > 0.5:
        marks = [mark(rng, x, lean, half, foot) for _ in range(16)]
        canvas.polygons(marks, mix(bark, color("000000"), 0.35))


def mark(rng: np.random.Generator, x: float, lean: float, half: float, foot: float) -> Array:
    """A short horizontal scar on a trunk."""
    t = float(rng.uniform(0, 0.95))
    left = x + lean * (1 - t) + half * float(rng.uniform(-0.75, 0.1))
    return np.array([(left, t * foot), (left + half * 0.7, t * foot + 0.002), (left, t * foot + 0.008)], np.float32)
