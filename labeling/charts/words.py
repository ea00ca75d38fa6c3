"""A cloud of words: the more pictures have a tag, the larger it is written."""

from typing import NamedTuple

from wordcloud import WordCloud

from shared.drawing import style
from shared.drawing.lettering import DEJAVU, font_folder, has_glyph, printable
from shared.drawing.style import BLUE, GREEN, PURPLE, VERMILION, Box, Drawing, Page

HEIGHT_IN, PX_PER_IN = 3.2, 150
MOST_PX, LEAST_PX, MARGIN_PX, SCALING, FILLED = 96, 14, 6, 0.4, 0.65
LONGEST_IN = 1.6  # of a word in the text's size
COLORS = (BLUE, VERMILION, GREEN, PURPLE, "#4a4f57")  # of style.PALETTE those that are dark enough for thin letters


class Cloud(NamedTuple):
    """Words with how often they occur, the most frequent first."""

    words: list[tuple[str, int]]

    def draw(self, title: str, note: str) -> Drawing:
        """See `Kind`."""
        page = Page(title, note, HEIGHT_IN)
        room = page.room
        frequencies: dict[str, int] = {}
        for word, number in self.words:
            frequencies.setdefault(style.fitted(word, LONGEST_IN), number)
        cloud = placed(frequencies, round(room.width * PX_PER_IN), round(room.height * PX_PER_IN))
        axes = page.axes(Box(room.left, room.top, room.width, room.height))
        axes.set(xlim=(0, cloud.width), ylim=(cloud.height, 0))
        axes.axis("off")
        font = style.measuring_font(style.TEXT_PT)
        for place, ((word, _), size_px, (top, left), _, _) in enumerate(cloud.layout_):
            color = COLORS[place % len(COLORS)]
            baseline = top - font.font_variant(size=size_px).getbbox(word, anchor="ls")[1]  # `top` is that of the ink
            size_pt = size_px * 72 / PX_PER_IN
            axes.text(left, baseline, word, fontsize=size_pt, color=color, ha="left", va="baseline")
        return page.render()


def placed(frequencies: dict[str, int], width: int, height: int) -> WordCloud:
    """The words at their places, px; all in sizes that only their frequencies decide.

    WordCloud makes smaller what finds no place, as it goes, so it is asked again with smaller words until all have one.
    """
    largest = MOST_PX
    while largest > LEAST_PX and filled(frequencies, largest) > FILLED * width * height:
        largest = max(LEAST_PX, largest * 9 // 10)
    while True:
        cloud = WordCloud(
            width=width,
            height=height,
            font_path=str(font_folder() / DEJAVU),  # a search for fonts may find any
            prefer_horizontal=1,
            relative_scaling=SCALING,
            min_font_size=LEAST_PX,
            max_font_size=largest,
            margin=MARGIN_PX,
            random_state=1,
        ).generate_from_frequencies(frequencies)
        sizes = [size for _, size, *_ in cloud.layout_]
        if largest <= LEAST_PX or sizes == wanted_sizes([one[0][1] for one in cloud.layout_], largest):
            return cloud
        largest = max(LEAST_PX, largest * 9 // 10)


def wanted_sizes(shares: list[float], largest: int) -> list[int]:
    """The size of each word, as WordCloud makes it of shares of the largest frequency where there is room."""
    sizes, size, last = [], largest, 1.0
    for share in shares:
        size = round((SCALING * (share / last) + 1 - SCALING) * size)
        sizes.append(size)
        last = share
    return sizes


def filled(frequencies: dict[str, int], largest: int) -> float:
    """The area that the words cover, square px."""
    most = max(frequencies.values())
    sizes = wanted_sizes([number / most for number in frequencies.values()], largest)
    widths = (style.width_in(word, 10) * 72 / 10 for word in frequencies)  # in units of the size
    return sum(wide * size**2 for wide, size in zip(widths, sizes, strict=True))


def is_word(text: str) -> bool:
    """Whether the cloud's font has every letter of a text."""
    font = style.measuring_font(style.TEXT_PT)
    return bool(text.strip()) and all(has_glyph(font, letter) for letter in printable(text))
