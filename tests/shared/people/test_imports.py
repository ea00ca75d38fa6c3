"""Imports: every format, and everything that is not taken is counted."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared import tables
from shared.errors import UsageError
from shared.people.events import Event, Scale, check_user_id, parse_scale
from shared.people.imports.importing import FORMATS, import_file
from shared.people.store import PeopleStore
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, LOCATIONS
from tests.commands import ROOT
from tests.rows import row, write_slices

IDS = {name: f"{number:032x}" for number, name in enumerate(("a.jpg", "b.jpg", "c.jpg"), 1)}


@pytest.fixture
def collection(volume: LocalStorage) -> LocalStorage:
    images = [
        row(IMAGES, image_id=one, filename=name, location=f"/p/{name}", source_url=f"http://x/{name}")
        for name, one in IDS.items()
    ]
    locations = [row(LOCATIONS, image_id=IDS["a.jpg"], filename="copy.jpg", location="/p/copy.jpg")]
    parts = write_slices(volume, "acquisition", {"s": {IMAGES: images, LOCATIONS: locations}})
    tables.publish(volume, tables.open_snapshot(volume), "acquisition", parts)
    return volume


def values(volume: LocalStorage, user_id: str = "Ada") -> dict[str, float | None]:
    names = {one: name for name, one in IDS.items()}
    return {names[one.image_id]: one.value for one in PeopleStore(volume).events(user_id)}


def test_a_picture_is_found_by_id_path_url_name_and_by_the_name_of_a_copy(
    collection: LocalStorage, tmp_path: Path
) -> None:
    for number, reference in enumerate((IDS["b.jpg"], "/p/b.jpg", "http://x/b.jpg", "b.jpg", "b")):
        (tmp_path / "one.csv").write_text(f"user,picture,value\nu{number},{reference},1\n")
        import_file(collection, tmp_path / "one.csv", "csv", None, None)
        assert values(collection, f"u{number}") == {"b.jpg": 1}
    (tmp_path / "one.csv").write_text("user,picture,value\nAda,copy.jpg,1\n")
    import_file(collection, tmp_path / "one.csv", "csv", None, None)
    assert values(collection) == {"a.jpg": 1}


def test_unknown_pictures_and_unusable_lines_are_counted_and_the_rest_is_imported(
    collection: LocalStorage, tmp_path: Path
) -> None:
    lines = [
        "user,picture,value,time",
        "Ada,a.jpg,1,5",
        "Ada,gone.jpg,1,5",
        "A\x07da,a.jpg,1,5",
        "Ada,b.jpg,much,5",
        "Ada,b.jpg,1,1e30",
        "Ada,b.jpg,nan,5",
        "Ada,b.jpg,1,nan",
        "Ada,c.jpg,-1,2020-01-01",
    ]
    (tmp_path / "likes.csv").write_text("\n".join(lines))
    done = import_file(collection, tmp_path / "likes.csv", "csv", None, None)
    assert (done.read, done.changed, done.n_unknown, done.n_problems) == (8, 2, 1, 5)
    assert list(done.unknown) == ["gone.jpg"]
    assert values(collection) == {"a.jpg": 1, "c.jpg": -1}
    assert PeopleStore(collection).events("Ada")[1].time == 1577836800


def test_of_many_unknown_pictures_the_first_ten_are_named(collection: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "likes.csv").write_text(
        "user,picture,value\n" + "".join(f"Ada,{number}.png,1\n" for number in range(25))
    )
    done = import_file(collection, tmp_path / "likes.csv", "csv", None, None)
    assert done.n_unknown == 25
    assert len(done.unknown) == 10


def test_ratings_need_their_scale(collection: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "likes.csv").write_text("user,picture,rating\nAda,a.jpg,5\nAda,b.jpg,3\nAda,c.jpg,1\n")
    with pytest.raises(UsageError, match=r"got ratings from 1 to 5; say the scale .* --scale 1\.\.5"):
        import_file(collection, tmp_path / "likes.csv", "csv", None, None)
    assert not PeopleStore(collection).exists
    import_file(collection, tmp_path / "likes.csv", "csv", Scale(1, 5), None)
    assert values(collection) == {"a.jpg": 1, "b.jpg": 0, "c.jpg": -1}


@pytest.mark.parametrize(
    ("rating", "scale", "is_like"), [(6, "1..7", True), (5, "1..7", False), (4, "1..5", True), (4, "0.5..5", True)]
)
def test_the_upper_quarter_of_a_scale_is_liked(rating: float, scale: str, is_like: bool) -> None:
    assert (parse_scale(scale).value_of(rating) >= 0.5) == is_like


@pytest.mark.parametrize("text", ["5", "5..1", "1..", "a..b", "1...5"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected the smallest and the largest rating"):
        parse_scale(text)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "\x1b[31m", "x" * 201, "a\u2028b"])
def test_what_is_no_user_id_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="user id: expected"):
        check_user_id(text)


def test_user_ids_are_free_text_in_one_canonical_form() -> None:
    assert check_user_id(" Zoe\u0308 O'Neil ") == "Zoë O'Neil"


@pytest.mark.parametrize("content", ["", "user,picture,value\n"])
def test_an_empty_file_is_wrong_usage(collection: LocalStorage, tmp_path: Path, content: str) -> None:
    (tmp_path / "likes.csv").write_text(content)
    with pytest.raises(UsageError, match="expected"):
        import_file(collection, tmp_path / "likes.csv", "csv", None, None)


def write_jsonl(path: Path) -> Path:
    path.write_text('{"user": "Ada", "picture": "a.jpg", "value": 1}\n\nno json\n')
    return path


def write_parquet(path: Path) -> Path:
    pq.write_table(pa.table({"user_id": ["Ada"], "image": ["a.jpg"], "like": [1]}), path)
    return path


def write_movielens(path: Path) -> Path:
    path.write_text("Ada::a.jpg::5::978300760\n")
    return path


def write_takeout(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.jpg.supplemental-metadata.json").write_text(json.dumps({"title": "a.jpg", "favorited": True}))
    (folder / "b.jpg.json").write_text(json.dumps({"title": "b.jpg"}))
    (folder / "print-subscriptions.json").write_text("[]")
    return folder


def write_flickr(path: Path) -> Path:
    path.write_text(json.dumps({"photos": {"photo": [{"id": "1", "url_o": "http://x/a.jpg"}]}}))
    return path


def write_immich(path: Path) -> Path:
    assets = [{"originalFileName": "a.jpg", "isFavorite": True}, {"originalFileName": "b.jpg", "isFavorite": False}]
    path.write_text(json.dumps({"assets": {"items": assets}}))
    return path


def write_photoprism(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.yml").write_text("Type: image\nFavorite: true\n")
    (folder / "b.yml").write_text("Type: image\n")
    return folder


def write_xmp(folder: Path) -> Path:
    folder.mkdir()
    (folder / "a.jpg.xmp").write_text('<rdf:Description xmp:Rating="5"/>')
    (folder / "b.xmp").write_text("<xmp:Rating>0</xmp:Rating>")
    return folder


WRITERS = {
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "movielens": write_movielens,
    "takeout": write_takeout,
    "flickr": write_flickr,
    "immich": write_immich,
    "photoprism": write_photoprism,
    "xmp": write_xmp,
}


@pytest.mark.parametrize("form", WRITERS)
def test_every_format_is_read(collection: LocalStorage, tmp_path: Path, form: str) -> None:
    user = "Ada" if FORMATS[form].one_person else None
    import_file(collection, WRITERS[form](tmp_path / f"file.{form}"), form, None, user)
    assert values(collection) == {"a.jpg": 1}


def test_every_format_has_a_test() -> None:
    assert set(WRITERS) | {"csv"} == set(FORMATS)


def test_favourites_need_the_person_that_they_are_of(collection: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--user: expected the person"):
        import_file(collection, write_xmp(tmp_path / "xmp"), "xmp", None, None)


IMPORTER = """
import sys
from pathlib import Path
from shared.people.imports import importing
from shared.people.store import PeopleStore
from shared.storage import LocalStorage

