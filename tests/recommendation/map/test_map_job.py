"""The map of a collection: what is made, made again, and left alone."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.manifold import trustworthiness

from recommendation import job
from recommendation.map import job as mapping
from recommendation.map import landmarks, layouts
from recommendation.map.explore import files
from recommendation.map.explore.reader import Explorer
from recommendation.map.vectors import read, slices_of
from recommendation.settings import Settings
from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables import catalog
from shared.tables.contracts import CLUSTERS, MAP, THUMBNAILS
from tests.in_process import context
from tests.recommendation.made_up import GROUPS, group_of, image_id, make_volume, remove_pictures
from tests.rows import row, rows_of, write_slices

COLORS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40), (40, 200, 200), (200, 40, 200)]


def jpeg_of(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (96, 64), COLORS[number % GROUPS]).save(file, "JPEG")
    return file.getvalue()


def add_thumbnails(volume: LocalStorage, slices: dict[str, range]) -> None:
    """A picture of one colour for each, that of its group."""
    snapshot = tables.open_snapshot(volume)
    rows = {
        name: {THUMBNAILS: [row(THUMBNAILS, image_id=image_id(one), jpeg=jpeg_of(one)) for one in numbers]}
        for name, numbers in slices.items()
    }
    made = write_slices(volume, "acquisition", rows)
    parts = [one for one in snapshot.parts(THUMBNAILS) if one.slice not in slices]
    tables.publish(volume, snapshot, "acquisition", {THUMBNAILS.name: [*parts, *made[THUMBNAILS.name]]})


def run(volume: LocalStorage, slices: dict[str, range] | None = None, **settings: Any) -> LocalStorage:
    if slices:
        make_volume(volume, slices)
        add_thumbnails(volume, slices)
    job.run(context(), Settings(data=volume.root, report=False, duplicates=False, **settings))
    return volume


def stored(volume: LocalStorage) -> dict[str, tuple[int, bytes]]:
    """Every object of the map with its time and content."""
    keys = [one for prefix in ("map", "reports", "tables/map", "tables/clusters") for one in volume.list(prefix)]
    return {one.key: (one.modified_ns, volume.read(one.key)) for one in keys}


def places(volume: LocalStorage) -> dict[str, tuple[float, ...]]:
    return {one["image_id"]: (one["x"], one["y"], one["x3"], one["y3"], one["z3"]) for one in rows_of(volume, MAP)}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """180 pictures of six groups; not to be changed."""
    volume = LocalStorage(tmp_path_factory.mktemp("mapped"))
    return run(volume, {"a": range(100), "b": range(100, 180)})


def test_pictures_of_a_group_lie_together(mapped: LocalStorage) -> None:
    found = places(mapped)
    assert set(found) == {image_id(number) for number in range(180)}
    flat = np.array([found[image_id(number)][:2] for number in range(180)])
    vectors = {one: vector for part in slices_of(mapped) for one, vector in zip(*read(mapped, part)[::2], strict=True)}
    truth = np.array([vectors[image_id(number)] for number in range(180)])
    assert trustworthiness(truth, flat, n_neighbors=15) > 0.9
    middles = np.array([np.median(flat[group::GROUPS], axis=0) for group in range(GROUPS)])
    nearest = np.argmin(((flat[:, None] - middles) ** 2).sum(axis=2), axis=1)
    assert (nearest == np.arange(180) % GROUPS).mean() > 0.95
    assert 0 <= min(map(min, found.values())) <= max(map(max, found.values())) <= 1


def test_clusters_are_named_by_their_tags_and_counted(mapped: LocalStorage) -> None:
    clusters = rows_of(mapped, CLUSTERS)
    assert {one["kind"] for one in clusters} == {"map", "vectors"}
    of_map = [one for one in clusters if one["kind"] == "map"]
    assert sum(one["pictures"] for one in of_map) == sum(one["cluster"] >= 0 for one in rows_of(mapped, MAP))
    assert len({one["name"] for one in of_map}) == len(of_map)
    groups = {image_id(number): group_of(number) for number in range(180)}
    assert all(groups[one["image_id"]] in one["name"] for one in of_map)


def test_sql_sees_the_map(mapped: LocalStorage) -> None:
    catalog.rebuild(mapped)
    sql = "SELECT count(*), count(DISTINCT image_id) FROM map JOIN images USING (image_id)"
    assert catalog.query(mapped, sql) == [(180, 180)]


def test_the_page_has_every_picture_with_its_colour_and_name(mapped: LocalStorage) -> None:
    explorer = Explorer(mapped)
    document = explorer.document
    assert document["pictures"] == explorer.count == 180
    assert len(mapped.read(f"{files.FOLDER}/{document['points']}")) == 5 * 180
    rows = explorer.rows_of_ids([image_id(number) for number in range(180)])
    assert sorted(rows) == list(range(180))
    [(name, start)] = document["sheets"]
    with Image.open(io.BytesIO(mapped.read(files.sheet_key(name)))) as sheet:
        for number in (0, 7, 99, 179):
            place = rows[number] - start
            pixel = sheet.getpixel((64 * (place % 32) + 32, 64 * (place // 32) + 32))
            assert pixel == pytest.approx(COLORS[number % GROUPS], abs=6)
    assert explorer.picture(rows[7]) == {"row": rows[7], "image_id": image_id(7), "filename": "7.jpg"}
    assert set(explorer.rows_of_name("17.JPG")) == {rows[17], rows[117]}
    assert explorer.rows_of_value("tag", "group 2") == sorted(rows[2::GROUPS])
    assert explorer.rows_of_value("color", "red") == list(range(180))
    assert explorer.rows_of_value("tag", "none such") is None
    assert explorer.rows_of_ids(["0" * 32, "no id", ""]) == [-1, -1, -1]


def test_the_map_is_drawn(mapped: LocalStorage) -> None:
    for key in (files.FLAT, files.SPACE):
        with Image.open(io.BytesIO(mapped.read(key))) as drawn:
            assert drawn.format == "PNG"
            assert len(drawn.convert("RGB").getcolors(1 << 22) or []) > 100


def test_an_unchanged_collection_costs_nothing_and_the_same_one_has_the_same_bytes(
    mapped: LocalStorage, tmp_path: Path
) -> None:
    before = stored(mapped)
    run(mapped)
    assert stored(mapped) == before
    again = run(LocalStorage(tmp_path / "again"), {"a": range(100), "b": range(100, 180)})
    assert {key: data for key, (_, data) in stored(again).items()} == {key: data for key, (_, data) in before.items()}


def test_new_pictures_are_placed_and_old_ones_stay_until_there_are_half_as_many_more(volume: LocalStorage) -> None:
    run(volume, {"a": range(100)})
    before = places(volume)
    run(volume, {"b": range(100, 130)})
    grown = places(volume)
    assert len(grown) == 130
    assert before.items() <= grown.items()
    assert {one["is_fitted"] for one in rows_of(volume, MAP) if one["image_id"] not in before} == {False}
    assert {one[0] for one in grown.values()} == {
        one[0] for one in before.values()
    }  # medians are places that are there
    old, new = (np.array([grown[image_id(number)][:2] for number in some]) for some in (range(100), range(100, 130)))
    nearest = np.argmin(((new[:, np.newaxis] - old) ** 2).sum(axis=2), axis=1)
    assert (nearest % GROUPS == np.arange(100, 130) % GROUPS).mean() > 0.9
    run(volume, {"c": range(130, 180)})
    assert {one["is_fitted"] for one in rows_of(volume, MAP)} == {True}
    assert not places(volume).items() & before.items()


def test_removed_pictures_leave_the_view_and_the_page(volume: LocalStorage) -> None:
    run(volume, {"a": range(60), "b": range(60, 90)})
    remove_pictures(volume, "b", [60, 61])
    run(volume)
    assert Explorer(volume).rows_of_ids([image_id(60), image_id(62)])[0] == -1
    assert Explorer(volume).count == 88


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_pictures_have_a_map(volume: LocalStorage, count: int) -> None:
    run(volume, {"a": range(count)})
    found = places(volume)
    assert len({place[:2] for place in found.values()}) == count
    assert Explorer(volume).document["quality"]["trustworthiness"] == 1


def test_a_lost_file_is_made_again(volume: LocalStorage) -> None:
    run(volume, {"a": range(60)})
    before = {key: data for key, (_, data) in stored(volume).items()}
    part = next(key for key in before if key.startswith("tables/map/part"))
    for key in (files.DOCUMENT, files.FLAT, part):
        volume.delete(key)
        run(volume)
        assert {key: data for key, (_, data) in stored(volume).items()} == before


def test_a_damaged_fit_is_made_again(volume: LocalStorage) -> None:
    run(volume, {"a": range(60)})
    document = landmarks.read_current(volume)
    assert document is not None
    volume.local_path(landmarks.key(document["name"], "vectors")).write_bytes(b"damaged")
    assert landmarks.read_current(volume) is None
    run(volume)
    assert landmarks.read_current(volume) == document


def test_no_map_is_made_where_none_is_wanted(volume: LocalStorage) -> None:
    run(volume, {"a": range(20)}, map=False)
    assert stored(volume) == {}


def test_a_map_that_cannot_be_made_ends_no_run(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(layouts.PACKAGES, "tmap", ("no_such_package_here", layouts.PACKAGES["tmap"][1]))
    run(volume, {"a": range(20)}, layout="tmap")
    assert "no map: --layout tmap needs a package that is not installed; `pip install" in caplog.text
    (volume.root / "reports").write_text("no folder")
    run(volume)
    assert caplog.records[-1].getMessage().startswith("no map: ")
    assert "reports" in caplog.records[-1].getMessage()


def test_a_large_collection_is_fitted_on_a_part_and_the_others_are_placed_well(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landmarks, "MOST", 150)
    monkeypatch.setattr(landmarks, "LEAST_OF_CLUSTER", 2)
    run(volume, {"a": range(200), "b": range(200, 400)})
    document = landmarks.read_current(volume)
    assert document is not None
    assert 100 < document["fitted"] <= 160
    assert document["pictures"] == 400
    assert document["quality"]["placed_trustworthiness"] > 0.85


def test_without_an_index_there_is_one_sentence(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="no index in"):
        mapping.bring_up_to_date(context(), "auto", volume)
