"""The order of the page's rows and its sheets: pure functions of ids and places."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from recommendation.map.explore.order import LEVELS, SHEET_ROWS, levels_of, morton, order, sheets, spread_bits


def made_ids(count: int) -> np.ndarray:
    return np.array([hashlib.sha256(str(number).encode()).digest()[:16] for number in range(count)], "S16")


def made_places(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 65536, (count, 2)).astype(np.uint16)


def test_bits_are_spread() -> None:
    assert spread_bits(np.array([0b11, 0xFFFF], np.uint16)).tolist() == [0b101, 0x55555555]
    assert morton(np.array([[1, 0], [0, 1], [65535, 65535]], np.uint16)).tolist() == [1, 2, 2**32 - 1]


def test_every_cell_of_every_level_has_one_representative_the_smallest_id() -> None:
    ids, places = made_ids(500), made_places(500)
    found = order(ids, places)
    assert sorted(found.pictures.tolist()) == list(range(500))
    for level in range(LEVELS + 1):
        cells = morton(places[found.pictures]) >> np.uint64(2 * (LEVELS - level))
        shown = found.pictures[: found.level_starts[level + 1]]
        first: dict[int, int] = {}
        for picture in np.argsort(ids):
            first.setdefault(int(morton(places[picture : picture + 1])[0]) >> 2 * (LEVELS - level), picture)
        assert set(first.values()) <= set(shown.tolist())
        assert len(first) == len(np.unique(cells)) == len(shown)


def test_pictures_at_one_place_come_last_but_for_one() -> None:
    places = np.zeros((4, 2), np.uint16)
    assert sorted(levels_of(morton(places), np.array([3, 1, 0, 2])).tolist()) == [0, 17, 17, 17]


def test_a_new_picture_changes_few_sheets() -> None:
    ids, places = made_ids(20_000), made_places(20_000)
    names = [
        {one.name for one in sheets(ids[:count][order(ids[:count], places[:count]).pictures])}
        for count in (19_990, 20_000)
    ]
    assert len(names[1] - names[0]) <= 15
    assert len(names[1]) > 20


@pytest.mark.parametrize("count", [1, 511, 1024, 5000])
def test_sheets_follow_one_another_and_none_is_too_large(count: int) -> None:
    found = sheets(made_ids(count))
    assert found[0].start == 0
    assert found[-1].stop == count
    assert all(one.stop == other.start for one, other in pairwise(found))
    assert max(one.stop - one.start for one in found) <= SHEET_ROWS
