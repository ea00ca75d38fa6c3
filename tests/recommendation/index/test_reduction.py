"""Sums over the collection, and the axes made from them, against NumPy."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import reduction


def unit_vectors(rows: int, width: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(2).standard_normal((rows, width)) * np.linspace(3, 0.1, width)
    unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_second_moments_add_up_to_the_same_bits_in_any_order_and_grouping() -> None:
    vectors = unit_vectors(300, 12)
    whole = reduction.second_moment(vectors)
    pieces = [reduction.second_moment(piece) for piece in np.array_split(vectors, 7)]
    assert np.array_equal(sum(pieces), whole)
    assert np.array_equal(sum(reversed(pieces)), whole)


def test_a_second_moment_is_the_sum_of_outer_products() -> None:
    vectors = unit_vectors(300, 12)
    moment = reduction.second_moment(vectors) / reduction.FIXED_POINT**2
    assert moment == pytest.approx(vectors.astype(np.float64).T @ vectors, abs=0.05)


def test_sums_of_slices_give_the_mean_whatever_their_order() -> None:
    vectors = np.random.default_rng(1).gamma(1, 2, (500, 9)).astype(np.float32)
    sums = [reduction.fixed_point_sum(piece) for piece in np.array_split(vectors, 5)]
    mean = reduction.mean_of(sums[0] + sums[1] + sums[2] + sums[3] + sums[4], 500)
    assert np.array_equal(mean, reduction.mean_of(sums[4] + sums[2] + sums[0] + sums[3] + sums[1], 500))
    assert mean == pytest.approx(vectors.mean(axis=0, dtype=np.float64), abs=1e-5)


def test_axes_span_what_the_singular_vectors_span() -> None:
    vectors = unit_vectors(300, 12)
    axes = reduction.principal_axes(reduction.second_moment(vectors), 4)
    expected = np.linalg.svd(vectors.astype(np.float64), full_matrices=False)[2][:4].T
    assert np.abs(axes.T @ expected) == pytest.approx(np.eye(4), abs=0.01)
    assert (axes[np.abs(axes).argmax(axis=0), range(4)] > 0).all()


def test_all_axes_keep_everything_and_change_no_inner_product() -> None:
    vectors = unit_vectors(50, 6)
    moment = reduction.second_moment(vectors)
    axes = reduction.principal_axes(moment, 100)
    reduced = reduction.project(vectors, axes)
    assert axes.shape == (6, 6)
    assert reduction.kept_share(moment, axes) == pytest.approx(1)
    assert reduced @ reduced.T == pytest.approx(vectors @ vectors.T, abs=1e-5)


def test_axes_keep_the_share_that_their_projection_keeps() -> None:
    vectors = unit_vectors(300, 12)
    moment = reduction.second_moment(vectors)
    axes = reduction.principal_axes(moment, 3)
    kept = ((vectors @ axes) ** 2).sum() / (vectors**2).sum()
    assert reduction.kept_share(moment, axes) == pytest.approx(kept, abs=1e-3)


def test_a_zero_vector_stays_zero_when_brought_to_unit_length() -> None:
    assert reduction.unit(np.array([[0, 0], [3, 4]], np.float32)).tolist() == [
        [0, 0],
        [pytest.approx(0.6), pytest.approx(0.8)],
    ]


def test_centred_vectors_have_unit_length_whatever_theirs_was() -> None:
    vectors = unit_vectors(50, 8)
    mean = reduction.powers(vectors).mean(axis=0)
    centred = reduction.centre(reduction.joined([vectors]), mean)
    assert np.linalg.norm(centred, axis=1) == pytest.approx(1, abs=1e-6)
    assert reduction.centre(reduction.joined([5 * vectors]), mean) == pytest.approx(centred, abs=1e-5)


def test_powers_keep_signs() -> None:
    expected = np.array([9**0.7, -(16**0.7)])
    found = reduction.powers(np.array([9, -16], np.float32))
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def built_in(length: float) -> NDArray[np.float32]:
    return np.array([length, 0, 0], np.float32)


def test_the_mean_of_many_different_pictures_is_their_own() -> None:
    mean = np.array([0, 0.5, 0], np.float32)
    assert reduction.shrunk_mean(mean, 100_000, built_in(0.5)) == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize(
    ("mean", "rows"),
    [([0, 1, 0], 1), ([0, 0.999, 0], 2), ([0, 0.99, 0], 30), ([0, 0.999, 0], 100_000)],
    ids=["one picture", "a picture and its copy", "30 copies", "very many copies"],
)
def test_the_mean_of_few_or_equal_pictures_is_the_built_in_one(mean: list[float], rows: int) -> None:
    found = reduction.shrunk_mean(np.array(mean, np.float32), rows, built_in(0.5))
    assert found == pytest.approx(built_in(0.5), abs=0.02)


def test_half_of_the_mean_is_that_of_32_different_pictures() -> None:
    found = reduction.shrunk_mean(np.array([0, 0.5, 0], np.float32), reduction.FEW_ROWS, built_in(0.5))
    assert found == pytest.approx([0.25, 0.25, 0])
