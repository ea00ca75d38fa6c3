"""Mountains and seas."""

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, lay, mix, noise, outline, ramp, screen, smooth
from acquisition.sample.painters.skies import (
    Light,
    add_grain,
    add_reflection,
    light_of,
    paint_ridge,
    paint_sky,
    paint_sun,
)


def paint_mountains(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Ridges behind ridges, paler with distance, the farthest under snow; sometimes a lake."""
    day = light_of(mood)
    horizon = canvas.bottom * float(rng.uniform(0.5, 0.66))
    paint_sky(canvas, rng, day, horizon, clouds=float(rng.uniform(0.3, 0.9)))
    sun = float(rng.uniform(0.15, 0.85)) * canvas.right
    paint_sun(canvas, sun, horizon * float(rng.uniform(0.25, 0.75)), 0.03, day)
    paint_peaks(canvas, rng, day, horizon)
    paint_foothills(canvas, rng, day, horizon)
    if rng.random() < 0.4:
        add_reflection(canvas, rng, canvas.bottom * 0.78, mix(day.far, day.near, 0.5))
    add_grain(canvas, rng)


def paint_peaks(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float) -> None:
    """The farthest range: snow, and faces that are lit or in the shade."""
    width = canvas.pixels.shape[2]
    crest = horizon * 0.74 + 0.24 * outline(rng, width, 2.4 * canvas.right, 7, 0.52)
    top = canvas.row(float(crest.min()) - 0.01)
    below = canvas.y[top:] - crest[None, :]
    column = np.arange(width)[None, :] + below * canvas.unit_px * np.float32(rng.choice([-0.55, 0.55]))
    faces = np.gradient(crest)[np.clip(column.astype(int), 0, width - 1)] * canvas.unit_px
    lit = smooth(-0.7, 0.7, faces.astype(np.float32))
    rock = ramp(lit, np.stack([mix(day.far, day.near, 0.55), mix(day.far, day.near, 0.15)]))
    ragged = noise(rng, below.shape, (16, 16 * canvas.right), 3)
    snow = smooth(0.03, -0.03, below - 0.26 * (ragged - 0.15))
    white = ramp(lit, np.stack([mix(day.far, day.sky[1], 0.35), mix(day.sun, day.sky[-1], 0.15)]))
    rock += (white - rock) * snow
    haze = mix(day.far, day.sky[-1], 0.5)
    rock += (haze - rock) * np.clip(below / 0.5, 0, 0.9)
    lay(canvas.pixels[:, top:], canvas.edge(below), rock)


def paint_foothills(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float) -> None:
    """Four to six ridges towards the viewer, each darker, with mist between them."""
    layers = int(rng.integers(4, 7))
    width = canvas.pixels.shape[2]
    for layer in range(layers):
        share = (layer + 1) / layers
        base = horizon * 0.86 + (canvas.bottom - horizon * 0.86) * (layer / layers) ** 1.15
        crest = base + 0.1 * outline(rng, width, (2 + layer) * canvas.right, 7, 0.48)
        haze = mix(day.far, day.sky[-1], 0.45)
        paint_ridge(canvas, crest, mix(day.far, day.near, share**0.9), haze, fog=0.75 * (1 - share) + 0.08)


def paint_seas(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Open water under a low sun, with its path of light; islands and sails on some."""
    day = light_of(mood)
    horizon = canvas.bottom * float(rng.uniform(0.38, 0.58))
    paint_sky(canvas, rng, day, horizon, clouds=float(rng.uniform(0.5, 1)))
    sun = float(rng.uniform(0.2, 0.8)) * canvas.right
    paint_sun(canvas, sun, horizon * float(rng.uniform(0.55, 0.92)), float(rng.uniform(0.035, 0.065)), day)
    if rng.random() < 0.5:
        paint_islands(canvas, rng, day, horizon)
    paint_water(canvas, rng, day, horizon, sun)
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        paint_sail(canvas, rng, day, horizon)
    add_grain(canvas, rng)


def paint_islands(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float) -> None:
    """One or two low islands on the horizon."""
    for share in (0.35, 0.6):
        height = 0.11 * outline(rng, canvas.pixels.shape[2], 2, 6, 0.45) + 0.02
        middle, spread = rng.uniform(0, canvas.right), rng.uniform(0.2, 0.5)
        bell = np.exp(-((canvas.x[0] - middle) ** 2) / spread**2)
        crest = horizon - (np.abs(height) + 0.03) * bell + 0.012
        paint_ridge(canvas, crest.astype(np.float32), mix(day.far, day.near, share), day.far, 0.3)


def paint_water(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float, sun: float) -> None:
    """Waves that grow towards the viewer and the sun's glitter on them."""
    top = canvas.row(horizon)
    depth = np.linspace(0, 1, canvas.pixels.shape[1] - top, dtype=np.float32)[:, None]
    deep = np.stack([day.sky[-1], day.sky[-2], mix(day.sky[1], day.near, 0.35), mix(day.sky[0], day.near, 0.6)])
    canvas.pixels[:, top:] = ramp(depth**0.6, mix(deep, day.near, 0.12))
    waves = perspective_waves(rng, depth, canvas.pixels.shape[2])
    lay(canvas.pixels[:, top:], smooth(0.5, 0.05, waves) * 0.45, mix(day.sky[0], day.near, 0.6))
    lay(canvas.pixels[:, top:], smooth(0.6, 1.0, waves) * (0.5 - 0.25 * depth), day.sky[-1])
    path = np.exp(-(((canvas.x - sun) / (0.035 + 0.2 * depth)) ** 2))
    sparkle = smooth(0.42, 0.8, waves) * path + 0.25 * path * (1 - depth)
    screen(canvas.pixels[:, top:], np.minimum(1, sparkle * 1.2).astype(np.float32), day.sun)


def perspective_waves(rng: np.random.Generator, depth: Array, width: int) -> Array:
    """Wave heights of about 0..1, shape (rows, width), long near the viewer and flat far away."""
    rows = len(depth)
    far = noise(rng, (rows, width), (rows / 3, 34), 2)
    near = noise(rng, (rows, width), (40, 10), 3)
    place = np.minimum(np.sqrt(depth[:, 0]) * rows, rows - 1).astype(int)
    return mix(far, near[place], np.sqrt(depth))


def paint_sail(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float) -> None:
    """A small sailing boat and its shadow on the water."""
    size = float(rng.uniform(0.05, 0.13))
    x, y = float(rng.uniform(0.15, 0.85)) * canvas.right, horizon + size * 0.35
    at = np.array([x, y], np.float32)
    hull = np.array([(-0.5, -0.1), (0.55, -0.1), (0.35, 0.06), (-0.35, 0.06)]) * size + at
    main = np.array([(0, -1.2), (0.02, -0.16), (-0.48, -0.16)]) * size + at
    jib = np.array([(0.05, -1.1), (0.5, -0.16), (0.06, -0.16)]) * size + at
    shade = np.array([(-0.4, 0.08), (0.4, 0.08), (0.1, 0.9), (-0.1, 0.9)]) * size + at
    canvas.polygons([shade], day.near, 0.3, blur=size * 0.06)
    canvas.polygons([main, jib], mix(day.sun, day.far, 0.15))
    canvas.polygons([hull], day.near)
