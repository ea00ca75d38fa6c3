"""The one style of all charts: figures of one look, colours, text that fits, and bytes that are the same each time.

The only module that imports matplotlib by itself; drawings get axes from here. Layout is computed, not searched for: the
width of a text is measured with the font that draws it, so a chart costs a tenth of a second and nothing overlaps.
"""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import ImageFont

from shared.drawing import lettering

DPI = 150
WIDTH_IN = 6.4
MARGIN_IN = 0.3
TITLE_PT, NOTE_PT, TEXT_PT = 13.0, 9.0, 9.0
LINE_IN = {TITLE_PT: 0.25, NOTE_PT: 0.17}
MOST_TITLE_LINES = 3

INK, GREY, LINE, PAPER = "#1c2128", "#5b6470", "#e3e6ea", "#ffffff"
BLUE, ORANGE, GREEN, YELLOW, SKY, VERMILION, PURPLE = (
    *("#0072b2", "#e69f00", "#009e73", "#f0e442", "#56b4e9"),
    *("#d55e00", "#cc79a7"),
)
#: Colours that people with any kind of colour blindness can tell apart.
#: Source: Okabe and Ito 2008, "Color Universal Design", https://jfly.uni-koeln.de/color/.
PALETTE = (BLUE, ORANGE, GREEN, SKY, VERMILION, PURPLE, YELLOW, GREY)

PARAMETERS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_PT,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": GREY,
    "axes.labelsize": NOTE_PT,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": INK,
    "svg.fonttype": "path",
    "svg.hashsalt": "imagerec",
    "text.parse_math": False,  # a dollar in a tag is a dollar
    "figure.facecolor": PAPER,
}


class Drawing(NamedTuple):
    """A chart as files."""

    png: bytes
    svg: bytes
    width_px: int
    height_px: int


class Box(NamedTuple):
    """A rectangle on a figure, inches from the left and from the top."""

    left: float
    top: float
    width: float
    height: float


