"""Stored thumbnails made smaller for pages, as WebP or JPEG."""

import io

from PIL import Image
from PIL.Image import Resampling

#: Of the format that Pillow writes: its quality.
QUALITY = {"WEBP": 78, "JPEG": 82}
WEBP_EFFORT = 2  # of 6: a third of the time of the default for 4 % more bytes


def resized(jpeg: bytes, side_px: int, kind: str) -> bytes:
    """A thumbnail that we made with its shorter side at most `side_px`, encoded anew.

    Args:
        kind: WEBP or JPEG.
    """
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    scale = side_px / min(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image.draft("RGB", (width, height))
        image = image.resize((width, height), Resampling.BICUBIC)  # type: ignore[assignment] # an Image like the other
    buffer = io.BytesIO()
    options = {"method": WEBP_EFFORT} if kind == "WEBP" else {"optimize": True}
    image.save(buffer, kind, quality=QUALITY[kind], **options)
    return buffer.getvalue()
