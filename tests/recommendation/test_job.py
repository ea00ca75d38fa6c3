"""The build of an index generation, from tables to files."""

import json

import numpy as np
import pytest
from pyspark import SparkContext

from recommendation import job, steps
from recommendation.index import generation, recall, searcher
from recommendation.index.collection import VECTORS
from recommendation.index.searcher import SearchParams
from recommendation.settings import Settings
from shared import tables
from shared.errors import CannotProceedError
from shared.pictures import measures
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage
from shared.tables.contracts import EMBEDDINGS
from tests.in_process import context
from tests.recommendation.made_up import WIDTHS, group_of, image_id, make_rows, make_volume

ROWS = 300
SLICES = {"b": range(200), "a": range(200, ROWS)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A volume with an index of 300 pictures in two slices."""
    volume = make_volume(LocalStorage(tmp_path_factory.mktemp("built")), SLICES)
    job.run(context(), Settings(data=volume.root))
    return volume


def files_of(volume: LocalStorage) -> dict[str, bytes]:
    folder = generation.open_live(volume).folder
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "timings.json"}


@pytest.mark.spark
def test_spark_and_a_plain_loop_make_the_same_bytes(
    sc: SparkContext, built: LocalStorage, volume: LocalStorage
) -> None:
    job.run(sc, Settings(data=make_volume(volume, SLICES).root))
    assert generation.live_name(volume) == generation.live_name(built)
    assert files_of(volume) == files_of(built)


def test_a_second_build_does_nothing_and_says_so(built: LocalStorage) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.local_path("index").rglob("*")}
    counts = job.run(context(), Settings(data=built.root))
    assert (counts.listed, counts.done, counts.skipped) == (ROWS, 0, ROWS)
    assert counts.note == f"generation {generation.live_name(built)} is up to date"
    assert {path: path.stat().st_mtime_ns for path in built.local_path("index").rglob("*")} == before


def test_other_settings_make_another_generation(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), Settings(data=volume.root))
    first = generation.live_name(volume)
    job.run(context(), Settings(data=volume.root, trees=3))
    assert {path.name for path in volume.local_path("index").iterdir()} == {
        first,
        generation.live_name(volume),
        "CURRENT",
    }
    assert first != generation.live_name(volume)


def test_a_damaged_index_is_built_anew(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), Settings(data=volume.root))
    intact = files_of(volume)
    path = generation.open_live(volume).folder / "embedding.npy"
    path.write_bytes(path.read_bytes()[:-1])
    assert job.run(context(), Settings(data=volume.root)).done == 60
    assert files_of(volume) == intact


def test_rows_follow_the_slices_and_every_file_agrees_on_them(built: LocalStorage) -> None:
    folder = generation.open_live(built).folder
    expected = [image_id(number) for number in [*SLICES["a"], *SLICES["b"]]]
    lines = [json.loads(line) for line in (folder / "rows.jsonl").read_bytes().splitlines()]
    offsets = np.load(folder / "rows.offsets.npy")
    ids = [bytes(one).ljust(16, b"\0").hex() for one in np.load(folder / "ids.npy")]
    assert [line["image_id"] for line in lines] == ids == expected
    assert np.diff(offsets).tolist() == [
        len(line) for line in (folder / "rows.jsonl").read_bytes().splitlines(keepends=True)
    ]
    assert [expected[row] for row in np.load(folder / "ids.order.npy")] == sorted(expected)


def test_a_line_says_what_answers_need(built: LocalStorage) -> None:
    line = json.loads((generation.open_live(built).folder / "rows.jsonl").read_bytes().splitlines()[1])
    assert line == {
        "image_id": image_id(201),
        "filename": "201.jpg",
        "location": f"/pictures/{group_of(201)}/201.jpg",
        "license": "CC0",
        "source_url": "",
        "author": "",
        "title": "",
        "tags": [group_of(201)],
        "width_px": 30,
        "height_px": 20,
        "category": f"{group_of(201)}, 1",
        "slice": "a",
        "row": 1,
    }


def test_embeddings_are_centred_on_the_collection_and_of_unit_length(built: LocalStorage) -> None:
    snapshot, folder = tables.open_snapshot(built), generation.open_live(built).folder
    raw = np.concatenate([tables.read_matrix(built, part, "vector") for part in snapshot.parts(EMBEDDINGS)])
    roots = np.sqrt(raw) / np.linalg.norm(np.sqrt(raw), axis=1, keepdims=True)
    centred = roots - roots.mean(axis=0)
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.load(folder / "embedding.mean.npy") == pytest.approx(roots.mean(axis=0), abs=1e-4)
    assert np.load(folder / "embedding.npy").astype(np.float32) == pytest.approx(expected, abs=1e-3)


def test_reduced_vectors_are_the_full_ones_along_the_axes(built: LocalStorage) -> None:
    folder = generation.open_live(built).folder
    for name in VECTORS:
        full, axes = np.load(folder / f"{name}.npy").astype(np.float32), np.load(folder / f"{name}.axes.npy")
        along = full @ axes
        expected = along / np.linalg.norm(along, axis=1, keepdims=True)
        assert np.load(folder / f"{name}.reduced.npy") == pytest.approx(expected, abs=1e-5)


def test_a_picture_without_embedding_or_features_is_not_in_the_index(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(50)})
    snapshot = tables.open_snapshot(volume)
    part = snapshot.parts(EMBEDDINGS)[0]
    rows = [row for row in tables.read_rows(volume, part) if row["image_id"] != image_id(3)]
    fewer = tables.write_part(volume, EMBEDDINGS, rows, "a", "embedding", "e" * 64)
    tables.publish(volume, snapshot, "embedding", {EMBEDDINGS.name: [fewer]})
    assert job.run(context(), Settings(data=volume.root)).done == 49
    lines = (generation.open_live(volume).folder / "rows.jsonl").read_bytes().splitlines()
    places = {json.loads(line)["image_id"]: json.loads(line)["row"] for line in lines}
    assert places == {image_id(number): number for number in range(50) if number != 3}


def test_a_volume_without_embeddings_says_what_to_run(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="run `imagerec labeling` and `imagerec embedding` first"):
        job.run(context(), Settings(data=volume.root))


def test_embeddings_of_two_models_are_refused(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(50), "b": range(50, 60)})
    snapshot = tables.open_snapshot(volume)
    first, second = snapshot.parts(EMBEDDINGS)
    rows = make_rows(range(50, 60), "0" * 64, np.random.default_rng(1), tagged=True)[EMBEDDINGS.name]
    other = tables.write_part(volume, EMBEDDINGS, rows, second.slice, "embedding", "e" * 64)
    tables.publish(volume, snapshot, "embedding", {EMBEDDINGS.name: [first, other]})
    with pytest.raises(CannotProceedError, match="expected the embeddings of one model, got 0000"):
        job.run(context(), Settings(data=volume.root))


def test_vectors_that_are_not_finite_are_refused(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(50)})
    snapshot = tables.open_snapshot(volume)
    rows = tables.read_rows(volume, snapshot.parts(EMBEDDINGS)[0])
    rows[3]["vector"] = [float("nan")] * WIDTHS["vector"]
    part = tables.write_part(volume, EMBEDDINGS, rows, "a", "embedding", "e" * 64)
    tables.publish(volume, snapshot, "embedding", {EMBEDDINGS.name: [part]})
    with pytest.raises(CannotProceedError, match="slice a holds a vector that is not finite"):
        job.run(context(), Settings(data=volume.root))


@pytest.mark.parametrize(
    ("search", "scan_mib", "expected"),
    [
        ("auto", 50, "scan"),
        ("auto", 0, "annoy"),
        ("annoy", 50, "annoy"),
        ("scan", 0, "scan"),
    ],
)
def test_small_collections_are_scanned_unless_told_otherwise(
    volume: LocalStorage, search: str, scan_mib: int, expected: str
) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), Settings(data=volume.root, search=search, scan_mib=scan_mib))
    document = generation.open_live(volume).document
    assert {one["search"] for one in document["measures"].values()} == {expected}


def test_the_recall_asked_for_is_reached_and_stated(built: LocalStorage) -> None:
    live = generation.open_live(built)
    for name, one in live.document["measures"].items():
        assert min(one["recall"], one["annoy_recall"]) >= 0.95
        assert live.timings["latency_ms"][name].keys() == {"p50", "p99", "annoy_p50", "annoy_p99"}


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_the_scan_that_recall_is_measured_against_finds_the_true_neighbours(built: LocalStorage, name: str) -> None:
    one = searcher.open_searcher(generation.open_live(built).folder, MEASURES[name], recall.FIRST_SCAN)
    queries = np.array([0, 17, ROWS - 1])
    pieces = [recall.nearest_distances(one, queries, rows) for rows in steps.blocks(ROWS, 128)]
    found = recall.merge_nearest(recall.merge_nearest(pieces[2], pieces[0]), pieces[1])
    gallery = one.full if name == "hash" else one.full.astype(np.float32)
    for row, nearest in zip(queries, found, strict=True):
        distances = measures.distances(MEASURES[name].metrics[0], gallery[row], np.delete(gallery, row, axis=0))
        assert nearest == pytest.approx(np.sort(distances)[:5], abs=1e-5)


def test_recall_counts_what_a_search_misses(built: LocalStorage) -> None:
    one = searcher.open_searcher(generation.open_live(built).folder, MEASURES["embedding"], recall.FIRST_SCAN)
    queries = np.array([5, 250])
    truth = recall.nearest_distances(one, queries, range(ROWS))
    assert recall.try_search(one, queries, truth).recall == 1
    assert recall.try_search(one, queries, np.array([truth[0], truth[1] - 9])).recall == 0.5


def test_a_search_that_misses_too_much_is_made_to_search_harder(built: LocalStorage) -> None:
    one = searcher.open_searcher(generation.open_live(built).folder, MEASURES["color"], recall.FIRST_SCAN)
    blind = one._replace(reduced=np.random.default_rng(0).random(one.reduced.shape, np.float32))
    queries = recall.query_rows(ROWS)
    truth = recall.nearest_distances(one, queries, range(ROWS))
    assert recall.try_search(blind, queries, truth).recall < 0.5
    params, trial = recall.tune_params(blind, queries, truth, 0.95)
    assert (params.candidates, trial.recall) == (400, 1)  # all of them


def test_a_forest_is_looked_at_longer_before_more_is_scored() -> None:
    assert recall.harder_params(SearchParams(100, 1000)) == [SearchParams(100, 2000), SearchParams(200, 2000)]
    assert recall.harder_params(SearchParams(100, None)) == [SearchParams(200, None)]


def test_searching_harder_ends_where_it_no_longer_helps(built: LocalStorage) -> None:
    folder = generation.open_live(built).folder
    one = searcher.open_searcher(folder, MEASURES["color"], SearchParams(candidates=100, search_k=None))
    params, trial = recall.tune_params(one, recall.query_rows(ROWS), np.full((recall.QUERIES, 5), -9, np.float32), 0.95)
    assert (params.candidates, trial.recall) == (100, 0)