@contextmanager
def styled(text: str = "") -> Iterator[None]:
    """Everything drawn in the block has the style.

    Args:
        text: all that will be written, if letters may be among it that DejaVu lacks; other fonts cost time.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a cache folder that cannot be written costs no word
    first = families()[:1] if all(map(is_in_first, set(text))) else families()
    with mpl.rc_context({**PARAMETERS, "font.family": first}):
        yield


@lru_cache(maxsize=1)
def families() -> list[str]:
    """DejaVu Sans, which matplotlib brings along, and wider fonts that this machine has, for letters that it lacks."""
    known = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(one for one in ("Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP") if one in known)]


def is_in_first(letter: str) -> bool:
    """Whether DejaVu has a letter."""
    return bool(font_manager.get_font(font_manager.findfont(families()[0])).get_char_index(ord(letter)))


@lru_cache(maxsize=4096)
def is_drawable(letter: str) -> bool:
    """Whether one of the fonts has a letter."""
    fonts = (font_manager.get_font(font_manager.findfont(family)) for family in families())
    return any(font.get_char_index(ord(letter)) for font in fonts)


def drawable(text: str) -> str:
    """A text on one line with question marks for letters that no font has."""
    kept = (letter for letter in lettering.printable(text) if letter not in "\ufe0e\ufe0f\u200d")
    return "".join(letter if is_drawable(letter) else "?" for letter in kept).strip()


@lru_cache
def measuring_font(size_pt: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans in the size that a text is drawn in, ten times as large: widths are rounded to whole pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else lettering.DEJAVU
    return ImageFont.truetype(str(lettering.font_folder() / name), round(size_pt * 10))


def width_in(text: str, size_pt: float = TEXT_PT, *, bold: bool = False) -> float:
    """Width of a text, inches."""
    return float(measuring_font(size_pt, bold=bold).getlength(text)) / 720


def fitted(text: str, most_in: float, size_pt: float = TEXT_PT) -> str:
    """A text that can be drawn, shortened in its middle to at most so many inches."""
    return lettering.shorten(drawable(text), measuring_font(size_pt), round(most_in * 720))


def wrapped(text: str, most_in: float, size_pt: float) -> list[str]:
    """A text in bold lines that fit, at most MOST_TITLE_LINES; words that are too long are shortened."""
    lines: list[str] = []
    for word in drawable(text).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_in(joined, size_pt, bold=True) <= most_in:
            lines[-1] = joined
        else:
            lines.append(lettering.shorten(word, measuring_font(size_pt, bold=True), round(most_in * 720)))
    return lines[:MOST_TITLE_LINES]


class Page:
    """A figure with title and note at its top, and room of a given height below them.

    Args:
        height_in: of the room for the chart.
    """

    def __init__(self, title: str, note: str, height_in: float) -> None:
        lines = wrapped(title, WIDTH_IN - 2 * MARGIN_IN, TITLE_PT)
        self.top = MARGIN_IN + len(lines) * LINE_IN[TITLE_PT] + LINE_IN[NOTE_PT] + 0.12
        self.height = self.top + height_in + MARGIN_IN * 0.7
        self.figure = Figure(figsize=(WIDTH_IN, self.height), dpi=DPI)
        FigureCanvasAgg(self.figure)
        for number, line in enumerate(lines):
            self.text(MARGIN_IN, MARGIN_IN + number * LINE_IN[TITLE_PT], line, TITLE_PT, weight="bold")
        below = MARGIN_IN + len(lines) * LINE_IN[TITLE_PT]
        self.text(MARGIN_IN, below, fitted(note, WIDTH_IN - 2 * MARGIN_IN, NOTE_PT), NOTE_PT, color=GREY)
        self.room = Box(MARGIN_IN, self.top, WIDTH_IN - 2 * MARGIN_IN, height_in)

    def text(self, left: float, top: float, text: str, size_pt: float = TEXT_PT, **how: str) -> None:
        """Write a line; its upper left corner, or what `ha` and `va` say, in inches from the figure's."""
        how = {"ha": "left", "va": "top", **how}
        self.figure.text(left / WIDTH_IN, 1 - top / self.height, text, fontsize=size_pt, **how)  # type: ignore[arg-type]

    def axes(self, box: Box) -> Axes:
        """Axes that fill a box."""
        bottom = 1 - (box.top + box.height) / self.height
        return self.figure.add_axes(
            (box.left / WIDTH_IN, bottom, box.width / WIDTH_IN, box.height / self.height)  # share of the figure
        )

    @cached_property
    def canvas(self) -> Axes:
        """Axes over the whole figure in inches from its upper left corner, for rectangles."""
        axes = self.axes(Box(0, 0, WIDTH_IN, self.height))
        axes.set(xlim=(0, WIDTH_IN), ylim=(self.height, 0))
        axes.axis("off")
        return axes

    def render(self) -> Drawing:
        """The figure as files, the same bytes each time."""
        png, svg = io.BytesIO(), io.BytesIO()
        self.figure.savefig(png, format="png", metadata={"Software": None})
        self.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        width_px, height_px = self.figure.canvas.get_width_height()
        return Drawing(png.getvalue(), svg.getvalue(), width_px, height_px)


def bare(axes: Axes, *, grid: str) -> None:
    """Leave of axes one light grid and the labels."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.tick_params(axis="x", pad=6)  # below the label of the lowest tick of the other axis
    axes.grid(visible=True, axis=grid, color=LINE, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def brief(number: float) -> str:
    """A number with at most six digits: from a million on in millions."""
    return f"{number:,.0f}" if number < 1e6 else f"{number / 1e6:,.1f} M"


def whole_ticks(axes: Axes, name: Literal["x", "y"], most: int) -> None:
    """Few ticks, at whole numbers only, up to the largest number."""
    axes.locator_params(axis=name, nbins=5, integer=True, min_n_ticks=1)
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: brief(value) if value <= most else "")


def contrast_color(rgb: Sequence[int]) -> str:
    """Black or white, whichever is easier to read on a colour.

    Source: WCAG 2.2, "relative luminance"; equal contrast at 0.179.
    """
    linear = [one / 255 / 12.92 if one <= 10 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in rgb]
    return INK if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 else PAPER


def to_hex(rgb: Sequence[int]) -> str:
    """A colour as CSS and matplotlib write it."""
    return "#" + "".join(f"{int(one):02x}" for one in rgb)


def is_light(color: str) -> bool:
    """Whether a colour, as `to_hex` writes it, can hardly be told from paper."""
    return min(int(color[place : place + 2], 16) for place in (1, 3, 5)) > 225


def rectangle(box: Box, color: str, edge: str = "") -> Rectangle:
    """A filled rectangle for `Page.canvas`; a light one has an outline, if no other is asked for."""
    edge = edge or (GREY if is_light(color) else color)
    return Rectangle((box.left, box.top), box.width, box.height, facecolor=color, edgecolor=edge, linewidth=0.5)
