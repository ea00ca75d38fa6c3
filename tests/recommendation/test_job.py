"""The build of an index, from tables to a published generation."""

from typing import Any

import numpy as np
import pytest
from pyspark import SparkContext

from recommendation import job, steps
from recommendation.index import generation, recall
from recommendation.index.basis import vector_measures
from recommendation.index.build.collection import indexable
from recommendation.index.searcher import Searcher, SearchParams
from recommendation.settings import Settings
from recommendation.steps import View
from shared import tables
from shared.errors import CannotProceedError
from shared.pictures import measures
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage, Storage
from shared.storage.volume import INDEX
from shared.tables.contracts import EMBEDDINGS, IMAGES
from tests.in_process import context
from tests.recommendation.bare import bare
from tests.recommendation.index.storages import CountingStorage, in_memory
from tests.recommendation.made_up import WIDTHS, make_rows, make_volume, remove_pictures

ROWS = 300
SLICES = {"b": range(200), "a": range(200, ROWS)}
SCAN, ANNOY = recall.Start()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A volume with an index of 300 pictures in two slices."""
    volume = make_volume(LocalStorage(tmp_path_factory.mktemp("built")), SLICES)
    job.run(context(), bare(volume.root))
    return volume


def live_of(volume: LocalStorage) -> generation.Generation:
    return generation.open_live(volume)


def objects_of(volume: Storage) -> dict[str, bytes]:
    return {one.key: volume.read(one.key) for one in volume.list(INDEX) if "timings" not in one.key}


def build_counted(volume: LocalStorage) -> CountingStorage:
    """Build the index; what was written."""
    counting = CountingStorage(volume.root)
    job.build_index(context(), Settings(data=volume.root), counting, indexable(tables.open_snapshot(volume)))
    return counting


def view_of(volume: LocalStorage) -> View:
    live = live_of(volume)
    document: dict[str, Any] = {**generation.read_basis_document(live)}
    return View(live.volume, live.document["basis"], document, tuple(live.shards))


def searcher_of(volume: LocalStorage, name: str, params: SearchParams = SCAN) -> Searcher:
    return view_of(volume).searcher(name, params)


@pytest.mark.spark
def test_spark_and_a_plain_loop_make_the_same_bytes(
    sc: SparkContext, built: LocalStorage, volume: LocalStorage
) -> None:
    job.run(sc, bare(make_volume(volume, SLICES).root))
    assert objects_of(volume) == objects_of(built)


def test_a_storage_that_only_puts_whole_objects_gets_the_same_bytes(built: LocalStorage) -> None:
    memory = in_memory(built)
    for key in objects_of(memory):
        memory.delete(key)
    job.build_index(context(), Settings(data=built.root), memory, indexable(tables.open_snapshot(memory)))
    assert objects_of(memory) == objects_of(built)
    assert generation.open_live(memory).name == live_of(built).name


def test_a_second_build_does_nothing_and_says_so(built: LocalStorage) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.local_path(INDEX).rglob("*")}
    counts = job.run(context(), bare(built.root))
    assert (counts.listed, counts.done, counts.skipped) == (ROWS, 0, ROWS)
    assert counts.note == f"generation {live_of(built).name} is up to date"
    assert {path: path.stat().st_mtime_ns for path in built.local_path(INDEX).rglob("*")} == before


def test_other_settings_make_another_index_and_the_one_before_stays(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), bare(volume.root))
    first = live_of(volume)
    job.run(context(), bare(volume.root, trees=3))
    live = live_of(volume)
    assert live.document["basis"] != first.document["basis"]
    assert generation.check_generation(first).name == first.name
    found = {one.key.split("/")[-1].split(".")[0] for one in live.volume.list(f"{INDEX}/generations")}
    assert found == {first.name, live.name}


def test_a_damaged_object_is_built_again(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), bare(volume.root))
    intact = objects_of(volume)
    for key in intact:
        path = volume.local_path(key)
        path.write_bytes(path.read_bytes()[:-1])
        counts = job.run(context(), bare(volume.root))
        assert objects_of(volume) == intact, key
        assert counts.listed == 60
    assert job.run(context(), bare(volume.root)).note.endswith("is up to date")


def test_an_index_of_format_0_is_replaced(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(60)})
    volume.put(f"{INDEX}/CURRENT", b"0123456789abcdef\n")
    volume.put(f"{INDEX}/0123456789abcdef/generation.json", b"{}")
    assert job.run(context(), bare(volume.root)).done == 60
    assert sorted(path.name for path in volume.local_path(INDEX).iterdir()) == [
        "CURRENT",
        "bases",
        "generations",
        "metadata",
        "shards",
    ]


def test_some_new_pictures_cost_a_small_shard_and_no_old_one(volume: LocalStorage) -> None:
    """100 more among 6,000: what is written is proportional to the 100."""
    make_volume(volume, {f"{number:02}": range(1000 * number, 1000 * number + 1000) for number in range(6)})
    whole = build_counted(volume)
    make_volume(volume, {"new": range(9000, 9100)})
    growth = build_counted(volume)
    shards = {key for key in growth.written if key.startswith(f"{INDEX}/shards/") and key.endswith(".json")}
    assert len(shards) == 1
    assert not any(key.startswith(f"{INDEX}/bases/") for key in growth.written)
    assert sum(growth.written.values()) < sum(whole.written.values()) / 20
    live = live_of(volume)
    assert (live.document["pictures"], len(live.shards)) == (6100, 3)
    before = generation.read_generation(live.volume, generation.read_pointer(live.volume).previous)
    assert live.document["settings"] == before.document["settings"]
    assert live.document["default"] == before.document["default"]


def test_removed_pictures_cost_metadata_and_a_generation_only(volume: LocalStorage) -> None:
    make_volume(volume, SLICES)
    build_counted(volume)
    remove_pictures(volume, "b", range(40))
    removal = build_counted(volume)
    assert sorted(key.split("/")[1] for key in removal.written) == [
        "CURRENT",
        "generations",
        "generations",
        "metadata",
        "metadata",
        "metadata",  # columns, what they are, words
    ]
    document = live_of(volume).document
    assert (document["pictures"], [shard["removed"] for shard in document["shards"]]) == (260, [40])


def test_a_collection_that_has_changed_much_gets_another_basis(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(100)})
    build_counted(volume)
    first = live_of(volume).document["basis"]
    make_volume(volume, {"b": range(100, 150)})
    build_counted(volume)
    assert live_of(volume).document["basis"] == first  # grown by half
    make_volume(volume, {"c": range(150, 151)})
    build_counted(volume)
    second = live_of(volume).document["basis"]
    assert second != first
    remove_pictures(volume, "a", range(76))
    build_counted(volume)
    assert live_of(volume).document["basis"] != second  # shrunk by more than half


def test_a_volume_without_embeddings_says_what_to_run(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="run `imagerec labeling` and `imagerec embedding` first"):
        job.run(context(), bare(volume.root))


def test_a_collection_without_a_picture_left_says_so(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(20)})
    remove_pictures(volume, "a", range(20))
    assert tables.open_snapshot(volume).rows(IMAGES) == 0
    with pytest.raises(CannotProceedError, match="no picture has features and an embedding"):
        job.run(context(), bare(volume.root))


def test_embeddings_of_two_models_are_refused(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(50), "b": range(50, 60)})
    snapshot = tables.open_snapshot(volume)
    first, second = snapshot.parts(EMBEDDINGS)
    rows = make_rows(range(50, 60), "0" * 64, np.random.default_rng(1), tagged=True)[EMBEDDINGS.name]
    other = tables.write_part(volume, EMBEDDINGS, rows, second.slice, "embedding", "e" * 64)
    tables.publish(volume, snapshot, "embedding", {EMBEDDINGS.name: [first, other]})
    with pytest.raises(CannotProceedError, match="expected the embeddings of one model, got 0000"):
        job.run(context(), bare(volume.root))


def test_vectors_that_are_not_finite_are_refused(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(50)})
    snapshot = tables.open_snapshot(volume)
    rows = tables.read_rows(volume, snapshot.parts(EMBEDDINGS)[0])
    rows[3]["vector"] = [float("nan")] * WIDTHS["vector"]
    part = tables.write_part(volume, EMBEDDINGS, rows, "a", "embedding", "e" * 64)
    tables.publish(volume, snapshot, "embedding", {EMBEDDINGS.name: [part]})
    with pytest.raises(CannotProceedError, match="slice a holds a vector that is not finite"):
        job.run(context(), bare(volume.root))


@pytest.mark.parametrize(
    ("search", "scan_mib", "expected"),
    [
        ("auto", 50, "scan"),
        ("auto", 0, "annoy"),
        ("annoy", 50, "annoy"),
        ("scan", 0, "scan"),
    ],
)
def test_small_collections_are_scanned_unless_the_settings_say_otherwise(
    volume: LocalStorage, search: str, scan_mib: int, expected: str
) -> None:
    make_volume(volume, {"a": range(60)})
    job.run(context(), bare(volume.root, search=search, scan_mib=scan_mib))
    assert {one["search"] for one in live_of(volume).document["measures"].values()} == {expected}


def test_the_recall_asked_for_is_reached_and_stated(built: LocalStorage) -> None:
    live = live_of(built)
    for name, one in live.document["measures"].items():
        assert min(one["recall"], one["annoy_recall"]) >= 0.95
        assert live.timings["latency_ms"][name].keys() == {"p50", "p99", "annoy_p50", "annoy_p99"}


def test_the_axes_keep_what_is_stated(built: LocalStorage) -> None:
    live = live_of(built)
    for name, axes in live.open_basis().axes.items():
        facts = live.document["measures"][name]
        assert axes.shape == (facts["dimensions"], facts["reduced_to"])
        full = searcher_of(built, name).vectors(np.arange(ROWS))
        kept = ((full @ axes) ** 2).sum() / (full**2).sum()
        assert facts["kept_share"] == pytest.approx(kept, abs=1e-3)
    assert live.open_basis().axes.keys() == set(vector_measures())


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_the_scan_that_recall_is_measured_against_finds_the_true_neighbours(built: LocalStorage, name: str) -> None:
    one = searcher_of(built, name)
    queries = np.array([0, 17, ROWS - 1])
    blocks = steps.blocks(ROWS, 128)
    pieces = [recall.nearest_distances(one, queries, np.arange(block.start, block.stop)) for block in blocks]
    found = recall.merge_nearest(recall.merge_nearest(pieces[2], pieces[0]), pieces[1])
    gallery = one.vectors(np.arange(ROWS))
    for row, nearest in zip(queries, found, strict=True):
        distances = measures.distances(MEASURES[name].metrics[0], gallery[row], np.delete(gallery, row, axis=0))
        assert nearest == pytest.approx(np.sort(distances)[:5], abs=1e-5)


def test_recall_counts_what_a_search_misses(built: LocalStorage) -> None:
    one, queries = searcher_of(built, "embedding"), np.array([5, 250])
    truth = recall.nearest_distances(one, queries, np.arange(ROWS))
    assert recall.try_search(one, queries, truth).recall == 1
    assert recall.try_search(one, queries, np.array([truth[0], truth[1] - 9])).recall == 0.5


def test_a_search_that_misses_too_much_is_made_to_search_harder(built: LocalStorage) -> None:
    one = searcher_of(built, "color")
    noise = np.random.default_rng(0).random(one.shards[0].reduced.shape, np.float32)
    blind = one._replace(shards=(one.shards[0]._replace(reduced=noise),))
    queries = recall.query_rows(np.arange(ROWS))
    truth = recall.nearest_distances(one, queries, np.arange(ROWS))
    assert recall.try_search(blind, queries, truth).recall < 0.5
    params, best = recall.tune_params(blind, queries, truth, 0.95)
    assert (params.candidates, best.recall) == (400, 1)  # all of them


def test_more_nodes_of_a_forest_are_visited_before_more_is_scored() -> None:
    assert recall.harder_params(SearchParams(100, 1000)) == [SearchParams(100, 2000), SearchParams(200, 2000)]
    assert recall.harder_params(SearchParams(100, None)) == [SearchParams(200, None)]


def test_searching_harder_ends_where_it_no_longer_helps(built: LocalStorage) -> None:
    queries, truth = recall.query_rows(np.arange(ROWS)), np.full((recall.QUERIES, 5), -9, np.float32)
    params, best = recall.tune_params(searcher_of(built, "color"), queries, truth, 0.95)
    assert (params.candidates, best.recall) == (100, 0)


def test_tuning_starts_from_what_the_basis_stores() -> None:
    start = recall.Start(SearchParams(200, None), SearchParams(400, 8000))
    assert recall.start_of({"color": recall.stored_start(start)}, "color") == start
    assert recall.start_of(None, "color") == recall.Start()
