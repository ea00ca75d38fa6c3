"""Orientation and size category at their borders."""

import pytest

from labeling.geometry import orientation, size_category


@pytest.mark.parametrize(
    ("width_px", "height_px", "expected"),
    [
        (1000, 1000, "square"),
        (1050, 1000, "square"),
        (1051, 1000, "landscape"),
        (1000, 1050, "square"),
        (1000, 1051, "portrait"),
        (1, 1, "square"),
        (2, 1, "landscape"),
    ],
)
def test_a_picture_is_square_up_to_five_percent(width_px: int, height_px: int, expected: str) -> None:
    assert orientation(width_px, height_px) == expected


@pytest.mark.parametrize(
    ("longer_px", "expected"),
    [(1, "thumbnail"), (499, "thumbnail"), (500, "medium"), (1500, "medium"), (1501, "large")],
)
def test_the_longer_side_makes_the_size_category(longer_px: int, expected: str) -> None:
    assert size_category(longer_px, 1) == size_category(1, longer_px) == expected
