"""Pictures whose data ends too early: which share of the rows is missing, and what is done about it.

One rule for all formats: what can be decoded is kept if at most MOST_MISSING of the rows is missing; more is
`truncated`. PNG and JPEG are measured in `png` and `jpeg`. The others are decoded twice, onto black and onto white:
the pixels that differ are those that no data was there for.
"""

from collections.abc import Callable

from PIL import Image, ImageFile

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec

MOST_MISSING = 0.1
#: Formats that Pillow decodes from the top to where the data ends.
MEASURED = frozenset({"GIF", "BMP", "TIFF", "PSD"})


def check_missing(share: float) -> None:
    """Refuse a picture with too little left.

    Raises:
        BadInputError: truncated.
    """
    if share > MOST_MISSING:
        raise BadInputError("truncated", f"{share:.0%} of the rows are missing, expected at most {MOST_MISSING:.0%}")


def load_rest(open_again: Callable[[], Image.Image], error: BadInputError) -> Image.Image:
    """What is there of a picture that could not be decoded to its end.

    Args:
        error: what was wrong.

    Raises:
        BadInputError: truncated, or `error` if it is broken in another way.
    """
    import numpy as np  # takes longer to load than most pictures, and few need it

    try:
        on_black, on_white = (load_onto(open_again(), fill) for fill in (0, 255))
    except BadInputError:
        raise error from None
    differing = np.asarray(on_black) != np.asarray(on_white)
    check_missing(float(differing.reshape(*differing.shape[:2], -1).any(axis=2).mean()))
    return on_black


def load_onto(image: Image.Image, fill: int) -> Image.Image:
    """The decoded picture, with `fill` where it has no data."""
    with codec():
        n_bands = len(image.getbands())
        image.im = Image.new(image.mode, image.size, fill if n_bands == 1 else (fill,) * n_bands).im
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return image
