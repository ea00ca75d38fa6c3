"""Contact sheets: the drawing of a query and its answers, and of pictures with their licences and authors."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recommendation.gallery import pictures, sheet
from recommendation.gallery.sheet import Row, Sheet, Tile
from shared.drawing import lettering

CAPTION_PX = Tile(None, "red.jpg", note="1.", score=0.5).caption_px
RED, GREEN, BLUE = (220, 30, 30), (30, 160, 60), (40, 60, 220)


def jpeg(rgb: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, rgb).save(file, "JPEG", quality=95)
    return file.getvalue()


def item(rank: int, image_id: str = "red", filename: str = "red.jpg", score: float = 0.5) -> dict[str, Any]:
    return {"rank": rank, "image_id": image_id, "filename": filename, "score": score, "scores": {}}


def answer_of(results: dict[str, list[dict[str, Any]]], n_queries: int = 1) -> dict[str, Any]:
    queries = [{"image_id": f"q{n}", "filename": f"query {n}.jpg"} for n in range(n_queries)]
    return {"queries": queries, "model": "m", "generation": "g", "seconds": 0.01, "results": results}


def drawn(answer: dict[str, Any], thumbnails: dict[str, bytes]) -> Image.Image:
    queries = [jpeg(BLUE)] * len(answer["queries"])
    items = [item for items in answer["results"].values() for item in items]
    tiles = {one["image_id"]: Tile(thumbnails.get(one["image_id"]), one["filename"]) for one in items}
    return opened(pictures.answer_sheet(answer, tiles, queries))


def opened(wanted: Sheet) -> Image.Image:
    return Image.open(io.BytesIO(sheet.draw_sheet(wanted))).convert("RGB")


def area(image: Image.Image, rgb: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of all pixels that are nearly of a colour; all 0 if there are none."""
    near = np.all(np.abs(np.asarray(image, int) - rgb) < 14, axis=2)
    rows, columns = np.nonzero(near.any(axis=1))[0], np.nonzero(near.any(axis=0))[0]
    return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if len(rows) else (0, 0, 0, 0)


def test_query_stands_left_of_the_answers_and_the_best_answer_first() -> None:
    image = drawn(
        answer_of({"default": [item(1), item(2, "green")]}),
        {"red": jpeg(RED), "green": jpeg(GREEN)},
    )
    query, first, second = area(image, BLUE), area(image, RED), area(image, GREEN)
    assert query[2] < first[0] < first[2] < second[0]
    assert query[1] == first[1] == second[1]


def test_the_default_measure_comes_first_whatever_the_order() -> None:
    results = {"color": [item(1, "green")], "default": [item(1)]}
    image = drawn(answer_of(results), {"red": jpeg(RED), "green": jpeg(GREEN)})
    assert area(image, RED)[3] < area(image, GREEN)[1]


def test_a_picture_keeps_its_proportions() -> None:
    left, top, right, bottom = area(drawn(answer_of({"default": [item(1)]}), {"red": jpeg(RED, (300, 100))}), RED)
    assert (right - left + 1) / (bottom - top + 1) == pytest.approx(3, rel=0.05)


def test_up_to_five_query_pictures_stand_one_below_the_other() -> None:
    one = drawn(answer_of({"default": [item(1)]}), {"red": jpeg(RED)})
    five = drawn(answer_of({"default": [item(1)]}, n_queries=5), {"red": jpeg(RED)})
    assert area(five, BLUE)[2] == area(one, BLUE)[2]
    assert area(five, BLUE)[3] > 4 * sheet.TILE_PX
    assert five.height > area(five, BLUE)[3]


@pytest.mark.parametrize(("n", "columns", "lines"), [(1, 1, 1), (10, 10, 1), (11, 10, 2), (20, 10, 2), (70, 10, 2)])
def test_many_answers_wrap_and_never_make_the_drawing_endless(n: int, columns: int, lines: int) -> None:
    image = drawn(answer_of({"default": [item(rank + 1) for rank in range(n)]}), {"red": jpeg(RED)})
    left, top, right, bottom = area(image, RED)
    step = sheet.TILE_PX + sheet.GAP_PX
    assert round((right - left + sheet.GAP_PX) / step) == columns
    assert round((bottom - top) / (sheet.TILE_PX + CAPTION_PX) + 0.25) == lines


