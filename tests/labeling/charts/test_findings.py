"""Titles say what charts show."""

import pytest

from labeling.charts import findings


@pytest.mark.parametrize(
    ("number", "total", "text"),
    [
        (1, 1, "The only picture is"),
        (5, 5, "All 5 pictures are"),
        (1, 5, "1 of 5 pictures is"),
        (3, 5, "3 of 5 pictures are"),
        (250, 1000, "One of four pictures is"),
        (760, 1000, "Three of four pictures are"),
        (590, 1000, "59 % of the pictures are"),
        (1, 1000, "1 % of the pictures are"),
        (999, 1000, "Almost all pictures are"),
    ],
)
def test_shares_are_said_as_people_say_them(number: int, total: int, text: str) -> None:
    assert f"{findings.of_pictures(number, total)} {findings.is_are(number, total)}" == text


def test_the_class_of_the_median() -> None:
    assert findings.middle([("0", 1), ("5", 2), ("10", 3)]) == "5"
    assert findings.share_from([("0", 1), ("50", 2), ("95", 3)], 50) == 5


def test_lists_and_leaders() -> None:
    assert [findings.listed(some) for some in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert findings.leaders([("a", 2), ("b", 1), ("c", 2)]) == ["a", "c"]
