"""What TOTALS counts of a row."""

from typing import Any

import pytest

from labeling import totals
from shared.tables.contracts import FAILURES, IMAGES, LABELS, LOCATIONS
from tests.rows import row


def test_a_picture_is_counted_once_for_each_of_its_colors_and_tags() -> None:
    label = row(
        LABELS,
        orientation="square",
        size_category="medium",
        format="GIF",
        color_names=["grey", "red", "grey"],
        tags=["a", "a"],
        brightness=37.0,
        contrast=50.0,
        sharpness=0.0,
    )
    assert list(totals.facts_of_label(label)) == [
        ("orientation", "square"),
        ("size_category", "medium"),
        ("format", "GIF"),
        ("color", "grey"),
        ("color", "red"),
        ("tag", "a"),
        ("brightness", "35"),
        ("contrast", "45"),
        ("sharpness", "0"),
    ]


def test_what_an_image_says() -> None:
    exif = {"camera_make": "Canon", "camera_model": "Canon EOS 5D", "date_taken": "2019-07-03T14:05:00"}
    image = row(IMAGES, width_px=3000, height_px=2000, size_bytes=40_000, license="CC0", author="Ann", exif=exif)
    assert dict(totals.facts_of_image(image)) == {
        "megapixels": "5",
        "shape": "3:2",
        "kibibytes": "32",
        "license": "CC0",
        "author": "Ann",
        "camera": "Canon EOS 5D",
        "year": "2019",
        "month": "07",
        "hour": "14",
    }


def test_what_is_not_known_is_not_counted() -> None:
    image = row(IMAGES, width_px=10, height_px=10, size_bytes=-1, exif={"date_taken": "2019-07-03"})
    assert dict(totals.facts_of_image(image)) == {"megapixels": "0", "shape": "1:1", "year": "2019", "month": "07"}
    assert list(totals.facts_of_location(row(LOCATIONS, source_id="/a"))) == [("source", "/a")]
    assert list(totals.facts_of_failure(row(FAILURES, reason="truncated"))) == [("failure", "truncated")]


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("Sony", "DSC-1", "Sony DSC-1"),
        ("", "X", "X"),
        ("Y", "", "Y"),
        (None, None, ""),
    ],
)
def test_a_make_that_the_model_repeats_is_named_once(make: Any, model: Any, camera: str) -> None:
    assert totals.camera_of({"camera_make": make, "camera_model": model}) == camera