record = PeopleStore.record
def announced(store, events):
    changed = record(store, events)
    print(changed, flush=True)
    return changed
PeopleStore.record = announced
importing.BATCH = 100
importing.import_file(LocalStorage(Path(sys.argv[1])), Path(sys.argv[2]), "csv", None, None)
"""


def test_a_killed_import_loses_nothing_it_stored_and_goes_on_without_doubles(
    collection: LocalStorage, tmp_path: Path
) -> None:
    path = tmp_path / "likes.csv"
    lines = [f"user {number},{name},1,5" for number in range(20_000) for name in IDS]
    path.write_text("\n".join(["user,picture,value,time", *lines]))
    command = [sys.executable, "-c", IMPORTER, str(collection.root), str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as importer:
        assert importer.stdout is not None
        acknowledged = [importer.stdout.readline() for _ in range(5)]
        importer.send_signal(signal.SIGKILL)
        acknowledged += importer.stdout.readlines()
    stored = sum(int(line) for line in acknowledged if line.endswith("\n"))
    store = PeopleStore(collection)
    before = sum(1 for _ in store.all_events())
    assert stored <= before < len(lines)
    done = import_file(collection, path, "csv", None, None)
    assert (done.read, done.n_unknown, done.n_problems) == (len(lines), 0, 0)
    assert sum(1 for _ in store.all_events()) == len(lines)


def test_people_are_read_in_pages(collection: LocalStorage) -> None:
    store = PeopleStore(collection)
    store.record(
        [Event(user, one, 1.0, 1.0, "test") for user in ("Zoë", "b", "a", "c") for one in sorted(IDS.values())]
    )
    first = store.people("", 3)
    assert [(user.user_id, len(events)) for user, events in first] == [("Zoë", 3), ("a", 3), ("b", 3)]
    assert [user.user_id for user, _ in store.people(first[-1][0].user_id, 3)] == ["c"]
    assert store.people("c", 3) == []
    assert store.n_people() == 4
