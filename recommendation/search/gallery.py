"""One picture of a query and its answers, so that a person can judge at a glance."""

import io
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from shared.pictures.measures import MEASURES

TILE_PX = 196  # the square that a picture is fitted into
GAP_PX = 16
CAPTION_PX = 62
MARGIN_PX = 36
QUERY_COLUMN_PX = TILE_PX + 44
NAME_COLUMN_PX = 132
HEADER_PX = 88
FOOTER_PX = 44
ROW_GAP_PX = 18
NAME_PX = 76  # height of a measure's name and what stands below it
MAX_COLUMNS = 10
MAX_ANSWERS = 20  # of one measure; more make a drawing that nobody can look through

PAPER, CARD, INK, GREY, LINE, ACCENT = "#ffffff", "#f4f5f7", "#1c2128", "#69727d", "#e3e6ea", "#2f6fdb"

#: What a measure's row is about, for those who do not know its name.
CAPTIONS = {"default": "all together", **{name: measure.caption for name, measure in MEASURES.items()}}

#: Fonts that know more letters than Pillow's own, tried by name where a file name needs one.
WIDER_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "Arial.ttf",
    "msyh.ttc",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Row(NamedTuple):
    """The answers of one measure, best first, and how many more there were."""

    measure: str
    items: Sequence[Mapping[str, Any]]
    n_left_out: int


def draw_gallery(
    answer: Mapping[str, Any], thumbnails: Mapping[str, bytes], query_thumbnails: Sequence[bytes]
) -> bytes:
    """Draw an answer as a PNG: the query pictures on the left, one row of answers for each measure.

    Args:
        answer: the object that a query is answered with.
        thumbnails: JPEG by image_id; a picture that is not among them gets an empty tile.
        query_thumbnails: JPEG of each query picture, in the answer's order.
    """
    rows = rows_of(answer["results"])
    columns = min(MAX_COLUMNS, max((len(row.items) for row in rows), default=0)) or 1
    heights = [row_height(row, columns) for row in rows]
    left = MARGIN_PX + QUERY_COLUMN_PX + GAP_PX
    width = left + NAME_COLUMN_PX + columns * (TILE_PX + GAP_PX) - GAP_PX + MARGIN_PX
    height = HEADER_PX + max(sum(heights), query_height(len(query_thumbnails))) + FOOTER_PX
    sheet = Image.new("RGB", (width, height), PAPER)
    draw_queries(sheet, answer["queries"], query_thumbnails)
    top = HEADER_PX
    for row, row_px in zip(rows, heights, strict=True):
        draw_row(sheet, (left, top), row, thumbnails, columns)
        top += row_px
    draw_footer(sheet, answer)
    return to_png(sheet)


def rows_of(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Row]:
    """A row for each measure, the default one first."""
    names = sorted(results, key=lambda name: name != "default")  # stable: the others keep their order
    return [Row(name, results[name][:MAX_ANSWERS], len(results[name]) - MAX_ANSWERS) for name in names]


def row_height(row: Row, columns: int) -> int:
    """Height in px of a row, wrapped after so many columns."""
    lines = -(-len(row.items) // columns)
    return max(NAME_PX, lines * (TILE_PX + CAPTION_PX)) + ROW_GAP_PX


def query_height(n_queries: int) -> int:
    """Height in px of the column of query pictures."""
    return n_queries * (TILE_PX + CAPTION_PX) + ROW_GAP_PX


def draw_queries(sheet: Image.Image, queries: Sequence[Mapping[str, Any]], jpegs: Sequence[bytes]) -> None:
    """The query pictures, one under the other, on a tinted ground."""
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, MARGIN_PX + QUERY_COLUMN_PX - 8, sheet.height), fill=CARD)
    write(pen, (MARGIN_PX, 34), "Query" if len(jpegs) == 1 else f"Query of {len(jpegs)} pictures", 24, INK)
    write(pen, (MARGIN_PX + QUERY_COLUMN_PX + GAP_PX, 34), "Most similar pictures", 24, INK)
    for index, (query, jpeg) in enumerate(zip(queries, jpegs, strict=True)):
        top = HEADER_PX + index * (TILE_PX + CAPTION_PX)
        paste_picture(sheet, (MARGIN_PX, top), jpeg)
        write(pen, (MARGIN_PX, top + TILE_PX + 8), query["filename"], 15, INK, TILE_PX)