def test_a_row_draws_at_most_so_many_pictures() -> None:
    rows = [Row("tag", [Tile(jpeg(RED), f"{number}.jpg") for number in range(23)])]
    few, all_of_them = (opened(Sheet("title", rows, most=most)) for most in (20, 30))
    assert all_of_them.height - few.height == sheet.TILE_PX + rows[0].tiles[0].caption_px


def test_without_names_of_rows_and_pictures_at_the_side_the_pictures_start_at_the_left() -> None:
    assert area(opened(Sheet("title", [Row("", [Tile(jpeg(RED), "a.jpg")])])), RED)[0] == sheet.MARGIN_PX


def test_licence_and_author_stand_under_a_picture() -> None:
    tiles = [Tile(jpeg(RED), "a.jpg", *credit) for credit in ((), ("CC BY-SA 4.0",), ("CC BY-SA 4.0", "Ann \u65e5"))]
    images = [opened(Sheet("title", [Row("", [tile])])) for tile in tiles]
    heights = [image.height for image in images]
    assert np.diff(heights).tolist() == [sheet.TEXT_PX, sheet.TEXT_PX]
    inked = [np.unique(np.nonzero(np.asarray(image.convert("L")) < 200)[0]) for image in images]
    below = [np.sum(rows > area(images[0], RED)[3]) for rows in inked]
    assert below[0] < below[1] < below[2]


@pytest.mark.parametrize(("score", "share"), [(0.25, 0.25), (1.0, 1.0), (1.2, 1.0)])
def test_the_bar_is_as_long_as_the_score(score: float, share: float) -> None:
    image = drawn(answer_of({"default": [item(1, score=score)]}), {"red": jpeg(RED)})
    left, _, right, _ = area(image, (0x2F, 0x6F, 0xDB))
    assert (right - left + 1) / sheet.TILE_PX == pytest.approx(share, abs=0.01)


def test_a_missing_thumbnail_or_an_empty_answer_still_gives_a_drawing() -> None:
    image = drawn(answer_of({"default": [item(1, "gone")], "hash": []}), {})
    assert area(image, BLUE) != (0, 0, 0, 0)
    assert area(image, RED) == (0, 0, 0, 0)


def test_nothing_but_empty_answers_gives_a_drawing_of_the_query() -> None:
    assert area(drawn(answer_of({"default": []}), {}), BLUE) != (0, 0, 0, 0)


@pytest.mark.parametrize(
    "name", ["日の出.jpg", "закат.jpg", "Su\u0308dku\u0308ste.png", "a\nb\x00.gif", "☃🎈.webp", ""]
)
def test_any_file_name_is_drawn_with_letters_that_the_font_has(name: str) -> None:
    font, text = lettering.legible(name, 14)
    assert len(text) <= len(name)
    assert all(lettering.has_glyph(font, letter) and letter.isprintable() for letter in text)
    assert drawn(answer_of({"default": [item(1, filename=name)]}), {"red": jpeg(RED)}).size > (0, 0)


def test_without_other_fonts_a_letter_loses_its_accent_or_becomes_a_question_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lettering, "WIDER_FONTS", ())
    monkeypatch.setattr(lettering, "DEJAVU", "not there")
    lettering.wider_fonts.cache_clear()
    assert lettering.legible("Südküste 日.jpg", 14)[1] == "Sudkuste ?.jpg"
    lettering.wider_fonts.cache_clear()


def test_a_long_name_keeps_its_beginning_and_its_suffix() -> None:
    font = lettering.font_of(14)
    text = lettering.shorten("a picture with a very long and telling name.jpeg", font, 150)
    assert (text[:9], text[-5:], "\N{HORIZONTAL ELLIPSIS}" in text) == ("a picture", ".jpeg", True)
    assert font.getlength(text) <= 150
    assert lettering.shorten("short.jpg", font, 150) == "short.jpg"
