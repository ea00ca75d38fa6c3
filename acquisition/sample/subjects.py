"""The twelve subjects of the sample, and one picture of any of them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from acquisition.sample.painters.balloons import paint_balloons
from acquisition.sample.painters.butterflies import KINDS, paint_butterflies
from acquisition.sample.painters.canvas import Canvas
from acquisition.sample.painters.fish import WATERS, paint_fish
from acquisition.sample.painters.flowers import SPECIES, paint_flowers
from acquisition.sample.painters.landscapes import paint_mountains, paint_seas
from acquisition.sample.painters.mandalas import GLASS, paint_mandalas
from acquisition.sample.painters.nights import paint_cities, paint_night_skies
from acquisition.sample.painters.patterns import INKS, PLAIDS, paint_compositions, paint_plaids
from acquisition.sample.painters.woods import SEASONS, paint_forests

SEED = 20240501


class Subject(NamedTuple):
    """What paints a subject, and the moods it comes in."""

    paint: Callable[[Canvas, np.random.Generator, str], None]
    moods: tuple[str, ...]


SUBJECTS = {
    "mountains": Subject(paint_mountains, ("dawn", "noon", "sunset", "dusk", "mist")),
    "seas": Subject(paint_seas, ("sunset", "noon", "dawn", "dusk", "storm")),
    "forests": Subject(paint_forests, tuple(SEASONS)),
    "night skies": Subject(paint_night_skies, ("milky way", "aurora", "moon")),
    "cities": Subject(paint_cities, ("night", "sunset", "noon", "dusk", "dawn")),
    "balloons": Subject(paint_balloons, ("noon", "dawn", "sunset", "mist")),
    "flowers": Subject(paint_flowers, tuple(SPECIES)),
    "butterflies": Subject(paint_butterflies, tuple(KINDS)),
    "fish": Subject(paint_fish, tuple(WATERS)),
    "compositions": Subject(paint_compositions, tuple(INKS)),
    "plaids": Subject(paint_plaids, tuple(PLAIDS)),
    "mandalas": Subject(paint_mandalas, tuple(GLASS)),
}


def mood_of(subject: str, number: int) -> str:
    """The mood of a subject's picture; moods go round, each time one further on, so that no size has only one."""
    moods = SUBJECTS[subject].moods
    return moods[(number + number // len(moods)) % len(moods)]


def draw(subject: str, number: int, size_px: tuple[int, int]) -> Image.Image:
    """Draw picture `number` of a subject: the same arguments give the same pixels."""
    rng = np.random.default_rng([SEED, list(SUBJECTS).index(subject), number])
    canvas = Canvas(*size_px)
    SUBJECTS[subject].paint(canvas, rng, mood_of(subject, number))
    pixels = np.clip(canvas.pixels * 255 + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)))
