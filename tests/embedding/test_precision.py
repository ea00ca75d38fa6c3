"""When the int8 copy is used: where it keeps the neighbours and is worth making."""

import numpy as np
import pytest

from embedding import precision
from embedding.precision import judge, kept_neighbours, settled_without_trial
from shared.models.store import Model, ModelChoice

NETWORK = Model("n" * 64, "small", "", "fp32", "n" * 64, 32, 2, "", "", ())
COPY = "c" * 64


def on_a_circle(*degrees: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_neighbours_that_stay_are_counted() -> None:
    before, after = on_a_circle(0, 10, 120, 130, 240, 251), on_a_circle(0, 10, 120, 241, 240, 131)
    assert kept_neighbours(before, before * 3, count=1) == 1
    assert kept_neighbours(before, after, count=1) == pytest.approx(2 / 6)  # 3 and 5 have changed places


def test_neighbours_are_told_by_direction_from_the_mean() -> None:
    vectors = on_a_circle(0, 10, 120, 130, 240, 251)
    assert kept_neighbours(vectors, vectors + 100, count=1) == 1


@pytest.mark.parametrize(("pictures", "kept"), [(1, 1.0), (2, 1.0), (3, 1.0)])
def test_few_pictures_cannot_lose_neighbours(pictures: int, kept: float) -> None:
    random = np.random.default_rng(0)
    one, other = (random.normal(size=(pictures, 4)).astype(np.float32) for _ in range(2))
    assert kept_neighbours(one, other) == kept


def test_equal_vectors_are_no_error() -> None:
    assert kept_neighbours(np.ones((4, 3), np.float32), np.ones((4, 3), np.float32)) == 1


@pytest.mark.parametrize(
    ("wanted", "pictures", "expected"),
    [
        ("fp32", 1_000_000, ModelChoice(NETWORK.sha256, settled=True, reason="fp32: --precision asks for it")),
        (
            "auto",
            240,
            ModelChoice(
                NETWORK.sha256,
                settled=False,  # and looked at again when there are more
                reason="fp32: making an int8 copy pays from 2000 pictures on, and there are 240",
            ),
        ),
        ("auto", 2000, None),
        ("int8", 3, None),
    ],
)
def test_a_copy_is_made_where_it_pays_or_is_asked_for(wanted: str, pictures: int, expected: ModelChoice | None) -> None:
    assert settled_without_trial(NETWORK, wanted, pictures) == expected


@pytest.mark.parametrize(
    ("kept", "wanted", "sha256", "start", "end"),
    [
        (0.9, "auto", COPY, "int8: an int8 copy keeps 90.0%", "(at least 80% expected)"),
        (0.7, "auto", NETWORK.sha256, "fp32: an int8 copy keeps 70.0%", "(at least 80% expected)"),
        (0.7, "int8", COPY, "int8: an int8 copy keeps 70.0%", "(--precision int8 asks for it)"),
    ],
)
def test_a_copy_is_used_where_it_keeps_the_neighbours(
    kept: float, wanted: str, sha256: str, start: str, end: str
) -> None:
    reason = f"{start} of the 5 nearest neighbours among 128 pictures {end}"
    assert judge(NETWORK.sha256, COPY, kept, 128, wanted) == ModelChoice(sha256, settled=True, reason=reason)


def test_a_copy_is_checked_on_other_pictures_than_it_is_made_from() -> None:
    calibration, checked = precision.divide(range(256))
    assert (len(calibration), len(checked), set(calibration) & set(checked)) == (128, 128, set())
    assert precision.divide(range(9)) == (range(9), range(9))
