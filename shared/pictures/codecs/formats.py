"""Which formats are opened, and the header of a file in one of them."""

import io
from functools import cache

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec, one_line

#: Formats that Pillow opens, by its names. What else it can open stays shut: PPM, TGA and ICO because little or nothing
#: in a file tells them from other files, others because nobody keeps photographs in them.
PLUGINS = {
    "JPEG": JpegImagePlugin,
    "PNG": PngImagePlugin,
    "WEBP": WebPImagePlugin,
    "GIF": GifImagePlugin,
    "BMP": BmpImagePlugin,
    "TIFF": TiffImagePlugin,
    "AVIF": AvifImagePlugin,
    "JPEG2000": Jpeg2KImagePlugin,
    "PSD": PsdImagePlugin,
}
HEIF, RAW = "HEIF", "RAW"
FORMATS = (*PLUGINS, HEIF, RAW)
#: Brands of HEVC pictures, and first brands by which libheif's plugin recognises a file.
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
KNOWN_BRANDS = HEIF_BRANDS | {b"mif1", b"msf1"}


def open_image(data: bytes) -> Image.Image:
    """The picture in a file, its header read and its pixels not yet.

    Raises:
        BadInputError: unsupported_format, or undecodable because its header is broken.
    """
    names = (register_heif(),) if is_heif(data) else tuple(PLUGINS)
    if names == (HEIF,) and data[8:12] not in KNOWN_BRANDS:
        data = data[:8] + b"heic" + data[12:]
    with codec():
        try:
            return Image.open(io.BytesIO(data), formats=names)
        except UnidentifiedImageError as error:
            raise refusal(data, names) from error


def is_heif(data: bytes) -> bool:
    """Whether a file's brands say that it holds HEVC pictures; `mif1` alone may be AVIF.

    Source: ISO/IEC 23008-12, annex B; ISO/IEC 14496-12, 4.3.
    """
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brands[start : start + 4] in HEIF_BRANDS for start in range(0, len(brands), 4))


@cache
def register_heif() -> str:
    """Let Pillow open HEIF, and return its name for it; loaded for the first such file."""
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return HEIF


def refusal(data: bytes, names: tuple[str, ...]) -> BadInputError:
    """Why a file cannot be opened."""
    likely = [name for name in names if Image.OPEN[name][1](data[:16])]  # type: ignore[misc]
    if not likely:
        return BadInputError("unsupported_format", f"expected one of {', '.join(FORMATS)}")
    words = words_of(data, likely[0])
    if likely[0] == "TIFF" and (data.startswith(b"MM\0+") or "unknown" in words):
        return BadInputError("unsupported_format", f"pixel layout not supported: {words}")
    return BadInputError("undecodable", f"its header is broken: {words}")


def words_of(data: bytes, name: str) -> str:
    """What the codec of a format says about a file."""
    try:
        Image.OPEN[name][0](io.BytesIO(data), "")
    except Exception as error:  # noqa: BLE001 - see `boundary.codec`
        return one_line(error)
    return "it was not recognised"


def use_one_thread() -> None:
    """Keep codecs that would start a thread per core to one; for the decoder's process."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
