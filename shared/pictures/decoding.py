"""File bytes to thumbnails and metadata.

Files come from strangers. `decode` checks what can be checked beforehand, and
`shared.pictures.sandbox` runs it in a process of its own with limits on memory and time.
"""

import io
import warnings
from typing import NamedTuple

from PIL import Image
from PIL.Image import Transpose

from shared.pictures.codecs import tiff
from shared.pictures.codecs.boundary import codec
from shared.pictures.codecs.formats import FORMATS, RAW
from shared.pictures.codecs.loading import Loaded, load_picture
from shared.pictures.codecs.size import THUMBNAIL, Target
from shared.pictures.conversion import to_small_rgb
from shared.pictures.headers import LIMITS, Limits, check_bytes
from shared.pictures.metadata import exif
from shared.pictures.metadata.described import Description
from shared.pictures.metadata.embedded import read_metadata

__all__ = ["FORMATS", "THUMBNAIL", "THUMBNAIL_QUALITY", "DecodedPicture", "decode"]

THUMBNAIL_QUALITY = 90
#: Thumbnails whose shorter side is no longer keep their colours at full resolution: of 16 px and less, half of it
#: costs so much colour that the colour feature's cosine to the truth is 0.29; the bytes are 6 to 30 % more.
FULL_COLOR_PX = 128
FULL_COLOR, HALF_COLOR = 0, 2  # Pillow's numbers of 4:4:4 and 4:2:0

#: How to turn a picture upright. Source: CIPA DC-008 (Exif 2.32), 4.6.4, Orientation.
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({5, 6, 7, 8})


class DecodedPicture(NamedTuple):
    """One decoded file; all but `description` are columns of `shared.tables.contracts.STAGED` and THUMBNAILS."""

    width_px: int
    height_px: int
    format: str
    mode: str
    exif: exif.Exif
    description: Description
    thumbnail_width_px: int
    thumbnail_height_px: int
    jpeg: bytes


def decode(data: bytes, limits: Limits = LIMITS, target: Target = THUMBNAIL) -> DecodedPicture:
    """The size, metadata and thumbnail of a picture file; the thumbnail fits the target.

    Only `shared.pictures.decoder_process` should call it: a file made to do so can take
    hundreds of megabytes and many seconds, or crash a codec.

    Raises:
        BadInputError: the file is not a picture that may be opened, and why.
    """
    check_bytes(data, limits)
    Image.MAX_IMAGE_PIXELS = None  # `limits` takes its place: a JPEG may be larger
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd EXIF makes Pillow warn; the pixels are good
        return to_decoded(data, load_picture(data, limits, target), target)


def to_decoded(data: bytes, loaded: Loaded, target: Target) -> DecodedPicture:
    """Everything that is kept of a loaded picture."""
    is_container = loaded.format == RAW and data[:4] in tiff.HEADS
    metadata = read_metadata(loaded.image, data if is_container else None, loaded.xmp)
    camera, width, height = metadata.exif, loaded.width, loaded.height
    if loaded.orientation is not None:
        camera["orientation"] = exif.clean_integer(loaded.orientation, highest=8)
    # A RAW's preview may have other sides than the sensor.
    size = target.size(*(loaded.image.size if loaded.format == RAW else (width, height)))
    thumbnail = to_small_rgb(loaded.image, size, loaded.profile)
    if not loaded.is_upright:
        thumbnail = turn(thumbnail, camera["orientation"])
        if camera["orientation"] in SIDEWAYS:
            width, height = height, width
    return DecodedPicture(
        width, height, loaded.format, loaded.mode, camera, metadata.description, *thumbnail.size, to_jpeg(thumbnail)
    )


def turn(image: Image.Image, orientation: object) -> Image.Image:
    """The picture upright, by its EXIF orientation; an unknown one changes nothing."""
    with codec():
        return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def to_jpeg(image: Image.Image) -> bytes:
    """The picture as JPEG without any metadata."""
    image.info = {}  # Pillow would copy the comment
    colors = FULL_COLOR if min(image.size) <= FULL_COLOR_PX else HALF_COLOR
    buffer = io.BytesIO()
    with codec():
        image.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY, subsampling=colors)
    return buffer.getvalue()
