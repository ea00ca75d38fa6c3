"""Hot-air balloons over hills."""

import numpy as np

from acquisition.sample.painters.canvas import Canvas, color, colors, lay, mix, outline
from acquisition.sample.painters.skies import Light, add_grain, light_of, paint_ridge, paint_sky, paint_sun

CLOTHS = (
    "c8102e f4f1e8 1d4e89 f4f1e8",
    "f2b705 d9480f b5179e 5a189a",
    "2a9d8f e9c46a e76f51 264653",
    "ffffff e63946",
    "0077b6 00b4d8 90e0ef caf0f8 ffffff 90e0ef",
    "d62828 f77f00 fcbf49 2b9348 1d70a2 5f3dc4",
    "ffb5c2 fff1e6 b8c0ff fff1e6",
)


def paint_balloons(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """A large balloon and some small ones far away, above rolling hills."""
    day = light_of(mood)
    horizon = canvas.bottom * float(rng.uniform(0.8, 0.95))
    paint_sky(canvas, rng, day, horizon, clouds=0.8)
    sun = float(rng.uniform(0.1, 0.9)) * canvas.right
    paint_sun(canvas, sun, horizon * float(rng.uniform(0.6, 0.9)), 0.04, day)
    for row in range(3):
        crest = horizon - 0.06 + 0.07 * row + 0.05 * outline(rng, canvas.pixels.shape[2], 1 + row, 3, 0.4)
        paint_ridge(canvas, crest, mix(day.far, day.near, 0.25 + 0.3 * row), day.far, 0.4)
    for _ in range(int(rng.integers(1, 6))):
        place_balloon(canvas, rng, day, float(rng.uniform(0.025, 0.07)), spread=0.42)
    place_balloon(canvas, rng, day, float(rng.uniform(0.17, 0.25)), spread=0.14)
    add_grain(canvas, rng)


def place_balloon(canvas: Canvas, rng: np.random.Generator, day: Light, radius: float, spread: float) -> None:
    """One balloon within `spread` of the middle, paler when it is small and so far away."""
    x = canvas.right * (0.5 + float(rng.uniform(-spread, spread)))
    y = canvas.bottom * (0.4 + float(rng.uniform(-spread, spread)) * 0.6)
    cloth = colors(CLOTHS[int(rng.integers(len(CLOTHS)))])
    far = float(np.clip(0.6 - radius * 4, 0, 1))
    paint_balloon(canvas, (x, y), radius, mix(cloth, day.far, far), mix(color("3a2416"), day.far, far))
    paint_bands(canvas, rng, (x, y), radius, mix(cloth[int(rng.integers(len(cloth)))], day.far, far))


def half_width(down: np.ndarray) -> np.ndarray:
    """Half the width of an envelope of radius 1; down is -1 at the top and 1.35 at the mouth."""
    dome = np.sqrt(np.clip(1 - np.minimum(down, 0) ** 2, 0, 1))
    t = np.clip(down / 1.35, 0, 1)
    return np.where(down < 0, dome, 1 - 0.82 * t**1.9) * (down > -1) * (down < 1.35)


def paint_balloon(
    canvas: Canvas, at: tuple[float, float], radius: float, cloth: np.ndarray, wicker: np.ndarray
) -> None:
    """Envelope with gores that narrow towards the sides, lit from the left; ropes and basket."""
    x, y = at
    for side in (-1, 1):
        rope = [(side * 0.17, 1.3), (side * 0.19, 1.3), (side * 0.13, 1.75), (side * 0.11, 1.75)]
        canvas.polygons([np.array(rope) * radius + at], wicker, 0.8)
    basket = [(-0.15, 1.7), (0.15, 1.7), (0.12, 1.95), (-0.12, 1.95)]
    canvas.polygons([np.array(basket) * radius + at], wicker)
    where = canvas.window(x, y, radius * 1.4)
    across, down = canvas.offsets(x, y, where)
    wide = half_width(down / radius) + 1e-6
    u = np.clip(across / radius / wide, -1, 1)
    longitude = np.arcsin(u) / np.pi + 0.5
    gore = longitude * 12
    tint = cloth[:, :, 0, 0].T[:, np.clip(gore.astype(int), 0, 11) % len(cloth)]
    seam = np.abs(gore % 1 - 0.5) * 2
    shade = (1.05 - 0.38 * np.clip(u + 0.35, 0, 2) ** 1.6) * (1 - 0.16 * seam**6) - 0.1 * np.clip(down / radius, 0, 1)
    shine = np.exp(-(((u + 0.45) / 0.3) ** 2) - ((down / radius + 0.35) / 0.45) ** 2) * 0.35
    paint = np.clip(tint * shade, 0, 1)
    lay(
        canvas.pixels[where],
        canvas.edge((wide - np.abs(across / radius)) * radius) * (wide > 0.01),
        mix(paint, color("ffffff"), shine),
    )


def paint_bands(
    canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], radius: float, paint: np.ndarray
) -> None:
    """One or two zigzag or plain bands around the envelope."""
    where = canvas.window(*at, radius * 1.4)
    across, down = canvas.offsets(*at, where)
    wide = half_width(down / radius) + 1e-6
    u = np.clip(across / radius / wide, -1, 1)
    teeth = np.abs((np.arcsin(u) / np.pi * 12) % 1 - 0.5) * float(rng.choice([0, 0.3, 0.5]))
    height = float(rng.uniform(-0.2, 0.4)) + teeth + 0.12 * np.sqrt(np.clip(1 - u**2, 0, 1))
    band = canvas.edge((0.09 - np.abs(down / radius - height)) * radius)
    inside = canvas.edge((wide - np.abs(across / radius)) * radius) * (wide > 0.01)
    shade = 1 - 0.4 * np.clip(u + 0.2, 0, 2) ** 2
    lay(canvas.pixels[where], band * inside, paint * shade)
