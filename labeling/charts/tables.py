"""Charts of people in rows: a matrix of shares, and groups with what is typical of each."""

from typing import NamedTuple

from matplotlib.colors import LinearSegmentedColormap

from labeling.charts.colors import Swatch
from shared.drawing import style
from shared.drawing.style import BLUE, GREY, INK, Box, Drawing, Page

CELL_IN, NAME_IN, MOST_HEAD_IN = 0.32, 1.4, 1.1
GROUP_IN, BAR_IN = 0.62, 1.5


class Matrix(NamedTuple):
    """Shares of rows in columns as shades, with their percents.

    Args:
        groups: number of columns of each group of columns that belong together.
        shares: of each row in each column, 0..1.
    """

    rows: list[str]
    columns: list[str]
    groups: list[int]
    shares: list[list[float]]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        heads = [style.fitted(one, MOST_HEAD_IN, 8) for one in self.columns]
        head_in = max(style.width_in(one, 8) for one in heads) + 0.1
        page = Page(title, note, head_in + len(self.rows) * CELL_IN)
        room, canvas = page.room, page.canvas
        shade = LinearSegmentedColormap.from_list("share", ["#f4f5f7", BLUE])
        gap, wide = 0.12, (room.width - NAME_IN - 0.12 * (len(self.groups) - 1)) / len(self.columns)
        lefts = [
            room.left + NAME_IN + place * wide + gap * group
            for place, group in enumerate(group for group, size in enumerate(self.groups) for _ in range(size))
        ]
        for left, head in zip(lefts, heads, strict=True):
            page.text(
                left + wide / 2, room.top + head_in - 0.06, head, 8, ha="center", va="bottom", rotation="vertical"
            )
        for place, (row, shares) in enumerate(zip(self.rows, self.shares, strict=True)):
            top = room.top + head_in + place * CELL_IN
            page.text(room.left, top + CELL_IN / 2, style.fitted(row, NAME_IN - 0.1), va="center")
            for left, share in zip(lefts, shares, strict=True):
                red, green, blue = (round(255 * float(part)) for part in shade(share)[:3])
                color = style.to_hex((red, green, blue))
                canvas.add_patch(
                    style.rectangle(Box(left + 0.01, top + 0.01, wide - 0.02, CELL_IN - 0.02), color, color)
                )
                ink = style.contrast_color((red, green, blue)) if share else GREY
                text = f"{share * 100:.0f}" if share else "·"
                page.text(left + wide / 2, top + CELL_IN / 2, text, 7.5, ha="center", va="center", color=ink)
        return page.render()


class Groups(NamedTuple):
    """Groups of people: how many, and what is typical of them.

    Args:
        rows: the group's name, number of people, typical colours, and words.
    """

    rows: list[tuple[str, int, list[Swatch], str]]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, len(self.rows) * GROUP_IN)
        room, canvas = page.room, page.canvas
        most = max(people for _, people, _, _ in self.rows)
        for place, (name, people, swatches, words) in enumerate(self.rows):
            top = room.top + place * GROUP_IN
            page.text(room.left, top + 0.02, style.fitted(name, 1.2), color=INK)
            canvas.add_patch(style.rectangle(Box(room.left, top + 0.24, BAR_IN * people / most, 0.16), BLUE))
            counted = f"{people:,} {'people' if people != 1 else 'person'}"
            page.text(room.left + BAR_IN + 0.12, top + 0.32, counted, va="center", color=GREY)
            left = room.left + BAR_IN + 1.6
            for number, one in enumerate(swatches):
                box = Box(left + number * 0.3, top + 0.02, 0.28, 0.2)
                canvas.add_patch(style.rectangle(box, style.to_hex(one.color)))
            page.text(
                left, top + 0.32, style.fitted(words, room.left + room.width - left, 8), 8, va="center", color=GREY
            )
        return page.render()
