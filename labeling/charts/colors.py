"""Charts of colours: thumbnails with their palettes, and colours of people side by side, all in their own colours."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.drawing import style
from shared.drawing.style import GREY, WIDTH_IN, Box, Drawing, Page
from shared.pictures import pixels

COLUMNS, TILE_IN, STRIP_IN, GAP_IN = 4, 1.3, 0.24, 0.18
BELOW_IN = 0.64  # for strip, name and credit
ROW_IN, NAME_IN = 0.5, 1.5

Rgb = list[int]


class Palette(NamedTuple):
    """A picture with its predominant colours.

    Args:
        jpeg: its thumbnail.
        credit: licence and author, empty where they are unknown.
        colors: sRGB, the largest share first.
    """

    jpeg: bytes
    filename: str
    credit: str
    colors: list[Rgb]
    shares: list[float]


class Palettes(NamedTuple):
    """Pictures in a grid, each with its palette as a strip below it."""

    pictures: list[Palette]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        columns = min(COLUMNS, len(self.pictures))
        images = [pixels.open_thumbnail(one.jpeg) for one in self.pictures]
        rows = [range(start, min(start + columns, len(images))) for start in range(0, len(images), columns)]
        heights = [max(size_in(images[place])[1] for place in row) for row in rows]
        page = Page(title, note, sum(heights) + len(rows) * BELOW_IN)
        top = page.room.top
        for row, height in zip(rows, heights, strict=True):
            for column, place in enumerate(row):
                box = Box(page.room.left + column * (TILE_IN + GAP_IN), top, TILE_IN, height)
                draw_palette(page, self.pictures[place], images[place], box)
            top += height + BELOW_IN
        return page.render()


def size_in(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """Width and height of a thumbnail that is fitted into a square, inches."""
    scale = TILE_IN / max(rgb.shape[:2])
    return rgb.shape[1] * scale, rgb.shape[0] * scale


def draw_palette(page: Page, picture: Palette, rgb: NDArray[np.uint8], box: Box) -> None:
    """A thumbnail at the bottom of a box; below it its palette, its name and its credit."""
    width, height = size_in(rgb)
    bottom, left = box.top + box.height, box.left
    axes = page.axes(Box(left + (TILE_IN - width) / 2, bottom - height, width, height))
    axes.imshow(rgb, aspect="auto", interpolation="antialiased")
    axes.axis("off")
    start, whole = left, sum(picture.shares)
    for color, share in zip(picture.colors, picture.shares, strict=True):
        wide = TILE_IN * share / whole
        page.canvas.add_patch(style.rectangle(Box(start, bottom + 0.05, wide, STRIP_IN - 0.05), style.to_hex(color)))
        start += wide
    below = bottom + STRIP_IN + 0.03
    page.text(left, below, style.fitted(picture.filename, TILE_IN, 7), 7)
    page.text(left, below + 0.13, style.fitted(picture.credit, TILE_IN, 6.5), 6.5, color=GREY)


class Swatch(NamedTuple):
    """A named colour and its share."""

    name: str
    color: Rgb
    share: float


class Swatches(NamedTuple):
    """A row of named colours for each person, as wide as their shares.

    Args:
        rows: the person's name, what else is said of the person, and the colours.
    """

    rows: list[tuple[str, str, list[Swatch]]]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, len(self.rows) * ROW_IN)
        canvas, room = page.canvas, page.room
        for place, (name, detail, swatches) in enumerate(self.rows):
            top = room.top + place * ROW_IN
            page.text(room.left, top + 0.03, style.fitted(name, NAME_IN))
            page.text(room.left, top + 0.2, style.fitted(detail, NAME_IN, 7), 7, color=GREY)
            left, whole = room.left + NAME_IN + 0.15, sum(one.share for one in swatches) or 1
            room_in = WIDTH_IN - 2 * room.left - NAME_IN - 0.15
            for one in swatches:
                wide = room_in * one.share / whole
                box = Box(left, top, wide, ROW_IN - 0.08)
                canvas.add_patch(style.rectangle(box, style.to_hex(one.color)))
                write_inside(page, box, one)
                left += wide
        return page.render()


def write_inside(page: Page, box: Box, one: Swatch) -> None:
    """The name of a colour on it, on two lines if it has two words, where there is room."""
    lines = one.name.split(" ", 1)
    if max(style.width_in(line, 7) for line in lines) > box.width - 0.06:
        return
    for number, line in enumerate(lines):
        y = box.top + box.height / 2 + (number - (len(lines) - 1) / 2) * 0.13
        color = style.contrast_color(one.color)
        page.text(box.left + box.width / 2, y, line, 7, ha="center", va="center", color=color)
