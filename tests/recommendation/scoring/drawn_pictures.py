"""A made-up collection for recommenders: pictures in groups that look alike, and a few special ones."""

import numpy as np

from recommendation.recommend.loading import make_pictures
from recommendation.scoring.crowd import Crowd, crowd_of
from recommendation.scoring.pictures import Pictures
from recommendation.scoring.recommenders import Model
from recommendation.scoring.taste import Taste

N, GROUPS = 240, 8
COLORS = ("blue", "green", "red")


def make(n: int = N, refused: tuple[int, ...] = (), copies: tuple[tuple[int, int], ...] = ()) -> Pictures:
    """Picture i is of group i % GROUPS, has the colour i % 3 and is a portrait when i % 2.

    Args:
        refused: rows without a permitted licence.
        copies: pairs of rows: the second becomes a near-copy of the first.
    """
    random = np.random.default_rng(9)
    vectors = {}
    for name, kinds in (("embedding", GROUPS), ("color", 3), ("structure", 5)):
        centres = random.normal(size=(kinds, 16))
        found = centres[np.arange(n) % kinds] + 0.3 * random.normal(size=(n, 16))
        vectors[name] = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    hashes = random.integers(0, 256, (n, 24)).astype(np.uint8)
    for one, other in copies:
        hashes[other] = hashes[one]
        hashes[other, 0] ^= 1
    labels = [
        {
            "filename": f"{row}.jpg",
            "orientation": "portrait" if row % 2 else "landscape",
            "size_category": "medium",
            "tags": [f"group {row % GROUPS}"],
            "color_names": [COLORS[row % 3]],
            "license": "All rights reserved" if row in refused else "CC0",
            "author": f"author {row}",
        }
        for row in range(n)
    ]
    return make_pictures([f"{row:032x}" for row in range(n)], vectors, hashes, labels)


def likes(*rows: int, disliked: tuple[int, ...] = ()) -> Taste:
    return Taste.of(np.array([*rows, *disliked], np.int64), np.array([1.0] * len(rows) + [-1.0] * len(disliked)))


def nobody(n: int = N) -> Crowd:
    return crowd_of(n, [])


def model_of(pictures: Pictures, *tastes: Taste) -> Model:
    return Model(pictures, crowd_of(len(pictures), tastes))
