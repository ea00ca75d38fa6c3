"""Simulated people: tastes of several families over the labels of a collection, each with 10 to 20 favourites."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared import tables
from shared.errors import CannotProceedError
from shared.people.events import Event, User
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.tables import live
from shared.tables.contracts import LABELS

FEWEST, MOST = 10, 20
SIMULATED_AT = 1_704_067_200.0  # s since 1970 (2024-01-01): the same seed makes the same bytes
SLOPE = 4.0  # how much taste counts against chance
COLUMNS = ("image_id", "tags", "color_names", "orientation")
SOURCE = "simulated"

Shares = NDArray[np.float64]


class Labels(NamedTuple):
    """The labels of the pictures that exist, by image_id."""

    ids: list[str]
    tags: list[list[str]]
    colors: list[list[str]]
    orientations: list[str]


Taste = Callable[[Labels, np.random.Generator], Shares]


def read_labels(volume: Storage) -> Labels:
    """The labels of all pictures.

    Raises:
        CannotProceedError: there are none.
    """
    parts = live.live_parts(tables.open_snapshot(volume), LABELS)
    rows = [row for part in parts for row in live.read_rows(volume, part, COLUMNS)]
    rows.sort(key=lambda row: str(row["image_id"]))
    if not rows:
        raise CannotProceedError("no picture has labels to simulate tastes with; run `imagerec run` first")
    columns: list[Any] = [[row[name] for row in rows] for name in COLUMNS]
    return Labels(*columns)


def _some(lists: Sequence[Sequence[str]], n: int, random: np.random.Generator) -> Shares:
    """1 for pictures that have one of n words drawn at random."""
    words = sorted({word for words in lists for word in words})
    if not words:
        return np.zeros(len(lists))
    drawn = set(random.choice(words, min(n, len(words)), replace=False).tolist())
    return np.array([float(not drawn.isdisjoint(words)) for words in lists])


def _subject(labels: Labels, random: np.random.Generator) -> Shares:
    return _some(labels.tags, 2, random)


def _subjects(labels: Labels, random: np.random.Generator) -> Shares:
    return _some(labels.tags, 4, random)


def _color(labels: Labels, random: np.random.Generator) -> Shares:
    return _some(labels.colors, 3, random)


def _orientation(labels: Labels, random: np.random.Generator) -> Shares:
    return _some([[one] for one in labels.orientations], 1, random)


def _mixed(labels: Labels, random: np.random.Generator) -> Shares:
    parts = [family(labels, random) for family in (_subjects, _color, _orientation)]
    return np.asarray(sum(parts) / 2)


def _crowd(labels: Labels, _: np.random.Generator) -> Shares:
    """The same for everybody: some pictures simply are popular."""
    return np.abs(np.random.default_rng(0).normal(size=len(labels.ids))) / 2


def _none(labels: Labels, _: np.random.Generator) -> Shares:
    return np.zeros(len(labels.ids))


#: To add a family, add a line here.
FAMILIES: dict[str, Taste] = {
    "class": _subject,
    "multi": _subjects,
    "colour": _color,
    "orient": _orientation,
    "mixed": _mixed,
    "crowd": _crowd,
    "none": _none,
}


def simulate(volume: Storage, count: int, seed: int) -> list[str]:
    """Store simulated people, the families in turn; the same seed makes the same people of the same collection.

    Returns:
        Their user ids.
    """
    labels = read_labels(volume)
    users, events = [], []
    for number in range(count):
        family = list(FAMILIES)[number % len(FAMILIES)]
        user_id = f"simulated-{seed}-{number + 1:02d}"
        users.append(User(user_id, SOURCE, family, seed, SIMULATED_AT))
        events += [Event(user_id, one, 1.0, SIMULATED_AT, SOURCE) for one in favourites(labels, family, seed, number)]
    store = PeopleStore(volume)
    store.add_users(users)
    store.record(events)
    return [one.user_id for one in users]


def favourites(labels: Labels, family: str, seed: int, number: int) -> list[str]:
    """image_ids of one person's favourites: drawn without replacement, the better they fit the taste the more likely.

    Source: Gumbel 1954 (the largest of utility plus Gumbel noise is a draw in proportion to the utility's exponential).
    """
    random = np.random.default_rng([seed, number])
    utilities = SLOPE * FAMILIES[family](labels, random) + random.gumbel(size=len(labels.ids))
    n_likes = int(random.integers(FEWEST, MOST + 1))
    return sorted(labels.ids[row] for row in np.argsort(-utilities, kind="stable")[:n_likes])
