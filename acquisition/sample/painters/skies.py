"""Skies: the light of a time of day, the sun, clouds, grain."""

from typing import NamedTuple

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, color, colors, lay, mix, noise, ramp, screen, smooth


class Light(NamedTuple):
    """The colours of a time of day."""

    sky: Array  # from the zenith to the horizon
    sun: Array
    far: Array  # what distance turns things into
    near: Array  # things close by, against the light


def light(sky: str, sun: str, far: str, near: str) -> Light:
    """A light from colours in hexadecimal."""
    return Light(colors(sky), color(sun), color(far), color(near))


def light_of(mood: str) -> Light:
    """The light of a time of day, one of MOODS."""
    return light(*MOODS[mood])


MOODS = {
    "dawn": ("31406f 7a73a8 cf93b6 f9bda4 ffe9cd", "fff4dc", "d3abc0", "2b2748"),
    "noon": ("1c63ad 4f9bd9 9fcdef e4f3fb", "ffffff", "a3c4dd", "163b45"),
    "sunset": ("2a1c4d 742b5f cf4858 f28a3a ffd580", "fff1b8", "c9645c", "1d0f22"),
    "dusk": ("0c1a3d 263f70 5d6da6 b48bb8 f3bba6", "ffe2cf", "727eb0", "0a1127"),
    "mist": ("8aa3b0 b3c5cc d6e0e1 f0f2ec", "fffdf2", "c6d3d5", "2b434d"),
    "night": ("03060f 081229 112247 23406b", "f4f6ff", "2c4570", "02040a"),
    "storm": ("2a333d 48545f 75808a b3b3a9 e3d7ba", "fff6dc", "8c979d", "161d22"),
}


def paint_sky(canvas: Canvas, rng: np.random.Generator, day: Light, horizon: float, clouds: float) -> None:
    """Fill the whole canvas: a gradient down to `horizon`, and clouds of strength 0..1."""
    canvas.pixels[:] = ramp(np.clip(canvas.y / horizon, 0, 1), day.sky)
    rows = slice(0, canvas.row(horizon))
    _, height, width = canvas.pixels[:, rows].shape
    if clouds and height:
        banks = noise(rng, (height, width), (7 * horizon, 2.2 * canvas.right), 5)
        cover = smooth(0.55, 0.95, banks) * np.linspace(0.25, 1, height, dtype=np.float32)[:, None]
        lay(canvas.pixels[:, rows], cover * np.float32(clouds), mix(day.sky[-1], day.sun, 0.5))


def paint_sun(canvas: Canvas, x: float, y: float, radius: float, day: Light) -> None:
    """A bright disc and the light it spills over everything around it."""
    for reach, strength in ((9, 0.35), (4, 0.35), (1.9, 0.5)):
        canvas.glow(x, y, radius * reach, day.sun, strength)
    canvas.disc(x, y, radius, day.sun)


def paint_ridge(canvas: Canvas, crest: Array, paint: Array, haze: Array, fog: float) -> None:
    """Land below `crest` (height y for each column), dissolving into `haze` downwards by share `fog`."""
    top = canvas.row(float(crest.min()) - 0.01)
    below = canvas.y[top:] - crest[None, :]
    share = np.clip(below / 0.4, 0, 1) * np.float32(fog)
    lay(canvas.pixels[:, top:], canvas.edge(below), mix(paint, haze, share))


def paint_stars(canvas: Canvas, rng: np.random.Generator, count: int) -> None:
    """Points of light, most of them faint, a few large enough to shine."""
    height, width = canvas.pixels.shape[1:]
    rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
    tints = ramp(rng.random(count), colors("9fc2ff ffffff ffffff ffdcae"))[:, 0]
    power = (rng.random(count) ** 4).astype(np.float32)
    spots = canvas.pixels[:, rows, columns]
    canvas.pixels[:, rows, columns] = spots + (1 - spots) * tints * (0.15 + 0.85 * power)
    for index in np.argsort(power)[-max(6, count // 40) :]:
        x, y = float(columns[index]) / canvas.unit_px, float(rows[index]) / canvas.unit_px
        canvas.glow(x, y, float(rng.uniform(0.003, 0.008)), tints[:, index, None, None], 0.9)


def add_grain(canvas: Canvas, rng: np.random.Generator, strength: float = 0.02) -> None:
    """Film grain and slightly darker corners, so that gradients do not show bands."""
    height, width = canvas.pixels.shape[1:]
    canvas.pixels += (rng.random((height, width), np.float32) - np.float32(0.5)) * np.float32(strength)
    across = (canvas.x / canvas.right * 2 - 1) ** 2
    down = (canvas.y / canvas.bottom * 2 - 1) ** 2
    canvas.pixels *= 1 - np.float32(0.07) * (across + down)


def add_reflection(canvas: Canvas, rng: np.random.Generator, shore: float, water: Array) -> None:
    """Mirror everything above `shore` into the water below it, with ripples."""
    top = canvas.row(shore)
    height, width = canvas.pixels.shape[1:]
    depth = np.arange(height - top)
    ripple = (noise(rng, (height - top, 1), (60, 1), 2)[:, 0] - 0.5) * (4 + depth * 0.12)
    source = np.clip(top - 1 - depth + ripple.astype(int), 0, top - 1)
    mirrored = canvas.pixels[:, source]
    fade = np.linspace(0.2, 0.6, height - top, dtype=np.float32)[:, None]
    canvas.pixels[:, top:] = mix(mirrored, water, fade)
    glitter = smooth(0.7, 1.0, noise(rng, (height - top, width), (70, 6), 2))
    screen(canvas.pixels[:, top:], glitter * np.float32(0.25), mix(water, color("ffffff"), 0.6))
