"""One picture's labels and features, and what is counted of them."""

from typing import Any

import numpy as np
import pytest

from labeling import steps
from shared import tables
from shared.pictures import pixels
from shared.pictures.features.extraction import features_of
from shared.pictures.features.thumbnail import Thumbnail
from shared.storage import LocalStorage
from tests.labeling.collection import Drawn, image_row, publish
from tests.shared.pictures.drawn import BLUE, RED, cornered, plain

CORNERED = Drawn("/pictures/a/cornered.png", cornered((300, 200)), (1600, 1000), ("a", "b"))


def rows_of(one: Drawn) -> dict[str, dict[str, Any]]:
    row = image_row(one)
    picture = steps.StoredPicture({name: row[name] for name in steps.READ}, one.jpeg)
    return dict(steps.label_picture(picture))


def test_a_picture_becomes_one_row_of_labels_and_one_of_features() -> None:
    rows = rows_of(CORNERED)
    assert list(rows) == ["labels", "features"]
    label = rows["labels"]
    expected = {"orientation": "landscape", "size_category": "large", "format": "PNG", "tags": ["a", "b"]}
    assert {name: label[name] for name in expected} == expected
    assert label["filename"] == "cornered.png"
    assert label["color_names"][:2] == ["strong blue", "red"]
    assert label["palette_shares"][:2] == pytest.approx([0.75, 0.25], abs=0.02)
    assert np.abs(np.array(label["palette"][:2]) - [BLUE, RED]).max() <= 4  # JPEG
    assert label["brightness"] == pytest.approx(0.75 * 32.3 + 0.25 * 53.2, abs=1)
    assert label["contrast"] == pytest.approx(np.sqrt(0.75 * 0.25) * (53.2 - 32.3), abs=1)
    assert label["sharpness"] > 0


def test_a_stored_picture_has_the_features_that_a_query_picture_would_have() -> None:
    stored = rows_of(CORNERED)["features"]
    asked = features_of(Thumbnail(pixels.open_thumbnail(CORNERED.jpeg)))
    assert stored.keys() == {"image_id", *asked}
    assert stored["image_id"] == CORNERED.image_id
    assert stored["color"].tolist() == asked["color"].tolist()
    assert stored["structure"].tolist() == asked["structure"].tolist()
    assert stored["hash"] == asked["hash"].tobytes()


@pytest.mark.parametrize("size", [(1, 1), (1, 1024), (1024, 1), (3, 2)])
def test_the_smallest_and_thinnest_pictures_have_labels(size: tuple[int, int]) -> None:
    rows = rows_of(Drawn("/p/x.png", plain(size), size))
    assert rows["labels"]["color_names"] == ["red"]
    assert rows["labels"]["palette_shares"] == [1]
    assert np.linalg.norm(rows["features"]["color"]) == pytest.approx(1)


def test_a_slices_pictures_are_read_in_their_order(volume: LocalStorage) -> None:
    drawn = [Drawn(f"/p/{number}.png", plain((20 + number, 20))) for number in (3, 1, 2)]
    publish(volume, {"s": drawn})
    parts = steps.slice_parts(tables.open_snapshot(volume))
    assert list(parts) == ["s"]
    read = list(steps.read_pictures(volume, parts["s"]))
    assert [(one.metadata["image_id"], one.jpeg) for one in read] == [(one.image_id, one.jpeg) for one in drawn]
