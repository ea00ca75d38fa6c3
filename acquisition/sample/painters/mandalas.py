"""Mandalas: rings of petals around one centre."""

import math

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, colors, lay, mix, ramp

#: Ground first, then from dark to light.
GLASS = {
    "saffron": "3a0d12 8a1c1c d9541e f6a52b ffe9b0 fffaf0",
    "indigo": "0a0f2e 1f2f7a 3f6fd0 8fc3f2 dff2ff ffffff",
    "jade": "05231f 0f5a4a 2fa37f 9adfb8 f0f7d8 fffdf0",
    "rose": "2a0a24 7a1f5a c94f8a f29fb8 ffe3e0 fffafa",
    "lagoon": "0b132b 1c7c7d f25f5c ffe066 f7fff7 247ba0",
}


def paint_mandalas(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Seven rings around the middle, with as many-fold symmetry as chance says."""
    tints = colors(GLASS[mood])
    x, y = canvas.x - np.float32(canvas.right / 2), canvas.y - np.float32(canvas.bottom / 2)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    canvas.pixels[:] = ramp(radius * 1.25, tints[[1, 0]])
    fold = int(rng.choice([6, 8, 10, 12, 16]))
    edges = np.cumsum(rng.uniform(0.7, 1.4, 7))
    edges = np.concatenate([[0], edges / edges[-1] * 0.47])
    for index in range(6, -1, -1):
        inner, outer = float(edges[index]), float(edges[index + 1])
        _, rows, columns = where = canvas.window(canvas.right / 2, canvas.bottom / 2, outer * 1.3)
        polar = radius[rows, columns] / outer, angle[rows, columns]
        paint_ring(
            canvas.pixels[where],
            rng,
            polar,
            inner / outer,
            (fold * (1 if index < 3 else 2), outer * canvas.unit_px),
            tints,
        )
    canvas.pixels *= 0.9 + 0.16 * np.exp(-((radius / 0.3) ** 2))


def paint_ring(
    pixels: Array,
    rng: np.random.Generator,
    polar: tuple[Array, Array],
    inner: float,
    grid: tuple[int, float],
    tints: Array,
) -> None:
    """One ring: pointed petals over a plain ground, outlined, with a dot in each.

    Args:
        pixels: what to paint on, (3, h, w).
        rng: where chance comes from.
        polar: radius of each pixel, 1 at the ring's outer edge, and angle.
        inner: radius of the ring's inner edge.
        grid: how many petals, and how many pixels the outer radius has.
        tints: colours to choose from.
    """
    (radius, angle), (fold, unit_px) = polar, grid
    ground, petal, line, dot = tints[rng.permutation(len(tints))[:4]]
    cell = (angle + float(rng.choice([0, math.pi / fold]))) * np.float32(fold / math.tau)
    aside = np.abs(cell - np.rint(cell)) * 2
    tall = (1 - inner) * float(rng.uniform(1.05, 1.25))
    tip = inner + tall * petal_profile(aside, int(rng.integers(4)))
    fade = np.clip((radius - inner) / (1 - inner), 0, 1)
    width = aside * (math.pi * (1 + inner) / 2 / fold)
    layers = (
        (1 - radius, mix(ground, tints[0], 0.15)),
        (tip - radius, line),
        (tip - 2.5 / unit_px - radius, mix(petal, mix(petal, line, 0.55), fade)),
        ((1 - inner) * 0.16 - np.hypot(width, radius - (1 + inner) / 2), dot),
        (1.4 / unit_px - np.abs(radius - 1), tints[-2]),
    )
    for inside, paint in layers:
        lay(pixels, np.clip(inside * unit_px + 0.5, 0, 1), paint)


def petal_profile(aside: Array, kind: int) -> Array:
    """How far a petal reaches, 0..1, at `aside` 0 (its middle) to 1 (between two)."""
    t = np.linspace(0, 1, 512)
    profile = [np.sqrt(1 - t**2), (1 - t) ** 0.7, np.cos(t * 1.57) ** 0.4, 1 - t**3][kind]
    table = (0.25 + 0.75 * profile).astype(np.float32)
    return np.asarray(table[(np.minimum(aside, 1) * 511).astype(np.intp)])
