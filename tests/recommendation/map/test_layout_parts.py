"""Neighbours, places, clusters, names and quality, where arithmetic gives the answer."""

import hashlib
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score

from recommendation.map import captions, clusters, landmarks, layouts, naming, positions, quality, tasks
from recommendation.map.layouts import Problem
from recommendation.map.neighbours import Neighbours, distances, nearest, padded
from recommendation.map.quality import Sample
from recommendation.settings import LAYOUTS
from shared.errors import CannotProceedError


def whole_numbers(rows: int, width: int = 16, seed: int = 1, groups: int = 6) -> np.ndarray:
    """Unit vectors around some centres as whole numbers, as the index has them."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(groups, width))
    vectors = centres[np.arange(rows) % groups] + random.normal(0, 0.35, (rows, width))
    return np.asarray(np.rint(vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * 2048), np.float32)


def found_of(vectors: np.ndarray, k: int) -> Neighbours:
    return nearest(vectors, padded(vectors), len(vectors), k, np.arange(len(vectors)))


@pytest.mark.parametrize(("rows", "k"), [(2, 5), (40, 15), (700, 15), (1500, 40)])
def test_neighbours_are_those_that_a_full_sort_finds(rows: int, k: int) -> None:
    vectors = whole_numbers(rows)
    products = (vectors @ vectors.T).astype(np.int64)
    np.fill_diagonal(products, -(2**40))
    expected = np.sort(products, axis=1)[:, ::-1][:, : min(k, rows - 1)]
    found = found_of(vectors, k)
    assert found.rows.shape == (rows, min(k, rows - 1))
    assert np.array_equal(np.take_along_axis(products, found.rows.astype(np.int64), 1), expected)
    assert np.array_equal(found.distances, distances(expected.astype(np.float32)))


def test_neighbours_do_not_depend_on_how_queries_are_divided() -> None:
    vectors = whole_numbers(600)
    gallery, own = padded(vectors), np.arange(600)
    whole = nearest(vectors, gallery, 600, 15, own)
    parts = [nearest(vectors[own[start::7]], gallery, 600, 15, own[start::7]) for start in range(7)]
    for start, part in enumerate(parts):
        assert np.array_equal(whole.rows[start::7], part.rows)


def test_a_picture_has_no_neighbours_where_it_is_alone() -> None:
    assert found_of(whole_numbers(1), 15).rows.shape == (1, 0)


def test_places_fill_the_grid_and_keep_proportions() -> None:
    places = positions.to_grid(np.array([[0, 0], [4, 1], [2, 0.5]], np.float32))
    margin = round(positions.MARGIN * positions.STEPS)
    assert places[0, 0] == pytest.approx(margin, abs=1)
    assert places[1, 0] == pytest.approx(positions.STEPS - margin, abs=1)
    width, height = (places[1].astype(int) - places[0]).tolist()
    assert width == pytest.approx(4 * height, abs=4)
    assert places[2].tolist() == pytest.approx([positions.STEPS / 2] * 2, abs=1)


def test_a_new_picture_is_placed_at_the_median_so_that_one_far_neighbour_does_not_move_it() -> None:
    mapped = np.array([[10, 10], [12, 10], [11, 13], [10, 11], [60000, 60000]], np.uint16)
    near = Neighbours(np.arange(5, dtype=np.int32)[np.newaxis], np.zeros((1, 5), np.float32))
    assert positions.place(near, mapped).tolist() == [[11, 11]]


def test_the_most_frequent_value_wins_and_of_equals_the_first() -> None:
    values = np.array([[3, 1, 1, 2, 2], [7, 8, 9, 9, 1], [4, 5, 6, 7, 8]], np.int32)
    assert positions.most_frequent(values).tolist() == [1, 9, 4]


def test_equal_places_are_spread_and_others_stay() -> None:
    places = np.array([[0, 0], [5, 5], [0, 0], [0, 0]], np.float32)
    spread = positions.spread_equal(places, 0.1)
    assert spread[1].tolist() == [5, 5]
    assert spread[0].tolist() == [0, 0]
    assert len(np.unique(spread, axis=0)) == 4
    assert np.abs(spread - places).max() < 0.2


def lay_out(vectors: np.ndarray, layout: str, dimensions: int = 2) -> np.ndarray:
    k = layouts.neighbour_count(layout, len(vectors))
    return layouts.lay_out(layout, Problem(layouts.principal_coordinates(vectors), found_of(vectors, k)), dimensions)


@pytest.mark.parametrize("rows", [1, 2, 5, 30, 44])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_few_pictures_have_sensible_places(rows: int, dimensions: int) -> None:
    places = positions.to_grid(lay_out(whole_numbers(rows, groups=2), "auto", dimensions))
    assert places.shape == (rows, dimensions)
    assert len(np.unique(places, axis=0)) == rows


@pytest.mark.parametrize("rows", [5, 60, 300])
def test_equal_pictures_lie_side_by_side(rows: int) -> None:
    places = positions.to_grid(lay_out(np.repeat(whole_numbers(1), rows, axis=0), "auto"))
    assert len(np.unique(places, axis=0)) == rows


def test_a_few_hundred_pictures_are_laid_out_without_compiling_and_the_same_each_time() -> None:
    vectors = whole_numbers(240)
    places = lay_out(vectors, "auto")
    assert np.array_equal(places, lay_out(vectors, "auto"))
    assert trustworthiness(vectors, places, n_neighbors=15) > 0.9
    assert layouts.effective("auto", 2000) != "umap" == layouts.effective("auto", 2001)
    assert layouts.effective("umap", 100) == "umap"


def test_umap_that_ignores_our_neighbours_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = whole_numbers(60)
    few = found_of(vectors, 15)._replace()
    monkeypatch.setattr(layouts, "NEIGHBOURS", 20)  # more than were found: UMAP would warn and search by itself
    with pytest.raises(UserWarning, match="precomputed_knn has a lower number"):
        layouts.LAYOUT_OF["umap"](few, layouts.initial(layouts.principal_coordinates(vectors), 2))


@pytest.mark.parametrize("layout", ["tsne", "tmap"])
def test_other_layouts_keep_neighbours_too(layout: str) -> None:
    pytest.importorskip(layouts.PACKAGES[layout][0])
    vectors = whole_numbers(120)
    places = lay_out(vectors, layout, 3)
    assert places.shape == (120, 3)
    assert trustworthiness(vectors, places[:, :2], n_neighbors=15) > 0.8


def test_a_layout_whose_package_is_missing_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(layouts.PACKAGES, "tsne", ("no_such_package_here", layouts.PACKAGES["tsne"][1]))
    with pytest.raises(CannotProceedError, match=r"--layout tsne needs .* `pip install 'opentsne"):
        layouts.check_installed("tsne")
    for layout in set(LAYOUTS) - {"tsne", "tmap"}:
        layouts.check_installed(layout)


def test_small_clusters_are_in_the_fit_and_large_collections_are_thinned_out() -> None:
    assert landmarks.shares({0: 10, 1: 99_990}) == {0: 1.0, 1: 1.0}
    shares = landmarks.shares({0: 40, 1: 400_000, 2: 100_000})
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(shares[2], rel=0.01)
    assert sum(share * count for share, count in zip(shares.values(), (40, 400_000, 100_000), strict=True)) < 100_000


def test_clusters_on_the_map_are_found_and_numbered_by_size() -> None:
    random = np.random.default_rng(1)
    sizes, middles = (300, 200, 100), ((10_000, 10_000), (50_000, 50_000), (10_000, 50_000))
    groups = [random.normal(middle, 900, (size, 2)) for size, middle in zip(sizes, middles, strict=True)]
    truth = np.repeat([0, 1, 2], sizes)
    found = clusters.cluster_map(np.concatenate(groups).astype(np.uint16))
    inside = found >= 0
    assert adjusted_rand_score(truth[inside], found[inside]) > 0.9 or len(np.unique(found[inside])) > 3
    counts = np.bincount(found[inside])
    assert (np.diff(counts) <= 0).all()
    assert clusters.cluster_map(np.zeros((50, 2), np.uint16)).tolist() == [0] * 50


def test_clusterings_agree_with_themselves() -> None:
    groups = np.array([0, 0, 1, 1, -1], np.int32)
    assert clusters.agreement(groups, groups) == 1
    assert clusters.agreement(groups, np.array([0, 1, 0, 1, 0], np.int32)) < 0.1
    assert clusters.agreement(groups, np.full(5, -1, np.int32)) == 1


def test_a_cluster_is_called_by_what_is_typical_of_it_and_not_by_what_all_have() -> None:
    sizes = {("map", 0): 10, ("map", 1): 90}
    everywhere = list(naming.typical_of(100, sizes, (("map", "photo"), [(0, 10), (1, 90)])))
    own = list(naming.typical_of(100, sizes, (("map", "cat"), [(0, 9)])))
    best = naming.most_typical([named for key, named in [*everywhere, *own] if key == ("map", 0)])
    assert [name for _, name in best] == ["cat", "photo"]
    assert not list(naming.typical_of(100, sizes, (("map", "rare"), [(1, 2)])))


def test_no_two_clusters_have_the_same_name() -> None:
    found = {0: [(1.0, "cat"), (0.5, "pet")], 1: [(1.0, "cat"), (0.4, "black")], 2: [(1.0, "cat")]}
    assert naming.names(found, [0, 1, 2, 3]) == {0: "cat", 1: "cat, black", 2: "cat (3)", 3: "cluster 4"}


def sample_of(vectors: np.ndarray, places: np.ndarray) -> Sample:
    n = len(vectors)
    labels = np.arange(n) % 6 + 1
    return Sample(np.arange(n, dtype=np.uint64), vectors, places.astype(np.uint16), labels, np.arange(n) % 2 == 0)


def test_quality_is_what_scikit_learn_computes() -> None:
    vectors = whole_numbers(300)
    places = np.random.default_rng(2).integers(0, 65536, (300, 2))
    places[:, 0] = np.clip(vectors[:, 0] * 10 + 30_000, 0, 65535)
    everybody = sample_of(vectors, places)
    pieces = [everybody.take(np.arange(start, 300, 3)) for start in range(3)]
    near = quality.nearest_on_map(everybody, pieces[0])
    for piece in pieces[1:]:
        near = quality.nearer(near, quality.nearest_on_map(everybody, piece))
    ranks = sum(quality.ranks_among(everybody, near, piece) for piece in pieces)
    found = quality.judge(everybody, near, np.asarray(ranks), 300)
    expected = trustworthiness(vectors, places.astype(np.float64), n_neighbors=15)
    assert found.trustworthiness == pytest.approx(expected, abs=0.003)
    assert found.placed_trustworthiness is not None
    assert found.sampled == 300
    assert 0 < found.kept < 1
    assert found.same_label is not None


@pytest.mark.parametrize("count", [1, 2, 5])
def test_quality_of_few_pictures_is_perfect(count: int) -> None:
    vectors, places = whole_numbers(count), np.arange(2 * count).reshape(count, 2)
    everybody = sample_of(vectors, places)
    near = quality.nearest_on_map(everybody, everybody)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = quality.judge(everybody, near, quality.ranks_among(everybody, near, everybody), count)
    assert found.trustworthiness == 1
    assert found.kept == 1


def test_numba_keeps_what_it_compiled_in_a_temporary_folder_where_packages_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings: Any = numba.config
    monkeypatch.setattr(settings, "CACHE_DIR", "", raising=False)
    layouts.prepare_numba()
    assert settings.CACHE_DIR == ""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(layouts, "is_writable", lambda _: False)
    layouts.prepare_numba()
    assert str(tmp_path / "imagerec-numba") == settings.CACHE_DIR


def test_pictures_that_are_asked_are_drawn_apart_from_those_that_are_fitted() -> None:
    ids = [hashlib.sha256(str(number).encode()).hexdigest()[:32] for number in range(4000)]
    fitted = landmarks.is_chosen(ids, np.zeros(4000, np.int32), {0: 0.2})
    asked = tasks.is_asked(np.array([int(one[-16:], 16) for one in ids], np.uint64), 0.1)
    assert 300 < asked.sum() < 500
    assert 40 < (asked & fitted).sum() < 120  # a fifth


def test_a_drawing_reaches_as_far_as_points_and_captions() -> None:
    points = captions.Points(np.array([0.1, 0.9]), np.array([0.2, 0.7]), np.zeros(2, np.uint8))
    assert captions.heights(points, []) == pytest.approx((0.2 - captions.EDGE, 0.7 + captions.EDGE))
    low, high = captions.heights(points, [captions.Caption({}, 0.5, 0.9)])
    assert (low, high) == pytest.approx((0.2 - captions.EDGE, 0.9 + captions.THUMBNAIL + captions.EDGE))
    flat = captions.Points(np.array([0.1, 0.9]), np.array([0.5, 0.5]), np.zeros(2, np.uint8))
    assert np.diff(captions.heights(flat, [])) == pytest.approx(captions.LEAST_HEIGHT + 2 * captions.EDGE)
