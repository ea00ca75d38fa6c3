"""Pictures drawn for tests, as files' bytes."""

import io
from typing import Any

from PIL import Image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file of some format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(size: tuple[int, int] = (40, 30), color: Any = RED, mode: str = "RGB") -> Image.Image:
    """A picture of one colour."""
    return Image.new(mode, size, color)


def cornered(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Blue with a red top left quarter: it looks different turned or mirrored in any way."""
    image = plain(size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return image
