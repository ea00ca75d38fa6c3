"""One contact sheet as a PNG: rows of pictures, each with its name, licence and author; at the left what they belong to."""

import io
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from shared.drawing.lettering import font_of, legible, shorten

TILE_PX = 196  # the square that a picture is fitted into
GAP_PX = 16
CAPTION_GAP_PX = 12  # under the last line of a caption
SCORE_PX, NOTE_PX, TEXT_PX = 8, 22, 19  # heights of a caption's lines
MARGIN_PX = 36
SIDE_COLUMN_PX = TILE_PX + 44
NAME_COLUMN_PX = 132
HEADER_PX = 88
FOOTER_PX = 44
ROW_GAP_PX = 18
NAME_PX = 76  # height of a row's name and what stands below it
MAX_COLUMNS = 10
MAX_TILES = 20  # of one row; more make a drawing that nobody can look through

PAPER, CARD, INK, GREY, LINE, ACCENT = "#ffffff", "#f4f5f7", "#1c2128", "#69727d", "#e3e6ea", "#2f6fdb"


class Tile(NamedTuple):
    """One picture of a sheet.

    Args:
        jpeg: its thumbnail; None leaves an empty tile.
        name: its file name, in any script.
        licence: as its source states it; empty if unknown, as the author.
        note: a short text under the picture, such as its rank.
        score: 0..1, shown as a bar and as a number; None for none.
        note_color: of the note.
    """

    jpeg: bytes | None
    name: str
    licence: str = ""
    author: str = ""
    note: str = ""
    score: float | None = None
    note_color: str = GREY

    @property
    def lines(self) -> list[str]:
        """What is written under it besides note and score."""
        return [text for text in (self.name, self.licence, self.author) if text]

    @property
    def caption_px(self) -> int:
        """Height of what stands under it."""
        has_note = bool(self.note) or self.score is not None
        score_px = SCORE_PX if self.score is not None else 0
        return 5 + score_px + NOTE_PX * has_note + TEXT_PX * len(self.lines) + CAPTION_GAP_PX


class Row(NamedTuple):
    """A named row of pictures, wrapped where it is longer than the sheet is wide.

    Args:
        caption: a few words under the name.
        empty: what stands there instead of no picture.
    """

    name: str
    tiles: Sequence[Tile]
    caption: str = ""
    empty: str = "nothing found"


class Sheet(NamedTuple):
    """What is drawn.

    Args:
        side: pictures in a column at the left that the rows are about, such as those of a query.
        most: pictures of a row that are drawn; of others it is said how many.
        columns: pictures side by side, at most.
    """

    title: str
    rows: Sequence[Row]
    side_title: str = ""
    side: Sequence[Tile] = ()
    footer: str = ""
    most: int = MAX_TILES
    columns: int = MAX_COLUMNS


class Layout(NamedTuple):
    """Where things are on a sheet, px.

    Args:
        left: where rows start.
        name_px: width of the column of the rows' names.
        columns: pictures side by side.
        most: pictures of a row.
        tile_px: height of a picture with what stands under it.
    """

    left: int
    name_px: int
    columns: int
    most: int
    tile_px: int


def draw_sheet(sheet: Sheet) -> bytes:
    """Draw a sheet as a PNG."""
    layout = layout_of(sheet)
    heights = [row_height(row, layout) for row in sheet.rows]
    width = layout.left + layout.name_px + layout.columns * (TILE_PX + GAP_PX) - GAP_PX + MARGIN_PX
    height = HEADER_PX + max(sum(heights), len(sheet.side) * layout.tile_px + ROW_GAP_PX) + FOOTER_PX
    image = Image.new("RGB", (width, height), PAPER)
    if has_side(sheet):
        draw_side(image, sheet, layout)
    pen = ImageDraw.Draw(image)
    write(pen, (layout.left, 34), sheet.title, 24, INK, width - MARGIN_PX - layout.left)
    top = HEADER_PX
    for row, row_px in zip(sheet.rows, heights, strict=True):
        draw_row(image, top, row, layout)
        top += row_px
    write(pen, (layout.left, height - 34), sheet.footer, 14, GREY, width - MARGIN_PX - layout.left)
    return to_png(image)


def has_side(sheet: Sheet) -> bool:
    """Whether there is a column at the left."""
    return bool(sheet.side or sheet.side_title)


def layout_of(sheet: Sheet) -> Layout:
    """Where things are; without names of rows or pictures at the left, their columns are left out."""
    columns = min(sheet.columns, max((len(row.tiles) for row in sheet.rows), default=0)) or 1
    left = MARGIN_PX + SIDE_COLUMN_PX + GAP_PX if has_side(sheet) else MARGIN_PX
    name_px = NAME_COLUMN_PX if any(row.name for row in sheet.rows) else 0
    least = 3 if not has_side(sheet) else 1  # so that a title has room
    tiles = [*sheet.side, *(tile for row in sheet.rows for tile in row.tiles[: sheet.most])]
    tile_px = TILE_PX + max((tile.caption_px for tile in tiles), default=0)
    return Layout(left, name_px, max(columns, least), sheet.most, tile_px)


