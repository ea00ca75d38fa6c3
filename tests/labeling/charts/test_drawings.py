"""Every chart that a collection can have, drawn: no text overlaps another or is cut off, and bytes repeat."""

import io
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image

from labeling.charts import album, catalogue, words
from labeling.charts.bars import Columns
from labeling.charts.chart import Chart, Collection
from labeling.charts.colors import Palette
from labeling.charts.people import Group
from shared.drawing import style
from tests.shared.pictures.drawn import BLUE, encoded, plain

TOLERANCE_PX = 1.0  # of a text's box, which is a little larger than its ink
ODD_TAGS = (
    "海辺の夕日",
    "كتاب عربي جميل",
    "🎈🎉",
    "a very long tag " * 30,
    "Закат",
    "$x^2$",
    "<b>&amp;",
    "Straße",
    "\u200b",
    "a\nb",
)


def totals(n: int, tags: tuple[str, ...]) -> dict[str, list[tuple[str, int]]]:
    """Totals of a collection in which everything occurs."""
    return {
        "orientation": [("landscape", n // 2), ("portrait", n - n // 2)],
        "size_category": [("thumbnail", n)],
        "format": [("JPEG", n - 8), ("PNG", 5), ("WEBP", 1), ("GIF", 1), ("BMP", 1)],
        "color": [("white", n), ("dark grey", n // 2), ("light peach", 1)],
        "tag": [(tag, n - place) for place, tag in enumerate(tags)],
        "brightness": [(str(edge), n // 20 + edge) for edge in range(0, 100, 5)],
        "contrast": [("0", n // 2), ("45", n // 2)],
        "sharpness": [("0", n // 2), ("95", n // 2)],
        "megapixels": [("0", n // 2), ("50", n // 2)],
        "shape": [("1:1", n // 2), ("3:1", n // 2)],
        "kibibytes": [("0", n // 2), ("16384", n // 2)],
        "year": [("1826", 1), ("1999", n), ("2024", n // 2)],
        "month": [("12", n // 3), ("01", n // 2)],
        "hour": [("00", n // 3), ("23", n // 2)],
        "camera": [("Canon EOS 5D Mark IV with a name that is much too long for a chart", n), ("b", 1)],
        "license": [("CC BY-SA 4.0 " * 10, n // 2)],
        "author": [("Ann 日 " * 20, n // 2), ("b", 1)],
        "source": [("/a/b/pictures", n), ("sample", 1)],
        "failure": [("too_many_pixels", 5), ("undecodable", 2)],
    }


def profile(name: str, n: int) -> dict[str, Any]:
    colors = ["dark grey", "white", "light peach", "army green", "navy blue"]
    return {
        "user_id": name,
        "favorite_colors": colors,
        "favorite_color_shares": [0.9, 0.5, 0.3, 0.1, 0.01],
        "orientation_shares": [0.5, 0.5, 0.0],
        "size_shares": [1.0, 0.0, 0.0],
        "favorite_tags": list(ODD_TAGS),
        "favorite_tag_shares": [1.0] * len(ODD_TAGS),
        "favorite_images": ["a.jpg"] * n,
    }


def charts_of(n: int, tags: tuple[str, ...]) -> list[Chart]:
    picture = encoded(plain((200, 100), BLUE), "JPEG")
    long = "a file name that is much too long for the room that it has.jpeg"
    palettes = [Palette(picture, long, "CC BY 4.0 · 日本 " * 9, [[0, 0, 255], [255, 255, 255]], [0.7, 0.3])] * 6
    people = [profile(name, 3) for name in ("a person with a name that is much too long for it", "日本", "c")]
    groups = {number: Group(n // (number + 1), {"white": 1.0}, {tags[0]: 1.0}) for number in range(3)}
    return album.all_charts(totals(n, tags), palettes, people, n, groups)


CHARTS = {
    f"{chart.name}-{label}": chart
    for label, n, tags in (("odd", 1000, ODD_TAGS), ("large", 123_456_789, tuple(f"tag {n}" for n in range(200))))
    for chart in charts_of(n, tags)
}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn."""
    found: list[Figure] = []
    render = style.Page.render

    def keep(page: style.Page) -> style.Drawing:
        found.append(page.figure)
        return render(page)

    monkeypatch.setattr(style.Page, "render", keep)
    return found


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_overlaps_another_or_is_cut_off(name: str, figures: list[Figure]) -> None:
    chart = CHARTS[name]
    with style.styled(f"{chart.title}{chart.note}{chart.table}"):
        chart.kind.draw(chart.title, chart.note)
        [figure] = figures
        figure.draw_without_rendering()  # places in px of the PNG, not of the SVG that was drawn last
        seen = list(visible(figure))
    width, height = figure.canvas.get_width_height()
    outside = [text for text, box, _ in seen if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
    overlapping = [(one, other) for (one, *a), (other, *b) in combinations(seen, 2) if overlap(a, b)]
    assert (outside, overlapping) == ([], [])
    assert seen


def visible(figure: Figure) -> Iterator[tuple[str, Bbox, Path | None]]:
    """Texts with their boxes in px, but for those of axes that are switched off and of ticks beyond the ends."""
    skipped: set[int] = set()
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
            beyond = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
            skipped |= {id(text) for one in ([*beyond] if axes.axison else [axis]) for text in one.findobj(Text)}
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if id(text) not in skipped and text.get_visible() and text.get_text().strip():
            path = ink(text) if text.get_verticalalignment() == "baseline" else None
            yield text.get_text(), path.get_extents() if path else text.get_window_extent(), path


def ink(text: Text) -> Path:
    """The outlines of a word of a cloud, in which words may reach into each other's boxes."""
    size = float(text.get_fontsize()) * style.DPI / 72
    place = Affine2D().translate(*text.get_transform().transform(text.get_position()))
    return TextPath((0, 0), text.get_text(), size=size, prop=text.get_fontproperties()).transformed(place)


def overlap(one: list[Any], other: list[Any]) -> bool:
    inner = Bbox.intersection(one[0], other[0])
    if inner is None or min(inner.width, inner.height) <= TOLERANCE_PX:
        return False
    return not (one[1] and other[1]) or bool(one[1].intersects_path(other[1], filled=False))


def test_every_chart_can_be_made() -> None:
    names = {chart.name for chart in CHARTS.values()}
    assert len(names) == len(catalogue.MAKERS) + 4  # palettes and three of people


def test_a_collection_of_one_picture_has_no_chart_of_nothing() -> None:
    one = {
        "orientation": [("square", 1)],
        "size_category": [("large", 1)],
        "format": [("PNG", 1)],
        "color": [("red", 1)],
    }
    assert [chart.name for chart in catalogue.charts(Collection(1, one))] == ["orientation", "size", "colors"]


def test_the_same_chart_gives_the_same_bytes() -> None:
    for name in ("tag_cloud-large", "palettes-odd", "year-odd"):
        with style.styled():
            first, second = (CHARTS[name].kind.draw("title", "note") for _ in range(2))
        assert first == second


def test_columns_are_as_high_as_their_numbers() -> None:
    with style.styled():
        drawing = Columns(["a", "b"], [4, 2], [style.BLUE, style.VERMILION], ("letters", "pictures")).draw("t", "n")
    rgb = np.asarray(Image.open(io.BytesIO(drawing.png)).convert("RGB"), int)
    blue, red = (np.all(np.abs(rgb - color) < 4, axis=2).any(axis=1).sum() for color in ((0, 114, 178), (213, 94, 0)))
    assert blue / red == pytest.approx(2, rel=0.02)


def test_equal_tags_are_equally_large() -> None:
    cloud = words.placed({f"word {n}": 30 for n in range(80)}, 870, 480)
    assert len({size for _, size, *_ in cloud.layout_}) == 1
    assert len(cloud.layout_) == 80
