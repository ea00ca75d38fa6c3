"""Night skies and cities."""

import math

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
)
from acquisition.sample.painters.skies import (
    Light,
    add_grain,
    add_reflection,
    light_of,
    paint_ridge,
    paint_sky,
    paint_stars,
    paint_sun,
)
from acquisition.sample.painters.woods import conifers

#: Corners between the two upper corners of a tower one unit wide; most roofs are flat.
ROOFS: tuple[list[tuple[float, float]], ...] = (
    [(0.5, -0.5)],
    [(0, -0.35)],
    [(0.25, 0), (0.25, -0.3), (0.75, -0.3), (0.75, 0)],
    [],
    [],
    [],
)

#: Night air from the zenith to the horizon.
AIRS = ("02030d 0a1230 1c2a5e 4a4a86", "03040c 120c2e 351d5c 7d3f79", "010a10 06202f 0f4252 2f7d7c")


def paint_night_skies(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Stars over a dark land, with the Milky Way, the northern lights or the moon."""
    canvas.pixels[:] = ramp((canvas.y / canvas.bottom) ** 1.3, colors(AIRS[int(rng.integers(3))]))
    if mood == "milky way":
        paint_milky_way(canvas, rng)
    if mood == "aurora":
        paint_aurora(canvas, rng)
    paint_stars(canvas, rng, int(rng.uniform(500, 1300) * canvas.right * canvas.bottom))
    if mood == "moon":
        paint_moon(canvas, rng)
    land = canvas.bottom * float(rng.uniform(0.82, 0.92))
    crest = land + 0.09 * outline(rng, canvas.pixels.shape[2], 3 * canvas.right, 7, 0.45)
    if rng.random() < 0.5:
        canvas.polygons(conifers(rng, canvas, crest, 0.12), color("020409"))
    paint_ridge(canvas, crest, color("020409"), color("0a1020"), 0.4)
    add_grain(canvas, rng, 0.03)


def paint_milky_way(canvas: Canvas, rng: np.random.Generator) -> None:
    """A band of glowing dust across the sky, with dark lanes in it."""
    shape = canvas.pixels.shape[1:]
    angle = float(rng.uniform(0.5, 1.2) * rng.choice([-1, 1]))
    across = (canvas.x - canvas.right / 2) * math.sin(angle) - (canvas.y - canvas.bottom * 0.4) * math.cos(angle)
    dust = noise(rng, shape, (5 * canvas.bottom, 5 * canvas.right), 5)
    across = across + (dust - 0.5) * 0.25
    band = np.exp(-((across / 0.17) ** 2))
    core = np.exp(-((across / 0.07) ** 2))
    screen(canvas.pixels, band * np.clip(dust * 1.1, 0, 1) * 0.75, color("7f8fd6"))
    screen(canvas.pixels, core * dust * 0.75, color("ffd9b8"))
    lanes = noise(rng, shape, (7 * canvas.bottom, 7 * canvas.right), 4)
    lay(canvas.pixels, core * smooth(0.52, 0.75, lanes) * 0.7, color("0a0a1c"))
    height, width = shape
    rows, columns = rng.integers(0, height, 4000), rng.integers(0, width, 4000)
    canvas.pixels[:, rows, columns] += band[rows, columns] * rng.random(4000, np.float32) * 0.5


def paint_aurora(canvas: Canvas, rng: np.random.Generator) -> None:
    """Two or three curtains of green light that turn violet above."""
    width = canvas.pixels.shape[2]
    for _ in range(int(rng.integers(2, 4))):
        foot = canvas.bottom * float(rng.uniform(0.4, 0.7)) + 0.22 * soft_line(rng, width, 2)
        rays = 0.25 + 0.75 * np.clip(soft_line(rng, width, 26) * 0.6 + 0.5, 0, 1)
        reach = canvas.bottom * float(rng.uniform(0.35, 0.55))
        above = (foot[None, :] - canvas.y) / np.float32(reach)
        curtain = smooth(-0.06, 0.04, above) * np.exp(-np.maximum(above, 0) * 3.2) * rays[None, :]
        tint = ramp(np.clip(above, 0, 1), colors("b9ffd0 4df0a0 2fbf9a 8a5bd6 6a3bb0"))
        screen(canvas.pixels, curtain * np.float32(0.85), tint)


def soft_line(rng: np.random.Generator, width: int, cells: float) -> Array:
    """A smooth line of about -1..1, shape (width,)."""
    return np.asarray(noise(rng, (1, width), (1, cells), 3)[0] * 2 - 1)


def paint_moon(canvas: Canvas, rng: np.random.Generator) -> None:
    """A full or crescent moon with seas on its face and a halo."""
    x, y = float(rng.uniform(0.25, 0.75)) * canvas.right, float(rng.uniform(0.2, 0.45)) * canvas.bottom
    radius = float(rng.uniform(0.07, 0.17))
    for reach, strength in ((3.4, 0.3), (1.7, 0.4)):
        canvas.glow(x, y, radius * reach, color("bcd0ff"), strength)
    where = canvas.window(x, y, radius * 1.05)
    across, down = canvas.offsets(x, y, where)
    distance = np.hypot(across, down)
    face = ramp(noise(rng, distance.shape, (4, 4), 5), colors("8d8f99 c9c8c4 f3efe2 fffdf4"))
    phase = float(rng.choice([0, 0, 0.5, -0.5]))
    shade = np.hypot(across - phase * radius, down) < radius if phase else np.zeros(distance.shape, bool)
    night = mix(canvas.pixels[where], color("10162c"), 0.8)
    face = np.where(shade, night, face * (1 - 0.35 * (distance / radius) ** 4))
    lay(canvas.pixels[where], canvas.edge(radius - distance), face)


def paint_cities(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """A skyline, block behind block, windows lit when it is dark, a river in front of some."""
    day = light_of(mood)
    ground = canvas.bottom * float(rng.uniform(0.76, 0.9))
    paint_sky(canvas, rng, day, ground, clouds=0.6)
    if mood == "night":
        paint_stars(canvas, rng, 250)
    sun = float(rng.uniform(0.2, 0.8)) * canvas.right
    paint_sun(canvas, sun, ground * float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.04, 0.09)), day)
    for share in (0.15, 0.45, 0.85):
        paint_blocks(canvas, rng, day, ground, share)
    if ground < canvas.bottom * 0.84:
        add_reflection(canvas, rng, ground, mix(day.sky[0], day.near, 0.5))
    else:
        canvas.pixels[:, canvas.row(ground) :] = day.near
    add_grain(canvas, rng)


def paint_blocks(canvas: Canvas, rng: np.random.Generator, day: Light, ground: float, share: float) -> None:
    """One row of buildings; `share` 0 is far and pale, 1 is near and dark."""
    x = -float(rng.uniform(0, 0.1))
    while x < canvas.right:
        width = float(rng.uniform(0.06, 0.15)) * (0.6 + share * 0.7)
        tall = (0.62 - 0.34 * share) * float(rng.uniform(0.35, 1)) * min(canvas.bottom, 1.4)
        paint_building(canvas, rng, day, (x, ground - tall, width, ground), share)
        x += width * float(rng.uniform(0.85, 1.25))


def paint_building(
    canvas: Canvas, rng: np.random.Generator, day: Light, box: tuple[float, float, float, float], share: float
) -> None:
    """A tower with a lit side, a roof and windows; box is left, top, width, ground."""
    left, top, width, ground = box
    wall = mix(mix(day.far, day.sky[-1], 0.25), day.near, share)
    crown = np.array([(0, 0), *ROOFS[int(rng.integers(len(ROOFS)))], (1, 0)], np.float32) * width + (left, top)
    if rng.random() < 0.2:
        mast = np.array([(0.48, 0.1), (0.5, -0.9), (0.52, 0.1)], np.float32) * width + (left, top)
        canvas.polygons([mast], wall)
    canvas.polygons([np.concatenate([crown, [(left + width, ground), (left, ground)]])], wall)
    side = left + width * 0.72
    edge = [(side, top), (left + width, top), (left + width, ground), (side, ground)]
    canvas.polygons([edge], mix(wall, day.near, 0.35), 0.8)
    paint_windows(canvas, rng, day, box, wall)


def paint_windows(
    canvas: Canvas, rng: np.random.Generator, day: Light, box: tuple[float, float, float, float], wall: Array
) -> None:
    """A grid of panes, some of them lit; at noon they mirror the sky instead."""
    left, top, width, ground = box
    dark = float(day.sky[0].mean()) < 0.3
    pane, lamp = (color("ffd98a"), 0.45) if dark else (mix(wall, day.sky[0], 0.4), 0.9)
    lit = np.where(rng.random(grid := panes(width, ground - top)) < lamp, rng.uniform(0.45, 1, grid), 0)
    where = canvas.box(left, top + 0.012, left + width, ground)
    across, down = canvas.offsets(left, top + 0.012, where)
    row, column = down / (ground - top) * grid[0], across / width * grid[1]
    glass = lit[np.clip(row.astype(int), 0, grid[0] - 1), np.clip(column.astype(int), 0, grid[1] - 1)]
    lay(canvas.pixels[where], glass * (row % 1 < 0.5) * (np.abs(column % 1 - 0.5) < 0.26), pane)


def panes(width: float, height: float) -> tuple[int, int]:
    """How many windows a wall has, down and across."""
    return max(3, int(height / 0.03)), max(2, int(width / 0.022))
