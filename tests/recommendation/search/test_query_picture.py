"""A query picture takes the path that the collection's pictures took; what is no picture is refused with its reason."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.search.answerer import Answerer
from recommendation.search.engine import QueryPicture
from recommendation.search.query_picture import Upload, features_of, prepare, read_upload
from recommendation.search.request import Options
from shared import tables
from shared.errors import BadInputError, UsageError
from shared.pictures.headers import LIMITS
from shared.pictures.pixels import open_thumbnail
from shared.pictures.sandbox import decoder
from shared.tables.contracts import EMBEDDINGS, FEATURES, THUMBNAILS
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def stored(collection: Collection, image_id: str) -> dict[str, object]:
    """What the tables hold of a picture."""
    found: dict[str, object] = {}
    snapshot = tables.open_snapshot(collection.volume)
    for contract in (FEATURES, EMBEDDINGS, THUMBNAILS):
        rows = [row for part in snapshot.parts(contract) for row in tables.read_rows(collection.volume, part)]
        found |= next(row for row in rows if row["image_id"] == image_id)
    return found


def test_a_query_picture_has_exactly_the_features_it_has_in_the_collection(
    collection: Collection, answerer: Answerer
) -> None:
    for path in collection.paths()[::9]:
        described = prepare(read_upload(path), decoder(), answerer.current.embedders)
        row = stored(collection, described.picture.image_id)
        assert described.thumbnail == row["jpeg"]
        assert described.picture.features["hash"].tobytes() == row["hash"]
        vector = reduction.joined([np.array(row["vector"], np.float32)])
        for name, expected in (("color", row["color"]), ("structure", row["structure"]), ("embedding", vector)):
            np.testing.assert_allclose(described.picture.features[name], np.array(expected), rtol=0, atol=1e-5)


def test_a_stored_picture_is_left_out_of_its_own_answer(collection: Collection, answerer: Answerer) -> None:
    [path, *_] = collection.paths()
    answer = answerer.answer([read_upload(path)], Options(top_k=100)).content
    [query] = answer["queries"]
    assert query["filename"] == path.name
    assert answerer.current.engine.metadata(query["image_id"])["filename"] == path.name
    for items in answer["results"].values():
        assert len(items) == answerer.current.engine.count - 1
        assert query["image_id"] not in {item["image_id"] for item in items}


def test_the_same_picture_in_other_bytes_comes_first_with_a_score_of_one(
    collection: Collection, answerer: Answerer
) -> None:
    path = collection.paths()[5]
    upload = Upload("copy.jpg", path.read_bytes() + b"\0")
    results = answerer.answer([upload], Options(top_k=1)).content["results"]
    for measure, [item] in results.items():
        assert (measure, item["filename"]) == (measure, path.name)
        assert item["score"] == pytest.approx(1, abs=5e-3)


def test_several_pictures_are_answered_together_and_all_left_out(collection: Collection, answerer: Answerer) -> None:
    paths = collection.paths()[:5]
    answer = answerer.answer([read_upload(path) for path in paths], Options(measure=("color",), combine="min")).content
    assert [query["filename"] for query in answer["queries"]] == [path.name for path in paths]
    assert list(answer["results"]) == ["color"]
    assert not {item["filename"] for item in answer["results"]["color"]} & {path.name for path in paths}


def test_a_stored_picture_can_be_the_query(collection: Collection, answerer: Answerer) -> None:
    path = collection.paths()[7]
    uploaded = answerer.answer([read_upload(path)], Options()).content
    by_id = answerer.answer([], Options(), [uploaded["queries"][0]["image_id"]]).content
    assert by_id["queries"] == uploaded["queries"]
    ranking = {name: [item["image_id"] for item in items] for name, items in uploaded["results"].items()}
    assert {name: [item["image_id"] for item in items] for name, items in by_id["results"].items()} == ranking


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"hello, this is text", "unsupported_format"),
        (b"\xff\xd8\xff" + b"\0" * 99, "undecodable"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_name_and_reason(answerer: Answerer, data: bytes, reason: str) -> None:
    with pytest.raises(BadInputError) as caught:
        answerer.answer([Upload("letter.txt", data)], Options())
    assert caught.value.reason == reason
    assert caught.value.detail.startswith("letter.txt: ")


def test_reading_a_file_never_hangs_and_never_reads_too_much(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(LIMITS.max_bytes + 1)
    expected = {
        "pipe.jpg": "unreadable",
        "large.jpg": "too_many_bytes",
        "missing.jpg": "vanished",
        ".": "unreadable",
        "a\0b.jpg": "unreadable",
    }
    for name, reason in expected.items():
        with pytest.raises(BadInputError) as caught:
            read_upload(tmp_path / name)
        assert (name, caught.value.reason) == (name, reason)


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("", "as I said is a folder; expected a picture's file"),
        ("pipe.jpg", "as I said is not a regular file; expected a picture's file"),
        ("missing.jpg", "as I said: there is no such file"),
        ("letter.jpg/a.jpg", "as I said: Not a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_as_the_user_did(tmp_path: Path, name: str, detail: str) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "letter.jpg").write_text("hello")
    n_open = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(BadInputError) as caught:
        read_upload(tmp_path / name, "as I said")
    assert caught.value.detail == detail
    assert len(list(Path("/dev/fd").iterdir())) == n_open


def test_a_name_that_is_not_utf8_is_shown_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(b"x")
    assert read_upload(path) == Upload("caf\\xe9.jpg", b"x")


def half(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return rgb[:, : rgb.shape[1] // 2]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        (Options(mirror=True), lambda rgb: rgb[:, ::-1]),
        (Options(crop=("0,0,0.5,1",)), half),
        (Options(crop=("0,0,0.5,1",), mirror=True), lambda rgb: half(rgb)[:, ::-1]),
    ],
    ids=["mirrored", "cropped", "both"],
)
def test_a_picture_is_asked_as_it_is_seen(
    collection: Collection, answerer: Answerer, options: Options, seen: Callable[[Any], Any]
) -> None:
    path = collection.paths()[2]
    upload = read_upload(path)
    plain = answerer.answer([upload], Options()).content["queries"][0]["image_id"]
    embedder = answerer.current.embedders
    rgb = open_thumbnail(prepare(upload, decoder(), embedder).thumbnail)
    expected = features_of(np.ascontiguousarray(seen(rgb)), embedder)
    engine = answerer.current.engine
    wanted = engine.search([QueryPicture(plain, path.name, expected)], Options())
    for found in (answerer.answer([upload], options), answerer.answer([], options, [plain])):
        assert found.content["results"] == wanted
        assert open_thumbnail(found.query_thumbnails[0]).shape == np.shape(seen(rgb))


def test_each_region_is_that_of_the_picture_in_its_place(collection: Collection, answerer: Answerer) -> None:
    uploads = [read_upload(path) for path in collection.paths()[:2]]
    both = answerer.answer(uploads, Options(crop=("whole", "0,0,1,0.5"))).content["results"]
    parts = [answerer.answer(uploads, Options(crop=crop)).content["results"] for crop in ((), ("0,0,1,0.5",))]
    assert both not in parts
    with pytest.raises(UsageError, match="crop: expected at most one region for each of 1 query pictures, got 2"):
        answerer.answer(uploads[:1], Options(crop=("whole", "whole")))
    with pytest.raises(UsageError, match=r"crop: balloons_01.jpg: expected 8 px or more along each side"):
        answerer.answer(uploads[:1], Options(crop=("0,0,0.01,1",)))
