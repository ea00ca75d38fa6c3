"""File bytes to thumbnails, with Pillow.

Files come from strangers. `decode` checks what can be checked beforehand, and
`shared.pictures.sandbox` runs it in a process of its own with limits on memory and time.
"""

import io
import warnings
from functools import lru_cache
from typing import NamedTuple

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)
from PIL.Image import Resampling, Transpose

from shared.errors import BadInputError
from shared.pictures import exif
from shared.pictures.codec import codec
from shared.pictures.headers import LIMITS, Limits, check_bytes, check_pixels

THUMBNAIL_SIDE_PX = 256
THUMBNAIL_LONGEST_PX = 1024
THUMBNAIL_QUALITY = 90

#: Formats that are opened, by Pillow's names; whatever else Pillow knows stays shut.
PLUGINS = {
    "JPEG": JpegImagePlugin,
    "PNG": PngImagePlugin,
    "WEBP": WebPImagePlugin,
    "GIF": GifImagePlugin,
    "BMP": BmpImagePlugin,
    "TIFF": TiffImagePlugin,
    "AVIF": AvifImagePlugin,
}
FORMATS = tuple(PLUGINS)

#: Modes whose values cannot be averaged as they are, and what they become first.
AVERAGED_AS = {"1": "L", "P": "RGB", "PA": "RGBA", "I": "F", "I;16": "F", "I;16B": "F", "I;16L": "F", "I;16N": "F"}

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
    """One decoded file; the fields are columns of `shared.tables.contracts.STAGED` and THUMBNAILS."""

    width_px: int
    height_px: int
    format: str
    mode: str
    exif: exif.Exif
    thumbnail_width_px: int
    thumbnail_height_px: int
    jpeg: bytes


def decode(data: bytes, limits: Limits = LIMITS) -> DecodedPicture:
    """The size, EXIF and thumbnail of the first frame of a picture file.

    Only `shared.pictures.sandbox`'s process should call it: a file made to do so can take
    hundreds of megabytes and many seconds, or crash a codec.

    Raises:
        BadInputError: the file is not a picture that may be opened, and why.
    """
    check_bytes(data, limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd EXIF makes Pillow warn; the pixels are good
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return decode_picture(open_allowed(data), limits)


def open_allowed(data: bytes) -> Image.Image:
    """The picture in a file, its header read and its pixels not yet."""
    with codec():
        try:
            return Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError as error:
            is_allowed = any(Image.OPEN[name][1](data[:16]) for name in FORMATS)  # type: ignore[misc]
            reason = "undecodable" if is_allowed else "unsupported_format"
            detail = "its header is broken" if is_allowed else f"expected one of {', '.join(FORMATS)}"
            raise BadInputError(reason, detail) from error


def decode_picture(image: Image.Image, limits: Limits) -> DecodedPicture:
    """Everything that is kept of an opened picture."""
    width, height = image.size
    check_pixels(width, height, limits)
    mode = image.mode
    thumbnail = thumbnail_size(width, height)
    with codec():
        # A JPEG decodes at 1/2, 1/4 or 1/8 for much less; twice the size keeps it sharp.
        image.draft(None, (2 * thumbnail[0], 2 * thumbnail[1]))
        image.load()  # before the EXIF: a PNG may have it last, and Pillow turns a TIFF itself
    camera = read_exif(image)
    with codec():
        small = shrink(image, thumbnail)
    if small.mode == "F":
        small = to_gray(small, mode)
    upright = turn(to_rgb(small, image.info.get("icc_profile")), camera["orientation"])
    if camera["orientation"] in SIDEWAYS:
        width, height = height, width
    # Pillow calls a JPEG that holds several pictures MPO.
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    return DecodedPicture(width, height, kind, mode, camera, *upright.size, to_jpeg(upright))


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the thumbnail, px; never larger than the picture."""
    shorter, longer = sorted((width, height))
    scale = min(1.0, THUMBNAIL_SIDE_PX / shorter, THUMBNAIL_LONGEST_PX / longer)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at `size`, in a mode whose values can be averaged."""
    if image.mode != "RGBA" and image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode in AVERAGED_AS:
        image = image.convert(AVERAGED_AS[image.mode])
    return image if image.size == size else image.resize(size, Resampling.BICUBIC, reducing_gap=2.0)


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB: transparency over white, colour profiles applied."""
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    transform = srgb_transform(profile, image.mode) if profile else None
    with codec():
        return ImageCms.applyTransform(image, transform) or image if transform else image.convert("RGB")


def to_gray(image: Image.Image, mode: str) -> Image.Image:
    """8 bits of a picture with more: 16 bits are divided by 256, others stretched from darkest to lightest."""
    low, high = (0.0, 65536.0) if mode.startswith("I;16") else map(float, image.getextrema())  # type: ignore[arg-type]
    scale = 256 / ((high - low) or 1)
    return image.point(lambda value: value * scale + -low * scale).convert("L")


@lru_cache(maxsize=16)  # a camera writes the same profile into every picture
def srgb_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """How to get from a colour profile to sRGB; None when it is broken, unfit or sRGB."""
    try:
        with codec():
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" in ImageCms.getProfileDescription(source):
                return None
            return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except BadInputError:
        return None


def turn(image: Image.Image, orientation: object) -> Image.Image:
    """The picture upright, by its EXIF orientation; an unknown one changes nothing."""
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def to_jpeg(image: Image.Image) -> bytes:
    """The picture as JPEG without any metadata."""
    image.info = {}  # Pillow would copy the comment
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()


def read_exif(image: Image.Image) -> exif.Exif:
    """The EXIF fields we keep; broken EXIF costs the EXIF, never the picture."""
    try:
        with codec():
            found = image.getexif()
            main, camera = dict(found), dict(found.get_ifd(exif.EXIF_IFD))  # read here: Pillow parses on access
    except BadInputError:
        return exif.NO_EXIF
    return exif.exif_fields(main, camera)


def use_one_thread() -> None:
    """Keep codecs that would start a thread per core to one; for the decoder's process."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
