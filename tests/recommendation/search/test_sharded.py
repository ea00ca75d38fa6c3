"""One shard or many, removed pictures or none: the engine gives the answers of a full scan of what exists."""

import pytest

from recommendation import job
from recommendation.index import generation
from recommendation.index.build.collection import indexable
from recommendation.search.answer import Item
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared import tables
from shared.errors import UsageError
from shared.storage import LocalStorage
from shared.tables.contracts import FEATURES
from tests.in_process import context
from tests.recommendation.made_up import image_id, make_volume, remove_pictures

ROWS, SLICE_ROWS = 200, 40
SLICES = {f"{number:02}": range(SLICE_ROWS * number, SLICE_ROWS * (number + 1)) for number in range(ROWS // SLICE_ROWS)}
QUERIES = (0, 57, 101, ROWS - 1)


def build(volume: LocalStorage, search: str, shard_rows: int) -> Engine:
    slices = indexable(tables.open_snapshot(volume))
    job.build_index(context(), Settings(data=volume.root, search=search), volume, slices, shard_rows)
    return Engine.open(volume)


def with_many_equal_hashes(volume: LocalStorage) -> LocalStorage:
    """A collection in which only four hashes occur, so that nearly all distances are equal."""
    make_volume(volume, SLICES)
    snapshot = tables.open_snapshot(volume)
    parts = []
    for part in snapshot.parts(FEATURES):
        rows = tables.read_rows(volume, part)
        for row in rows:
            row["hash"] = bytes([int(row["image_id"], 16) % 4] * 24)
        parts.append(tables.write_part(volume, FEATURES, rows, part.slice, "labeling", "e" * 64))
    tables.publish(volume, snapshot, "labeling", {FEATURES.name: parts})
    return volume


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Engine]:
    """The same collection in one shard and in five, scanned and through Annoy."""
    return {
        (search, shard_rows): build(
            with_many_equal_hashes(LocalStorage(tmp_path_factory.mktemp(f"{search}-{shard_rows}"))), search, shard_rows
        )
        for search in ("scan", "annoy")
        for shard_rows in (SLICE_ROWS, 10 * ROWS)
    }


def answers(engine: Engine, number: int, top_k: int = 8) -> dict[str, list[Item]]:
    return engine.search([engine.features_of(image_id(number))], Options(top_k=top_k))


def test_the_collection_is_in_as_many_shards_as_asked(engines: dict[tuple[str, int], Engine]) -> None:
    assert {key: engine.summary()["shards"] for key, engine in engines.items()} == {
        (search, shard_rows): count
        for search in ("scan", "annoy")
        for shard_rows, count in ((SLICE_ROWS, ROWS // SLICE_ROWS), (10 * ROWS, 1))
    }


@pytest.mark.parametrize("search", ["scan", "annoy"])
@pytest.mark.parametrize("number", QUERIES)
def test_many_shards_answer_what_one_answers(engines: dict[tuple[str, int], Engine], search: str, number: int) -> None:
    one, many = engines[search, 10 * ROWS], engines[search, SLICE_ROWS]
    many.weights = one.weights
    if search == "scan":
        assert answers(many, number) == answers(one, number)
    else:  # Annoy finds another share of equal hashes, but none that is farther
        for name, items in answers(one, number).items():
            found = [item["score"] for item in answers(many, number)[name]]
            assert found == pytest.approx([item["score"] for item in items], abs=1e-5)


def test_equal_distances_are_ordered_by_image_id(engines: dict[tuple[str, int], Engine]) -> None:
    alike = sorted(
        image_id(number) for number in range(ROWS) if int(image_id(number), 16) % 4 == int(image_id(0), 16) % 4
    )
    alike.remove(image_id(0))
    for shard_rows in (SLICE_ROWS, 10 * ROWS):
        items = answers(engines["scan", shard_rows], 0, top_k=20)["hash"]
        assert [item["image_id"] for item in items] == alike[:20]


@pytest.mark.parametrize("search", ["scan", "annoy"])
def test_removed_pictures_never_appear_and_as_many_answers_are_given(volume: LocalStorage, search: str) -> None:
    make_volume(volume, SLICES)
    full = build(volume, search, SLICE_ROWS)
    gone = [item["image_id"] for item in answers(full, 57, top_k=30)["embedding"]]
    numbers = {image_id(number): number for number in range(ROWS)}
    for removed in sorted(numbers[one] for one in gone):
        remove_pictures(volume, f"{removed // SLICE_ROWS:02}", [removed])
    engine = build(volume, search, SLICE_ROWS)
    assert engine.count == ROWS - 30
    assert generation.open_live(volume).document["basis"] == full.summary()["basis"]
    found = [item["image_id"] for item in answers(engine, 57, top_k=10)["embedding"]]
    expected = [item["image_id"] for item in answers(full, 57, top_k=40)["embedding"]][30:]
    assert found == expected
    with pytest.raises(UsageError, match="expected the image_id of a picture in the index"):
        engine.metadata(gone[0])
    everything = [engine.metadata_at(position)["image_id"] for position in range(engine.count)]
    assert set(everything) == numbers.keys() - set(gone)


def test_a_picture_that_moved_to_another_slice_is_found_once(volume: LocalStorage) -> None:
    make_volume(volume, SLICES)
    build(volume, "scan", SLICE_ROWS)
    remove_pictures(volume, "00", range(10))
    make_volume(volume, {"new": range(10)})
    engine = build(volume, "scan", SLICE_ROWS)
    assert engine.count == ROWS
    assert engine.metadata(image_id(3))["slice"] == "new"
    items = engine.search([engine.features_of(image_id(57))], Options(top_k=ROWS, measure=("color",)))["color"]
    assert len(items) == len({item["image_id"] for item in items}) == ROWS - 1
