"""What the batch does with one person or with sums over all: pure functions for an RDD."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from recommendation.index import generation
from recommendation.recommend import saved
from recommendation.recommend.advisor import State, candidates
from recommendation.recommend.listing import recommend
from recommendation.recommend.listing import to_record as record_of
from recommendation.recommend.saved import Learnt
from recommendation.scoring.crowd import LEAST_OPINIONS, LEAST_USERS, RATED_SHARE, SHRINK, approvals
from recommendation.scoring.parts import PARTS
from recommendation.scoring.recommenders import active_parts, known_of
from recommendation.scoring.taste import Taste, taste_of
from recommendation.scoring.weights import own_weights, prior_weights
from shared.people.events import LIKE
from shared.storage import Storage
from shared.storage.files import digest

SAMPLE = 500  # people whose weights make everybody's
#: Sums over people are sums of whole numbers, so that their order does not matter.
FIXED_POINT = 1 << 20
MOST_PAIRED = 100  # opinions of a person that item-kNN pairs with each other
NEIGHBOURS = 100
LEAST_COMMON = 2  # people who must have an opinion of both pictures

Person = tuple[str, dict[str, float]]
"""A user id and the person's values of pictures by image_id."""
Counts = tuple[int, int, int]
"""Of one picture: sum of approval in FIXED_POINT, ratings, likes."""
Pair = tuple[int, int]
"""Of two pictures: sum of products of opinions in FIXED_POINT, people."""
Row = dict[str, Any]


def stamp(volume: Storage) -> str:
    """Names index and model, so that a worker opens them again when they change."""
    stored = volume.read(saved.KEY) if volume.stat(saved.KEY) else b""
    return digest(generation.open_live(volume).name, hashlib.sha256(stored).hexdigest())


def has_opinions(person: Person) -> bool:
    """Whether a person said anything."""
    return bool(person[1])


def approvals_of(person: Person) -> dict[str, float]:
    """A person's approval of pictures, by image_id, see `crowd.approvals`."""
    ids = sorted(person[1])
    taste = Taste.of(np.arange(len(ids)), np.array([person[1][one] for one in ids]))
    return dict(zip(ids, approvals(taste).tolist(), strict=True))


def opinions_of(person: Person) -> Iterator[tuple[str, Counts]]:
    """What a person adds to the counts of pictures."""
    for image_id, approval in approvals_of(person).items():
        yield image_id, (round(approval * FIXED_POINT), 1, int(person[1][image_id] >= LIKE))


def add_counts(left: Counts, right: Counts) -> Counts:
    """Counts of two together."""
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def crowd_counts(counted: Sequence[tuple[str, Counts]], n_users: int) -> Learnt:
    """What was counted, sorted by image_id, to be stored."""
    if not counted:
        return saved.EMPTY
    counts = np.array([one for _, one in counted], np.float64).T
    counts[0] /= FIXED_POINT
    return saved.EMPTY._replace(ids=np.array([image_id for image_id, _ in counted]), counts=counts, users=n_users)


def overlaps_enough(learnt: Learnt) -> bool:
    """Whether people share enough pictures for item-kNN."""
    return learnt.users >= LEAST_USERS and bool(learnt.counts[1].sum() >= LEAST_OPINIONS * learnt.users)


def means_of(learnt: Learnt) -> dict[str, float] | None:
    """Mean approval of each picture where people rate them; None where they only like."""
    sums, ratings, likes = learnt.counts
    if 1 - likes.sum() / ratings.sum() < RATED_SHARE:
        return None
    return dict(zip(learnt.ids.tolist(), (sums / ratings).tolist(), strict=True))


def leanings_of(means: Mapping[str, float] | None, person: Person) -> dict[str, float]:
    """A person's opinions beyond the crowd's; of people who only like, 1 for each like."""
    if means is None:
        return {image_id: 1.0 for image_id, value in person[1].items() if value >= LIKE}
    return {image_id: approval - means[image_id] for image_id, approval in approvals_of(person).items()}


def pairs_of(means: Mapping[str, float] | None, person: Person) -> Iterator[tuple[tuple[str, str], Any]]:
    """Products of a person's opinions of two pictures, and of one with itself; of at most MOST_PAIRED pictures."""
    leanings = leanings_of(means, person)
    ids = sorted(leanings, key=lambda one: hashlib.sha256(f"{person[0]} {one}".encode()).digest())[:MOST_PAIRED]
    ids.sort()
    for place, one in enumerate(ids):
        for other in ids[place:]:
            yield (one, other), np.array([round(leanings[one] * leanings[other] * FIXED_POINT), 1], np.int64)


