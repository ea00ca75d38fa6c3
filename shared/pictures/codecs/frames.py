"""The frame that stands for an animation: the first that is not of one colour."""

from typing import Any

from PIL import Image

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec

MOST_FRAMES = 32  # fades from black seldom take longer
TOLERANCE = 8  # of 255; lossy codecs do not keep a plain colour exactly
LONGER_PX = 64  # side of the copy that is judged
ANIMATED = frozenset({"GIF", "WEBP", "AVIF"})  # and PNG, see `loading`


def choose_frame(image: Image.Image) -> Image.Image:
    """The first of MOST_FRAMES frames that is not plain; the first of all if all are.

    Args:
        image: at its first frame, loaded.
    """
    if not is_animated(image) or not is_plain(image):
        return image
    with codec():
        first = image.copy()
    for number in range(1, MOST_FRAMES):
        try:
            with codec():
                image.seek(number)
                image.load()
        except BadInputError:  # the end of the animation, or of what is whole of it
            return first
        if not is_plain(image):
            return image
    return first


def is_animated(image: Image.Image) -> bool:
    """Whether there is a second frame."""
    try:
        with codec():
            return bool(getattr(image, "is_animated", False))
    except BadInputError:
        return False


def is_plain(image: Image.Image) -> bool:
    """Whether a picture is of one colour, or wholly transparent."""
    with codec():
        step = max(1, max(image.size) // LONGER_PX)
        small = image.reduce(step) if image.mode in {"L", "RGB", "RGBA"} else image
        bands: Any = small.convert("RGBA").getextrema()
    *colors, (least_opaque, most_opaque) = bands
    if most_opaque <= TOLERANCE:
        return True
    return bool(least_opaque > TOLERANCE and all(high - low <= TOLERANCE for low, high in colors))


def covered(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box that the first frame of a GIF covers of the canvas, px; None if all of it.

    Args:
        image: opened, but not loaded.
    """
    if image.format != "GIF" or not image.tile:  # type: ignore[attr-defined]
        return None
    box: tuple[int, int, int, int] = image.tile[0].extents  # type: ignore[attr-defined]
    return None if box == (0, 0, *image.size) else box


def uncover(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """The picture with everything outside the box transparent."""
    with codec():
        shown = Image.new("RGBA", image.size)
        shown.paste(image.convert("RGBA").crop(box), box)
    return shown