def row_height(row: Row, layout: Layout) -> int:
    """Height in px of a row."""
    lines = -(-min(len(row.tiles), layout.most) // layout.columns)
    return max(NAME_PX, lines * layout.tile_px) + ROW_GAP_PX


def draw_side(image: Image.Image, sheet: Sheet, layout: Layout) -> None:
    """The pictures at the left, one under the other, on a tinted ground."""
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, MARGIN_PX + SIDE_COLUMN_PX - 8, image.height), fill=CARD)
    write(pen, (MARGIN_PX, 34), sheet.side_title, 24, INK, SIDE_COLUMN_PX - 16)
    for place, tile in enumerate(sheet.side):
        draw_tile(image, (MARGIN_PX, HEADER_PX + place * layout.tile_px), tile)


def draw_row(image: Image.Image, top: int, row: Row, layout: Layout) -> None:
    """A row's name and its pictures."""
    pen, left = ImageDraw.Draw(image), layout.left
    pen.line((left, top - ROW_GAP_PX // 2, image.width - MARGIN_PX, top - ROW_GAP_PX // 2), fill=LINE)
    width = NAME_COLUMN_PX - 8
    write(pen, (left, top + 4), row.name, 21, INK, width)
    write(pen, (left, top + 32), row.caption, 15, GREY, width)
    if len(row.tiles) > layout.most:
        write(pen, (left, top + 56), f"{len(row.tiles) - layout.most:,} more", 15, GREY, width)
    if not row.tiles:
        write(pen, (left + layout.name_px, top + 4), row.empty, 17, GREY)
    for place, tile in enumerate(row.tiles[: layout.most]):
        x = left + layout.name_px + place % layout.columns * (TILE_PX + GAP_PX)
        draw_tile(image, (x, top + place // layout.columns * layout.tile_px), tile)


def draw_tile(image: Image.Image, corner: tuple[int, int], tile: Tile) -> None:
    """A picture with what stands under it, as far as it is there: score, note, name, licence, author."""
    pen, (x, y) = ImageDraw.Draw(image), corner
    paste_picture(image, corner, tile.jpeg)
    y += TILE_PX + 5
    if tile.score is not None:
        draw_score(pen, (x, y), tile.score)
        y += SCORE_PX
    if tile.note or tile.score is not None:
        number_px = 60 if tile.score is not None else 0
        write(pen, (x, y), tile.note, 17, tile.note_color, TILE_PX - number_px)
        y += NOTE_PX
    for text in tile.lines:
        write(pen, (x, y), text, 14, INK if text is tile.name else GREY, TILE_PX)
        y += TEXT_PX


def draw_score(pen: ImageDraw.ImageDraw, corner: tuple[int, int], score: float) -> None:
    """A score as a bar, and as a number at the right under it."""
    x, y = corner
    filled = round(TILE_PX * min(1.0, max(0.0, score)))
    pen.rectangle((x, y, x + TILE_PX - 1, y + 2), fill=LINE)
    if filled:
        pen.rectangle((x, y, x + filled - 1, y + 2), fill=ACCENT)
    number = f"{score:.3f}"
    write(pen, (x + TILE_PX - round(font_of(17).getlength(number)), y + SCORE_PX), number, 17, INK)


def paste_picture(image: Image.Image, corner: tuple[int, int], jpeg: bytes | None) -> None:
    """The whole picture within a tile, in its own proportions, with slightly rounded corners."""
    box = (*corner, corner[0] + TILE_PX - 1, corner[1] + TILE_PX - 1)
    ImageDraw.Draw(image).rounded_rectangle(box, 6, fill="#eceef1")
    if jpeg is None:
        write(ImageDraw.Draw(image), (corner[0] + 12, corner[1] + 12), "no thumbnail", 14, GREY)
        return
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        picture = opened.convert("RGB")
    scale = TILE_PX / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    place = (corner[0] + (TILE_PX - size[0]) // 2, corner[1] + (TILE_PX - size[1]) // 2)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), 6, fill=255)
    image.paste(picture, place, mask)


def write(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, size: int, fill: str, width: int | None = None
) -> None:
    """Write one line of text, shortened in the middle where it is wider than `width` px."""
    font, text = legible(text, size)
    if width is not None:
        text = shorten(text, font, width)
    pen.text(corner, text, fill=fill, font=font)


def to_png(image: Image.Image) -> bytes:
    """The drawing as a file."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