def both_ways(pair: tuple[tuple[str, str], Any]) -> Iterator[tuple[str, tuple[str, int]]]:
    """A pair for each of its pictures, if enough people have an opinion of both."""
    (one, other), (product, people) = pair
    if one != other and people >= LEAST_COMMON:
        yield one, (other, int(product))
        yield other, (one, int(product))


def is_square(pair: tuple[tuple[str, str], Any]) -> bool:
    """Whether a pair is a picture with itself."""
    return pair[0][0] == pair[0][1]


def square_of(pair: tuple[tuple[str, str], Any]) -> tuple[str, float]:
    """A picture and the sum of its squared opinions."""
    return pair[0][0], float(pair[1][0]) / FIXED_POINT


def nearest(
    norms: Mapping[str, float], picture: tuple[str, Iterable[tuple[str, int]]]
) -> tuple[str, list[tuple[str, int]]]:
    """The NEIGHBOURS of a picture that are most alike, or most opposite, largest first; equals by id."""
    image_id, others = picture

    def key(pair: tuple[str, int]) -> tuple[float, str]:
        return -abs(pair[1]) / (np.sqrt(norms[image_id] * norms[pair[0]]) + SHRINK), pair[0]

    return image_id, sorted(others, key=key)[:NEIGHBOURS]


def with_overlap(
    learnt: Learnt, norms_of: Mapping[str, float], found: Sequence[tuple[str, list[tuple[str, int]]]]
) -> Learnt:
    """What was learnt, with item-kNN."""
    places = {image_id: place for place, image_id in enumerate(learnt.ids.tolist())}
    neighbours = np.full((len(places), NEIGHBOURS), "", "U32")
    products, norms = np.zeros((len(places), NEIGHBOURS), np.float32), np.zeros(len(places))
    for image_id, norm in norms_of.items():
        norms[places[image_id]] = norm
    for image_id, kept in found:
        place = places[image_id]
        neighbours[place, : len(kept)] = [other for other, _ in kept]
        products[place, : len(kept)] = [product / FIXED_POINT for _, product in kept]
    return learnt._replace(neighbours=neighbours, products=products, norms=norms)


def shuffled(person: Person) -> tuple[str, Person]:
    """A person with a key that orders people as if at random."""
    return hashlib.sha256(person[0].encode()).hexdigest(), person


def first(pair: tuple[str, Person]) -> str:
    """The key of a pair."""
    return pair[0]


def weights_of(state: State, person: Person) -> dict[str, float] | None:
    """A person's own weight of each part; None with too few likes to learn from."""
    taste = taste_of(state.view.pictures, person[1])
    known, others = known_of(state.model, taste)
    names = active_parts(state.model, tuple(PARTS))
    weights = own_weights(known, others, names)
    return None if weights is None else dict(zip(names, weights.tolist(), strict=True))


def mean_weights(weights: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Everybody's weights: the mean of people's own and, as if one more person had it, of the prior."""
    if not weights:
        return {}
    names = tuple(weights[0])
    prior = dict(zip(names, prior_weights(names).tolist(), strict=True))
    return {name: float((sum(one[name] for one in weights) + prior[name]) / (len(weights) + 1)) for name in names}


def recommendation_rows(state: State, person: Person, n: int) -> Iterator[Row]:
    """The rows of RECOMMENDATIONS of one person."""
    user_id, values = person
    taste = taste_of(state.view.pictures, values)
    found = recommend(state.model, taste, n, candidates=candidates(state, taste, n))
    for rank, one in enumerate(found, 1):
        record = record_of(state.model, one)
        parts = record.pop("parts")
        yield {
            "user_id": user_id,
            "rank": rank,
            "part_names": list(parts),
            "part_values": list(parts.values()),
            **record,
        }


def to_record(row: Row) -> Row:
    """A row as recommendations.json has it."""
    parts = zip(row["part_names"], row["part_values"], strict=True)
    return {
        "file_name": row["file_name"],
        "image_id": row["image_id"],
        "reason": row["reason"],
        "score": round(row["score"], 4),
        "parts": {name: round(value, 4) for name, value in parts},
        **{name: row[name] for name in ("because_of", "licence", "attribution")},
    }


def in_parts(rows: Sequence[Row], part_rows: int) -> Iterator[list[Row]]:
    """Rows, sorted by person, in lists of whole persons of about `part_rows`; one empty list for no rows."""
    part: list[Row] = []
    for _, some in groupby(rows, key=lambda row: row["user_id"]):
        if len(part) >= part_rows:
            yield part
            part = []
        part.extend(some)
    yield part
