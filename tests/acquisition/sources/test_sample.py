"""The built-in sample: what it promises about itself, and that the pictures are what they are said to be."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.sample import plan
from acquisition.sample.damage import BROKEN
from acquisition.sample.formats import CHANGES
from acquisition.sample.painters.canvas import Canvas, color, colors, ramp
from acquisition.sample.plan import Drawing
from acquisition.sample.subjects import SUBJECTS, draw
from acquisition.sources import sample_files as sample
from shared.errors import REASONS, BadInputError
from shared.pictures import decoding, pixels
from shared.pictures.headers import LIMITS

SMALL = (96, 72)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """A sample of three drawings: one with a copy, one with a changed copy, one alone."""
    chosen = [Drawing("plaids", 4), Drawing("plaids", 2), Drawing("plaids", 9)]
    monkeypatch.setattr(plan, "drawings", lambda: chosen)
    monkeypatch.setattr(sample, "drawings", lambda: chosen)
    return chosen


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan.truth())
    return found


def files_below(path: Path) -> dict[str, tuple[bytes, int]]:
    return {
        one.relative_to(path).as_posix(): (one.read_bytes(), one.stat().st_mtime_ns)
        for one in path.rglob("*")
        if one.is_file()
    }


def test_twelve_subjects_have_twenty_pictures_each(truth: dict[str, Any]) -> None:
    assert {subject: len(set(paths)) for subject, paths in truth["subjects"].items()} == dict.fromkeys(SUBJECTS, 20)
    assert len(SUBJECTS) == 12


def test_every_path_is_listed_once_with_licence_author_and_subject() -> None:
    rows = list(csv.DictReader(io.StringIO(plan.listing().decode())))
    assert [row["path"] for row in rows] == sample.all_paths()
    assert len({row["path"] for row in rows}) == len(rows)
    assert {(row["license"], row["author"]) for row in rows} == {("CC0-1.0", "image recommender sample")}
    assert all(row["tags"].split(";")[0] in {*SUBJECTS, "broken"} for row in rows)


def test_orientations_sizes_and_formats_are_all_there() -> None:
    sizes = [plan.size_of(drawing) for drawing in plan.drawings()]
    assert {np.sign(width - height) for width, height in sizes} == {-1, 0, 1}
    longer = [max(size) for size in sizes]
    assert [any(side < 500 for side in longer), any(side > 1500 for side in longer)] == [True, True]
    assert {plan.format_of(drawing) for drawing in plan.drawings()} == {"JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"}


def test_every_kind_of_change_was_made_to_several_pictures(truth: dict[str, Any]) -> None:
    changes = [near["change"] for near in truth["near_duplicates"]]
    assert {change: changes.count(change) >= 4 for change in CHANGES} == dict.fromkeys(CHANGES, True)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_picture_comes_out_the_same_each_time_and_unlike_the_next(subject: str) -> None:
    first, again, other = draw(subject, 0, SMALL), draw(subject, 0, SMALL), draw(subject, 1, SMALL)
    assert first.size == SMALL
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert np.asarray(first).std() > 10  # neither blank nor nearly so


def test_a_drawing_gives_the_bytes_of_all_its_files() -> None:
    drawing = Drawing("plaids", 4)
    files = plan.files_of(drawing)
    original, copy = files.values()
    assert list(files) == plan.paths_of(drawing) == ["plaids/plaids_05.png", "copies/IMG_0006.png"]
    assert original == copy
    assert files == plan.files_of(drawing)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_has_other_bytes_but_looks_almost_the_same(change: str) -> None:
    picture = draw("seas", 0, (160, 120))
    copy = pixels.open_thumbnail(decoding.decode(CHANGES[change][0](picture), LIMITS).jpeg)
    small = pixels.resize(copy, 32, 24).astype(float)
    assert np.abs(small - pixels.resize(np.asarray(picture), 32, 24)).mean() < 16


def test_exif_tells_camera_and_date_but_our_reader_never_says_where() -> None:
    drawing = Drawing(*plan.WITH_GPS)
    data = plan.files_of(drawing)[plan.path_of(drawing)]
    picture = decoding.decode(data, LIMITS)
    assert (picture.exif["camera_make"], picture.exif["date_taken"]) == ("Brushwork", "2023-01-01T06:00:00")
    exif = plan.exif_of(drawing)
    assert exif is not None
    assert exif.get_ifd(0x8825)[1] == "N"  # the file does say where
    assert not [name for name in picture.exif if "gps" in name.lower() or "latitude" in name.lower()]


@pytest.mark.parametrize(("place", "orientation"), plan.STORED_TURNED.items())
def test_a_picture_that_is_stored_turned_opens_upright(place: tuple[str, int], orientation: int) -> None:
    drawing = Drawing(*place)
    picture = decoding.decode(plan.files_of(drawing)[plan.path_of(drawing)], LIMITS)
    assert picture.exif["orientation"] == orientation
    assert (picture.width_px, picture.height_px) == plan.size_of(drawing)
    upright = pixels.resize(np.asarray(draw(*drawing, plan.size_of(drawing))), 24, 24).astype(float)
    opened = pixels.resize(pixels.open_thumbnail(picture.jpeg), 24, 24)
    assert np.abs(opened - upright).mean() < 6


@pytest.mark.parametrize(("path", "make", "reason"), [(path, *how) for path, how in BROKEN.items()])
def test_a_broken_file_fails_for_the_reason_that_the_truth_states(path: str, make: Any, reason: str) -> None:
    assert reason in REASONS
    with pytest.raises(BadInputError) as caught:
        decoding.decode(make(), LIMITS)
    assert (path, caught.value.reason) == (path, reason)


@pytest.mark.usefixtures("few")
def test_drawing_into_two_folders_gives_the_same_files_and_times(tmp_path: Path) -> None:
    sample.draw_sample(tmp_path / "one")
    sample.draw_sample(tmp_path / "two")
    files = files_below(tmp_path / "one")
    assert files == files_below(tmp_path / "two")
    assert set(files) == {*sample.all_paths(), "sample.csv", "truth.json"}
    assert {mtime for _, mtime in files.values()} == {sample.MODIFIED_S * 10**9}


@pytest.mark.usefixtures("few")
def test_a_complete_sample_is_left_alone(tmp_path: Path) -> None:
    sample.draw_sample(tmp_path)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*")}
    sample.draw_sample(tmp_path)
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("damage", ["no marker", "older marker", "picture gone", "torn picture and a leftover"])
def test_a_sample_that_a_killed_run_left_is_finished(few: list[Drawing], tmp_path: Path, damage: str) -> None:
    sample.draw_sample(tmp_path)
    whole = files_below(tmp_path)
    picture, marker = tmp_path / plan.path_of(few[0]), tmp_path / sample.TRUTH_NAME
    if damage == "older marker":
        marker.write_bytes(b'{"edition": 0}')
    elif damage == "picture gone":
        picture.unlink()
    else:
        marker.unlink()
    if damage == "torn picture and a leftover":
        picture.write_bytes(b"half")
        picture.with_name("plaids_05.png.tmp-0123").write_bytes(b"half")
    assert not sample.is_complete(tmp_path)
    sample.draw_sample(tmp_path)
    assert files_below(tmp_path) == whole


def test_duplicates_are_the_same_bytes_and_near_duplicates_are_not(truth: dict[str, Any]) -> None:
    pairs = [tuple(pair) for pair in truth["duplicates"]]
    near = [(pair["original"], pair["copy"]) for pair in truth["near_duplicates"]]
    files: dict[str, str] = {}
    for drawing in (Drawing("plaids", 4), Drawing("mandalas", 10), Drawing("plaids", 2), Drawing("plaids", 13)):
        files |= {path: hashlib.sha256(data).hexdigest() for path, data in plan.files_of(drawing).items()}
    assert [files[one] == files[two] for one, two in pairs if one in files] == [True, True]
    assert [files[one] == files[two] for one, two in near if one in files] == [False, False]


def test_a_ramp_runs_from_its_first_colour_to_its_last() -> None:
    stops = colors("000000 ff0000 ffffff")
    found = ramp(np.array([[0.0, 0.5, 1.0]]), stops)[:, 0].T
    assert found == pytest.approx(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 1]]), abs=0.003)


def test_a_polygon_covers_its_inside_fully_and_its_edge_partly() -> None:
    canvas = Canvas(40, 40)
    canvas.polygons([[(0.25, 0.25), (0.75, 0.25), (0.75, 0.7625), (0.25, 0.7625)]], color("ffffff"))
    assert canvas.pixels[0, 20, 20] == 1
    assert canvas.pixels[0, 5, 5] == 0
    assert 0 < canvas.pixels[0, 30, 20] < 1
