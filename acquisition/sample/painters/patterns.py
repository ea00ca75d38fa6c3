"""Designed surfaces: compositions of plain shapes, and woven plaids."""

import numpy as np

from acquisition.sample.painters.canvas import Array, Canvas, color, colors, ellipse, mix, noise, turned

#: Ground first, then inks.
INKS = {
    "primary": "f2ead8 d62828 1d3f8a f2b705 16161a",
    "earth": "efe3d0 b5532c 6b7f5a d9a35b 3a2a20",
    "pastel": "fbf6ef f2a7b0 9cc5e0 f6d38a 6f7fa8",
    "night": "14182b e4572e 2ec4b6 ffd166 e8e9f3",
    "forest": "e9ede0 1f5a3f 9cb380 d98f4e 22302a",
}


def paint_compositions(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """Circles, arcs, bars and triangles on paper: a grid of tiles or a free arrangement."""
    inks = colors(INKS[mood])
    canvas.pixels[:] = inks[0]
    if rng.random() < 0.5:
        paint_tiles(canvas, rng, inks)
    else:
        paint_arrangement(canvas, rng, inks)
    paper = noise(rng, canvas.pixels.shape[1:], (40 * canvas.bottom, 40 * canvas.right), 3)
    canvas.pixels += (paper - 0.5) * np.float32(0.035)


def paint_tiles(canvas: Canvas, rng: np.random.Generator, inks: Array) -> None:
    """A grid of squares, each with a quarter circle, circle, triangle, leaf or stripes."""
    side = 1 / int(rng.integers(3, 6))
    for row in range(int(np.ceil(canvas.bottom / side - 0.01))):
        for column in range(int(np.ceil(canvas.right / side - 0.01))):
            ground, ink, accent = inks[rng.permutation(len(inks))[:3]]
            corner = np.array([column * side, row * side])
            canvas.polygons([np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * side + corner], ground)
            middle = corner + side / 2
            turn = int(rng.integers(4)) * np.pi / 2
            shapes = tile_shapes(int(rng.integers(6)))
            for shape, paint in zip(shapes, (ink, accent, ink), strict=False):
                canvas.polygons([turned(shape, turn) * side + middle], paint)


def tile_shapes(kind: int) -> list[Array]:
    """Outlines within the square -0.5..0.5, to be painted one on the other."""
    angle = np.linspace(0, np.pi / 2, 24)
    pie = np.concatenate([[(0, 0)], np.stack([np.cos(angle), np.sin(angle)], axis=1)]).astype(np.float32)
    arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    leaf = np.concatenate([arc, (1 - arc)]) - 0.5
    bars = [np.array([(-0.5, y), (0.5, y), (0.5, y + 0.14), (-0.5, y + 0.14)]) for y in (-0.43, -0.07, 0.29)]
    kinds = [
        [pie - 0.5, pie * 0.6 - 0.5, pie * 0.25 - 0.5],
        [ellipse(0, 0, 0.42, 0.42), ellipse(0, 0, 0.2, 0.2)],
        [np.array([(-0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])],
        [leaf, ellipse(0, 0, 0.1, 0.1)],
        bars,
        [pie * (1, 0.5) - 0.5, pie * (-1, -0.5) + 0.5],
    ]
    return [np.asarray(shape, np.float32) for shape in kinds[kind]]


def paint_arrangement(canvas: Canvas, rng: np.random.Generator, inks: Array) -> None:
    """A leaning cross of bars, a large disc with rings, small shapes around them, all with soft shadows."""
    turn = float(rng.uniform(-0.7, 0.7))
    x, y = canvas.right * float(rng.uniform(0.4, 0.6)), canvas.bottom * float(rng.uniform(0.4, 0.6))
    reach = max(canvas.right, canvas.bottom)
    radius = float(rng.uniform(0.2, 0.32))
    shapes: list[tuple[Array, Array]] = [(ellipse(x, y, radius, radius), inks[1])]
    for _ in range(int(rng.integers(7, 13))):
        at = rng.uniform(0.05, 0.95, 2) * (canvas.right, canvas.bottom)
        size = float(rng.uniform(0.04, 0.16))
        kind = [ellipse(0, 0, size, size), turned([(-size, size), (size, size), (0, -size)], turn)][
            int(rng.integers(2))
        ]
        shapes.append((kind + at, inks[int(rng.integers(1, 5))]))
    for _ in range(int(rng.integers(4, 8))):
        bar = bar_outline(float(rng.uniform(0.3, 0.9)) * reach, float(rng.choice([0.008, 0.015, 0.04, 0.09])))
        angle = turn + float(rng.choice([0, np.pi / 2]))
        at = rng.uniform(-0.35, 0.35, 2) + np.array((x, y))
        shapes.append((turned(bar, angle) + at, inks[int(rng.integers(1, 5))]))
    for shape, ink in shapes:
        canvas.polygons([shape + np.array((0.008, 0.014))], color("000000"), 0.22, blur=0.012)
        canvas.polygons([shape], ink)
    for ring, ink in ((0.7, inks[0]), (0.62, inks[2]), (0.3, inks[3])):
        canvas.polygons([ellipse(x, y, radius * ring, radius * ring)], ink)


def bar_outline(length: float, width: float) -> Array:
    """A bar around the origin."""
    return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32) * (length / 2, width / 2)


PLAIDS = {
    "highland": "7a1220 0f3a2a 10182f e8c64a f4efe4",
    "harbour": "12305a 2f6ea8 e9eef2 c9302c 0a1a30",
    "heather": "6a5a7a b7a6c4 3f4a3a d9c9b0 8a4a6a",
    "camel": "c49a6a 1a1a1c f4efe6 b3262b 7a5a3a",
    "meadow": "3f7f4a a9cf7a f6f3c9 e2a63a 1f4030",
}


def paint_plaids(canvas: Canvas, rng: np.random.Generator, mood: str) -> None:
    """A twill: the same stripes as warp and weft, thread over thread, in soft folds."""
    yarns = colors(PLAIDS[mood])
    sett = stripes(rng, len(yarns))
    height, width = canvas.pixels.shape[1:]
    thread = max(2, round(canvas.unit_px / float(rng.choice([110, 150, 200]))))
    down, across = np.arange(height) // thread, np.arange(width) // thread
    over = ((down[:, None] + across[None, :]) // 2 % 2).astype(np.float32)
    threads = yarns[:, :, 0, 0].T
    warp, weft = threads[:, None, sett[across % len(sett)]], threads[:, sett[down % len(sett)], None]
    canvas.pixels[:] = mix(warp, weft, over)
    bulge_x = np.sin(np.pi * (np.arange(width) % thread + 0.5) / thread).astype(np.float32)[None, :]
    bulge_y = np.sin(np.pi * (np.arange(height) % thread + 0.5) / thread).astype(np.float32)[:, None]
    canvas.pixels *= 0.82 + 0.2 * mix(bulge_x, bulge_y, over)
    fuzz = noise(rng, (height, width), (90 * canvas.bottom, 90 * canvas.right), 2)
    folds = noise(rng, (height, width), (2, 2), 2)
    canvas.pixels *= 0.92 + 0.14 * (fuzz - 0.5) + 0.28 * (folds - 0.5)


def stripes(rng: np.random.Generator, n_yarns: int) -> np.ndarray:
    """The yarn of each thread of one repeat, mirrored as in a tartan."""
    widths = rng.choice([2, 2, 3, 4, 8, 12, 16], 8)
    widths[0], widths[4] = 18, 14
    half = np.concatenate([np.full(n, index % n_yarns) for index, n in enumerate(widths)])
    return np.concatenate([half, half[::-1]])