def draw_row(
    sheet: Image.Image, corner: tuple[int, int], row: Row, thumbnails: Mapping[str, bytes], columns: int
) -> None:
    """A measure's name and its answers."""
    pen, (left, top) = ImageDraw.Draw(sheet), corner
    pen.line((left, top - ROW_GAP_PX // 2, sheet.width - MARGIN_PX, top - ROW_GAP_PX // 2), fill=LINE)
    write(pen, (left, top + 4), row.measure, 21, INK, NAME_COLUMN_PX - 8)
    write(pen, (left, top + 32), CAPTIONS.get(row.measure, ""), 15, GREY, NAME_COLUMN_PX - 8)
    if row.n_left_out > 0:
        write(pen, (left, top + 56), f"{row.n_left_out} more", 15, GREY, NAME_COLUMN_PX - 8)
    if not row.items:
        write(pen, (left + NAME_COLUMN_PX, top + 4), "nothing found", 17, GREY)
    for place, item in enumerate(row.items):
        x = left + NAME_COLUMN_PX + place % columns * (TILE_PX + GAP_PX)
        y = top + place // columns * (TILE_PX + CAPTION_PX)
        draw_answer(sheet, (x, y), item, thumbnails.get(item["image_id"]))


def draw_answer(sheet: Image.Image, corner: tuple[int, int], item: Mapping[str, Any], jpeg: bytes | None) -> None:
    """One answer: the picture, its score as a bar and as a number, its rank and file name."""
    pen, (x, y) = ImageDraw.Draw(sheet), corner
    paste_picture(sheet, corner, jpeg)
    filled = round(TILE_PX * min(1.0, max(0.0, item["score"])))
    pen.rectangle((x, y + TILE_PX + 5, x + TILE_PX - 1, y + TILE_PX + 7), fill=LINE)
    if filled:
        pen.rectangle((x, y + TILE_PX + 5, x + filled - 1, y + TILE_PX + 7), fill=ACCENT)
    write(pen, (x, y + TILE_PX + 13), f"{item['rank']}.", 17, GREY)
    score = f"{item['score']:.3f}"
    write(pen, (x + TILE_PX - round(font_of(17).getlength(score)), y + TILE_PX + 13), score, 17, INK)
    write(pen, (x, y + TILE_PX + 35), item["filename"], 14, GREY, TILE_PX)


def draw_footer(sheet: Image.Image, answer: Mapping[str, Any]) -> None:
    """Which model and index answered, and how fast."""
    text = f"model {answer['model']}   index {answer['generation']}   {answer['seconds'] * 1000:.0f} ms"
    left = MARGIN_PX + QUERY_COLUMN_PX + GAP_PX
    write(ImageDraw.Draw(sheet), (left, sheet.height - 34), text, 14, GREY, sheet.width - MARGIN_PX - left)


def paste_picture(sheet: Image.Image, corner: tuple[int, int], jpeg: bytes | None) -> None:
    """The whole picture within a tile, in its own proportions, with slightly rounded corners."""
    box = (*corner, corner[0] + TILE_PX - 1, corner[1] + TILE_PX - 1)
    ImageDraw.Draw(sheet).rounded_rectangle(box, 6, fill="#eceef1")
    if jpeg is None:
        write(ImageDraw.Draw(sheet), (corner[0] + 12, corner[1] + 12), "no thumbnail", 14, GREY)
        return
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        picture = opened.convert("RGB")
    scale = TILE_PX / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    place = (corner[0] + (TILE_PX - size[0]) // 2, corner[1] + (TILE_PX - size[1]) // 2)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), 6, fill=255)
    sheet.paste(picture, place, mask)


def write(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, size: int, fill: str, width: int | None = None
) -> None:
    """Write one line of text, shortened in the middle where it is wider than `width` px."""
    font, text = legible(text, size)
    if width is not None:
        text = shorten(text, font, width)
    pen.text(corner, text, fill=fill, font=font)


def shorten(text: str, font: Font, width: int) -> str:
    """The text, or its beginning and end around an ellipsis so that it fits `width` px."""
    kept = len(text)
    shortened = text
    while font.getlength(shortened) > width and kept > 2:
        kept -= 1
        shortened = text[: kept - kept // 2] + "\N{HORIZONTAL ELLIPSIS}" + text[len(text) - kept // 2 :]
    return shortened


def legible(text: str, size: int) -> tuple[Font, str]:
    """A font for a text, and the text as that font can show it.

    Pillow's own font has little more than ASCII. A letter that no font has loses its accents, or becomes a
    question mark.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    fonts = [font_of(size), *wider_fonts(size)] if not text.isascii() else [font_of(size)]
    best = min(fonts, key=lambda font: sum(not has_glyph(font, letter) for letter in text))
    return best, "".join(plainer(best, letter) for letter in text)


def plainer(font: Font, letter: str) -> str:
    """The letter, or the nearest thing that the font can show."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return next((form for form in (letter, bare) if form and all(has_glyph(font, part) for part in form)), "?")


@lru_cache(maxsize=4096)
def has_glyph(font: Font, letter: str) -> bool:
    """Whether a font can draw a letter rather than the box that stands for a missing one."""
    return letter.isascii() or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


@lru_cache
def font_of(size: int) -> Font:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


@lru_cache
def wider_fonts(size: int) -> tuple[Font, ...]:
    """Those of WIDER_FONTS that this machine has."""
    return tuple(font for name in WIDER_FONTS if (font := found_font(name, size)) is not None)


def found_font(name: str, size: int) -> Font | None:
    """A font of the system, None if it has none of that name."""
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def to_png(sheet: Image.Image) -> bytes:
    """The drawing as a file."""
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
