"""What follows the live collection: rows of removed pictures do not show, and moved ones show where they are now."""

from typing import Any

import pytest

from acquisition.revision import revise
from shared import tables
from shared.pipeline import compact
from shared.storage import LocalStorage
from shared.tables import Part, catalog, live
from shared.tables.contracts import CATEGORIES, IMAGES, LABELS, THUMBNAILS
from tests.rows import row, write_slices

IDS = [f"{number:032x}" for number in range(3)]


@pytest.fixture
def snapshot(volume: LocalStorage) -> tables.Snapshot:
    """Two slices of the same three pictures; of the first, one picture was removed since and one has moved."""
    images = [
        row(IMAGES, image_id=one, filename=f"{one[-1]}.jpg", location=f"/p/{one[-1]}.jpg", tags=["p"]) for one in IDS
    ]
    labels = [
        row(LABELS, image_id=one, filename=f"{one[-1]}.jpg", location=f"/p/{one[-1]}.jpg", tags=["p"], contrast=number)
        for number, one in enumerate(IDS)
    ]
    thumbnails = [row(THUMBNAILS, image_id=one) for one in IDS]
    categories = [row(CATEGORIES, image_id=one, rank=rank) for one in IDS for rank in (1, 2)]
    names = ("000000-a", "000001-b")
    parts = write_slices(volume, "acquisition", {name: {IMAGES: images, THUMBNAILS: thumbnails} for name in names})
    [first] = [part for part in parts[IMAGES.name] if part.slice == names[0]]
    moved = {"location": "/q/moved.jpg", "filename": "moved.jpg", "tags": ["q"]}
    parts[IMAGES.name] = [*revised(volume, first, {0: None, 1: moved}), *parts[IMAGES.name][1:]]
    published = tables.publish(volume, tables.EMPTY, "acquisition", parts)
    published = tables.publish(
        volume, published, "labeling", write_slices(volume, "labeling", {name: {LABELS: labels} for name in names})
    )
    return tables.publish(
        volume,
        published,
        "embedding",
        write_slices(volume, "embedding", {name: {CATEGORIES: categories} for name in names}),
    )


def revised(volume: LocalStorage, part: Part, edits: dict[int, dict[str, Any] | None]) -> list[Part]:
    after = revise(volume, part, edits.items())
    return [after] if after else []


def test_views_show_live_rows_and_current_locations(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    catalog.rebuild(volume, snapshot)
    found = catalog.query(volume, "SELECT filename, location, tags, contrast FROM labels ORDER BY ALL")
    assert found == [
        ("0.jpg", "/p/0.jpg", ["p"], 0.0),
        ("1.jpg", "/p/1.jpg", ["p"], 1.0),
        ("2.jpg", "/p/2.jpg", ["p"], 2.0),
        ("2.jpg", "/p/2.jpg", ["p"], 2.0),
        ("moved.jpg", "/q/moved.jpg", ["q"], 1.0),
    ]
    counts = [
        catalog.query(volume, f"SELECT count(*) FROM {name}")[0][0] for name in ("images", "thumbnails", "categories")
    ]
    assert counts == [5, 5, 10]
    assert len(catalog.query_tables(volume, snapshot, "SELECT * FROM labels")) == 5


def test_views_keep_their_columns(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    catalog.rebuild(volume, snapshot)
    for contract in (LABELS, THUMBNAILS, CATEGORIES):
        columns = [found[0] for found in catalog.query(volume, f"DESCRIBE {contract.name}")]
        assert columns == contract.schema.names


def test_a_slice_without_pictures_shows_no_rows(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    [kept] = [part for part in snapshot.parts(IMAGES) if not part.revision]
    after = tables.publish(volume, snapshot, "acquisition", {IMAGES.name: [kept]})
    catalog.rebuild(volume, after)
    assert catalog.query(volume, "SELECT count(*) FROM labels") == [(3,)]
    assert [one.part.slice for one in live.live_parts(after, LABELS)] == [kept.slice]


def test_live_rows_are_read_with_current_locations(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    first, second = live.live_parts(snapshot, LABELS)
    assert [tuple(one.values()) for one in live.read_rows(volume, first, ["filename", "contrast"])] == [
        ("moved.jpg", 1.0),
        ("2.jpg", 2.0),
    ]
    assert [one["location"] for one in live.read_rows(volume, first)] == ["/q/moved.jpg", "/p/2.jpg"]
    assert [one["filename"] for one in live.read_rows(volume, second)] == ["0.jpg", "1.jpg", "2.jpg"]


def test_a_revision_changes_the_identity_of_what_follows(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    [plain] = [part for part in snapshot.parts(IMAGES) if not part.revision]
    without = tables.Snapshot({**snapshot.tables, IMAGES.name: (plain,)})
    assert live.digest(without, LABELS) == without.digest(LABELS) == snapshot.digest(LABELS)
    assert live.digest(snapshot, LABELS) != snapshot.digest(LABELS)


def test_compaction_brings_labels_to_where_pictures_are_now(volume: LocalStorage, snapshot: tables.Snapshot) -> None:
    [merge] = compact.plan(snapshot)
    made = {part.table: part for part in compact.merge_slices(volume, merge).parts}
    assert made[IMAGES.name].revision == ""
    found = [(one["filename"], one["location"], one["tags"]) for one in tables.read_rows(volume, made[LABELS.name])]
    assert found == [
        ("moved.jpg", "/q/moved.jpg", ["q"]),
        ("2.jpg", "/p/2.jpg", ["p"]),
        *((f"{number}.jpg", f"/p/{number}.jpg", ["p"]) for number in range(3)),
    ]


def test_a_slice_whose_pictures_moved_is_compacted_even_if_it_is_alone(
    volume: LocalStorage, snapshot: tables.Snapshot
) -> None:
    [revised_part] = [part for part in snapshot.parts(IMAGES) if part.revision]
    alone = tables.Snapshot(
        {
            name: tuple(part for part in parts if part.slice == revised_part.slice)
            for name, parts in snapshot.tables.items()
        }
    )
    [merge] = compact.plan(alone)
    assert {part.table for part in merge.parts} == {one.name for one in (IMAGES, THUMBNAILS, LABELS, CATEGORIES)}
