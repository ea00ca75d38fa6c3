"""An answer as a table: aligned, openable, and harmless whatever a file is called."""

import pytest

from recommendation.commands.table import cells, shorten, sum_text, table_lines
from recommendation.search.answer import Answer, make_item

WEIGHTS = {"embedding": 0.75, "color": 0.25}


def answer(*names: str, author: str = "") -> Answer:
    found = {"image_id": "", "filename": "f", "license": "CC0", "title": "", "author": author, "source_url": ""}
    rights = dict.fromkeys(("license_id", "license_url", "author_url", "attribution", "display_url"), "")
    size = {"width_px": 4, "height_px": 3, "tags": [], "category": ""}
    items = [
        make_item(rank, 1 / rank, {**found, **rights, **size, "location": name}, {}, is_copy=False)
        for rank, name in enumerate(names, 1)
    ]
    return Answer(queries=[], results={"default": items}, seconds=0.01, generation="g", model="m")


def test_columns_are_aligned_and_locations_can_be_opened() -> None:
    assert list(table_lines(answer("/p/a.jpg", "/p/longer.jpg"), WEIGHTS)) == [
        "default = 0.75 embedding + 0.25 color",
        "   1  1.000  /p/a.jpg       CC0",
        "   2  0.500  /p/longer.jpg  CC0",
        "",
        "0.010 s, generation g, model m",
    ]


def test_wide_letters_and_combining_marks_are_counted_as_they_are_shown() -> None:
    lines = list(table_lines(answer("/p/海.jpg", "/p/e\u0301x.jpg"), WEIGHTS))[1:3]
    assert lines == ["   1  1.000  /p/海.jpg  CC0", "   2  0.500  /p/e\u0301x.jpg  CC0"]


def test_the_author_stands_beside_the_licence_shortened_and_harmless() -> None:
    [line] = list(table_lines(answer("/p/a.jpg", author="Jane\x1b[2J " + "Doe" * 20), WEIGHTS))[1:2]
    assert line == "   1  1.000  /p/a.jpg  CC0, Jane\\x1b[2J Do…DoeDoeDoeDoeDoe"


def test_a_terminal_gets_links_and_lines_that_fit() -> None:
    long = "/pictures/" + "very/" * 40 + "image_0187.jpg"
    [line] = list(table_lines(answer(long), WEIGHTS, width=60))[1:2]
    assert f"\x1b]8;;file://{long}\x1b\\" in line
    shown = line.replace(f"\x1b]8;;file://{long}\x1b\\", "").replace("\x1b]8;;\x1b\\", "")
    assert cells(shown) == 60
    assert shown.endswith("image_0187.jpg  CC0")
    assert shown.startswith("   1  1.000  /pictures/very")


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "ab…efg"),
        ("海海海海", 5, "海…海"),
        ("a", 1, "a"),
    ],
)
def test_what_does_not_fit_is_left_out_in_the_middle(text: str, width: int, short: str) -> None:
    assert shorten(text, width) == short
    assert cells(short) <= width


def test_a_measure_alone_needs_no_weight() -> None:
    assert sum_text({"embedding": 1.0}) == "embedding"
    assert sum_text(WEIGHTS) == "0.75 embedding + 0.25 color"


def test_words_that_no_picture_has_are_named() -> None:
    found = answer("/p/a.jpg")
    found["words"] = {"dog": 3, "unicorn": 0}
    assert "no picture has the word unicorn" in list(table_lines(found, WEIGHTS))
    found["words"] = {}
    assert "the text has no word" in list(table_lines(found, WEIGHTS))
