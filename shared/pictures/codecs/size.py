"""The size of thumbnails, and loading pictures no larger than thumbnails need."""

from PIL import Image

from shared.pictures.codecs.boundary import codec

THUMBNAIL_SIDE_PX = 256
THUMBNAIL_LONGEST_PX = 1024


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the thumbnail, px; never larger than the picture."""
    shorter, longer = sorted((width, height))
    scale = min(1.0, THUMBNAIL_SIDE_PX / shorter, THUMBNAIL_LONGEST_PX / longer)
    return max(1, round(width * scale)), max(1, round(height * scale))


def load_reduced(image: Image.Image) -> Image.Image:
    """The picture with its pixels; a JPEG at 1/2, 1/4 or 1/8, but twice the thumbnail's size, which keeps it sharp."""
    width, height = thumbnail_size(*image.size)
    with codec():
        image.draft(None, (2 * width, 2 * height))
        image.load()
    return image
