"""Semi-synthetic people: tastes of several families over real photographs, whose true probabilities are known.

What the families are made of is not what the product computes: the class is the folder, which no recommender is given; colours are
a CIELAB hue histogram of 8 hues and 3 greys; appeal is a random number unrelated to pixels.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.pictures.features.lab import srgb_to_lab

FAMILIES = ("class", "multi", "colour", "orient", "mixed", "crowd", "none")
LIKED = 0.06  # share of the collection that a person likes on average
SLOPE = 2.5
PROFILE, USERS = 15, 30
HUES, GREYS, LEAST_CHROMA = 8, 3, 12.0

Shares = NDArray[np.float64]


class World(NamedTuple):
    """What utilities are made of.

    Args:
        classes: number of each picture's class.
        colors: shares of HUES hues and GREYS greys, shape (n, HUES + GREYS).
        is_portrait: shape (n,).
        appeal: standard normal, shape (n,).
    """

    classes: NDArray[np.int64]
    colors: Shares
    is_portrait: NDArray[np.bool_]
    appeal: Shares


class Person(NamedTuple):
    """One made-up person: the true probability of liking each picture, what is liked, and what is known of it."""

    chances: Shares
    likes: NDArray[np.int64]
    profile: NDArray[np.int64]


def hue_histogram(rgb: NDArray[np.uint8]) -> Shares:
    """Shares of the pixels in HUES sectors of hue and, where there is hardly any chroma, in GREYS steps of lightness."""
    lab = srgb_to_lab(rgb.reshape(-1, 3)).astype(np.float64)
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1]) % (2 * np.pi)
    sector = np.minimum((hue / (2 * np.pi) * HUES).astype(int), HUES - 1)
    step = HUES + np.minimum((lab[:, 0] / 100 * GREYS).astype(int), GREYS - 1)
    bins = np.where(chroma >= LEAST_CHROMA, sector, step)
    return np.bincount(bins, minlength=HUES + GREYS) / len(bins)


def utility(family: str, world: World, random: np.random.Generator) -> Shares:
    """One person's utility of each picture."""
    n_classes = int(world.classes.max()) + 1
    few, many = (np.isin(world.classes, random.choice(n_classes, n, replace=False)) for n in (5, 9))
    hues = world.colors[:, random.choice(HUES, 2, replace=False)].sum(axis=1)
    color = (hues - hues.mean()) / max(hues.std(), 1e-9)
    shape = world.is_portrait == (random.random() < 0.5)
    found: Shares = {
        "class": 3.0 * few,
        "multi": 3.0 * many * random.choice([0.7, 1.0, 1.3], n_classes)[world.classes],
        "colour": 1.0 * color,
        "orient": 2.0 * shape,
        "mixed": 1.5 * few + 0.7 * color + 0.7 * shape + 0.5 * world.appeal,
        "crowd": 1.2 * world.appeal,
        "none": np.zeros(len(world.appeal)),
    }[family]
    return found


def chances(utilities: Shares) -> Shares:
    """Probability of liking each picture, LIKED on average: the threshold is found by bisection."""
    low, high = utilities.min() - 10, utilities.max() + 10
    for _ in range(60):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-SLOPE * (utilities - middle)))).mean() > LIKED:
            low = middle
        else:
            high = middle
    return np.asarray(1 / (1 + np.exp(-SLOPE * (utilities - (low + high) / 2))))


def people(family: str, world: World, seed: int, count: int = USERS) -> Iterator[Person]:
    """People of a family who know half of the collection, popular pictures rather, and have a profile of PROFILE likes."""
    random = np.random.default_rng([seed, FAMILIES.index(family)])
    n = len(world.appeal)
    while count:
        found = chances(utility(family, world, random))
        likes = random.random(n) < found
        exposed = np.argsort(-(world.appeal * 0.5 + random.gumbel(size=n)))[: n // 2]
        known = exposed[likes[exposed]]
        if len(known) >= PROFILE and likes.sum() > PROFILE:
            count -= 1
            yield Person(found, np.flatnonzero(likes), np.sort(random.choice(known, PROFILE, replace=False)))
