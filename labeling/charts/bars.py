"""Charts of counts: bars side by side, columns of an order, and a donut of shares."""

from typing import NamedTuple

from shared.drawing import style
from shared.drawing.style import BLUE, GREY, INK, PALETTE, PAPER, Box, Drawing, Page

BAR_IN, MOST_LABEL_IN = 0.3, 2.0
COLUMNS_IN, DONUT_IN = 2.5, 2.6
MOST_NUMBERED = 13  # columns that have room for their number
LINE_IN = 0.34


class Bars(NamedTuple):
    """One horizontal bar a value, the largest first.

    Args:
        labels: names of the values.
        numbers: how many have each.
        total: how many there are; shares are of it; 0 for none.
        colors: of each bar; one for all.
        axis: what is counted.
    """

    labels: list[str]
    numbers: list[int]
    total: int
    colors: list[str]
    axis: str

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, len(self.labels) * BAR_IN + 0.5)
        labels = [style.fitted(one, MOST_LABEL_IN) for one in self.labels]
        counts = [counted(number, self.total) for number in self.numbers]
        left = max(map(style.width_in, labels)) + 0.15
        right = max(map(style.width_in, counts)) + 0.12
        room = page.room
        axes = page.axes(Box(room.left + left, room.top, room.width - left - right, len(labels) * BAR_IN))
        places = range(len(labels))
        axes.barh(places, self.numbers, color=self.colors, height=0.72, edgecolor=edges(self.colors), linewidth=0.6)
        axes.set(ylim=(len(labels) - 0.5, -0.5), xlim=(0, max(self.numbers)), xlabel=self.axis)
        axes.set_yticks(list(places), labels=labels)
        style.whole_ticks(axes, "x", max(self.numbers))
        for place, (number, count) in enumerate(zip(self.numbers, counts, strict=True)):
            axes.annotate(
                count, (number, place), (4, 0), textcoords="offset points", va="center", annotation_clip=False
            )
        style.bare(axes, grid="x")
        return page.render()


class Columns(NamedTuple):
    """One column a value, in the order of the values.

    Args:
        labels: of the values; an empty one is not written.
        colors: of each column.
        axes: what the values are, and what is counted.
    """

    labels: list[str]
    numbers: list[int]
    colors: list[str]
    axes: tuple[str, str]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, COLUMNS_IN + 0.5)
        room, most = page.room, max(self.numbers)
        left = style.width_in(style.brief(most)) + 0.42
        axes = page.axes(Box(room.left + left, room.top + 0.15, room.width - left, COLUMNS_IN - 0.15))
        places = range(len(self.labels))
        axes.bar(places, self.numbers, color=self.colors, width=0.86, edgecolor=edges(self.colors), linewidth=0.6)
        axes.set(xlim=(-0.6, len(self.labels) - 0.4), ylim=(0, most), xlabel=self.axes[0], ylabel=self.axes[1])
        shown = [place for place in places if self.labels[place]]
        labels = [style.drawable(self.labels[place]) for place in shown]
        pitch = (room.width - left) / (len(self.labels) + 0.2) * (shown[1] - shown[0] if len(shown) > 1 else 1)
        size_pt = style.TEXT_PT * min(1.0, 0.9 * pitch / max(map(style.width_in, labels)))
        axes.set_xticks(shown, labels=labels, fontsize=size_pt)
        style.whole_ticks(axes, "y", most)
        for place in places if len(places) <= MOST_NUMBERED else [self.numbers.index(most)]:
            axes.annotate(
                style.brief(self.numbers[place]),
                (place, self.numbers[place]),
                (0, 2),
                textcoords="offset points",
                ha="center",
                annotation_clip=False,
            )
        style.bare(axes, grid="y")
        return page.render()


class Donut(NamedTuple):
    """Shares of a whole as a ring, listed beside it; small ones are one segment.

    Args:
        total: in the middle, with its unit.
    """

    labels: list[str]
    numbers: list[int]
    total: str

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, DONUT_IN)
        room, whole = page.room, sum(self.numbers)
        colors = [PALETTE[place % len(PALETTE)] for place in range(len(self.labels))]
        axes = page.axes(Box(room.left, room.top, DONUT_IN, DONUT_IN))
        axes.pie(
            self.numbers,
            colors=colors,
            startangle=90,
            counterclock=False,
            wedgeprops={"width": 0.36, "edgecolor": PAPER, "linewidth": 1.5},
            radius=1.2,
        )
        axes.text(0, 0, self.total, ha="center", va="center", fontsize=11, color=INK)
        canvas = page.canvas
        left, top = room.left + DONUT_IN + 0.35, room.top + (DONUT_IN - len(self.labels) * LINE_IN) / 2
        for place, (label, number) in enumerate(zip(self.labels, self.numbers, strict=True)):
            y = top + place * LINE_IN
            canvas.add_patch(style.rectangle(Box(left, y, 0.2, 0.2), colors[place]))
            page.text(left + 0.3, y + 0.1, style.fitted(label, 1.3), va="center")
            page.text(left + 2.75, y + 0.1, counted(number, whole), va="center", ha="right", color=GREY)
        return page.render()


def counted(number: int, total: int) -> str:
    """A number, and its share of a total if there is one."""
    return f"{style.brief(number)}  {percent(number / total)}" if total else style.brief(number)


def percent(share: float) -> str:
    """A share, to whole percents where that says enough."""
    if 0 < share < 0.01:
        return "<1 %"
    return f"{share:.0%}".replace("%", " %") if share <= 0.99 or share == 1 else ">99 %"


def edges(colors: list[str]) -> list[str]:
    """An outline for bars that are nearly as light as the paper."""
    return [GREY if style.is_light(color) else color for color in colors]


def plain(n: int) -> list[str]:
    """One colour for all."""
    return [BLUE] * n
