"""Text in drawings: a font for any script, letters that no font has replaced, long texts shortened."""

import importlib.util
import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

#: Fonts of the system that know letters which DejaVu lacks, tried by name where a text needs one.
WIDER_FONTS = (
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "Arial.ttf",
    "msyh.ttc",
)
DEJAVU = "DejaVuSans.ttf"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_folder() -> Path:
    """The folder of the fonts that matplotlib brings along, found without importing it."""
    found = importlib.util.find_spec("matplotlib")
    return Path(str(found.origin)).parent / "mpl-data/fonts/ttf" if found else Path()


def shorten(text: str, font: Font, width: int) -> str:
    """The text, or its beginning and end around an ellipsis so that it fits `width` px."""
    kept = len(text)
    shortened = text
    while font.getlength(shortened) > width and kept > 2:
        kept -= 1
        shortened = text[: kept - kept // 2] + ELLIPSIS + text[len(text) - kept // 2 :]
    return shortened


def legible(text: str, size: int) -> tuple[Font, str]:
    """A font for a text, and the text as that font can show it.

    Pillow's own font has little more than ASCII. A letter that no font has loses its accents, or becomes a
    question mark.
    """
    text = printable(text)
    fonts = [font_of(size), *wider_fonts(size)] if not text.isascii() else [font_of(size)]
    best = min(fonts, key=lambda font: sum(not has_glyph(font, letter) for letter in text))
    return best, "".join(plainer(best, letter) for letter in text)


def printable(text: str) -> str:
    """The text on one line, letters composed, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))


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
    """DejaVu, and those of WIDER_FONTS that this machine has."""
    names = (str(font_folder() / DEJAVU), *WIDER_FONTS)
    return tuple(font for name in names if (font := found_font(name, size)) is not None)


def found_font(name: str, size: int) -> Font | None:
    """A font by its path or by its file name among the system's, None if there is none."""
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def plain_text(text: str) -> str:
    """A text on one line with question marks for letters that DejaVu lacks."""
    font = found_font(str(font_folder() / DEJAVU), 20) or font_of(20)
    return "".join(letter if has_glyph(font, letter) else "?" for letter in printable(text))
