"""How large pictures are made, and loading them no larger than that needs."""

from typing import NamedTuple

from PIL import Image

from shared.pictures.codecs.boundary import codec


class Target(NamedTuple):
    """How large what is made of a picture may be: its shorter and its longer side, px."""

    shorter_px: int
    longer_px: int

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height, px, of what is made of a picture; never larger than that is."""
        shorter, longer = sorted((width, height))
        scale = min(1.0, self.shorter_px / shorter, self.longer_px / longer)
        return max(1, round(width * scale)), max(1, round(height * scale))


THUMBNAIL = Target(256, 1024)


def load_whole(image: Image.Image) -> Image.Image:
    """The picture with its pixels."""
    with codec():
        image.load()
    return image


def load_reduced(image: Image.Image, target: Target) -> Image.Image:
    """The picture with its pixels; a JPEG at 1/2, 1/4 or 1/8, but twice the target's size, which keeps it sharp."""
    width, height = target.size(*image.size)
    with codec():
        image.draft(None, (2 * width, 2 * height))
        image.load()
    return image
