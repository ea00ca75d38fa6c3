"""A file's bytes to the pixels of the frame that stands for it, with what is needed to turn them upright."""

from typing import NamedTuple

from PIL import Image

from shared.errors import BadInputError
from shared.pictures.codecs import frames, gaps, jpeg, png, tiff
from shared.pictures.codecs.boundary import codec
from shared.pictures.codecs.formats import HEIF, RAW, open_image
from shared.pictures.codecs.raw import load_raw
from shared.pictures.codecs.size import Target, load_reduced, load_whole
from shared.pictures.headers import Limits, check_pixels

ORIENTATION = 0x0112
UPRIGHT = frozenset({"TIFF", HEIF})  # formats whose codec turns the picture


class Loaded(NamedTuple):
    """A picture with its pixels, not turned upright yet.

    Args:
        image: at its size, or a JPEG at a fraction of it.
        width, height: of the picture, px.
        format: one of `formats.FORMATS`.
        mode: Pillow's pixel mode of the file.
        profile: its colour profile.
        orientation: EXIF orientation as the file states it; None: not known before its EXIF is read.
        is_upright: the codec has turned it already.
        xmp: its XMP packet, where Pillow does not find it.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    mode: str
    profile: bytes | None
    orientation: object = None
    is_upright: bool = False
    xmp: bytes = b""


def load_picture(data: bytes, limits: Limits, target: Target) -> Loaded:
    """The picture in a file, with no fewer pixels than the target needs.

    Raises:
        BadInputError: the file is not a picture that may be opened, and why.
    """
    if data.startswith(jpeg.START_OF_IMAGE):
        return load_jpeg(data, limits, target)
    if data.startswith(png.SIGNATURE):
        return load_png(data, limits)
    if tiff.is_raw(data):
        image, width, height, orientation = load_raw(data, target)
        return Loaded(image, width, height, RAW, image.mode, profile_of(image), orientation, orientation is None)
    return load_other(data, limits)


def load_jpeg(data: bytes, limits: Limits, target: Target) -> Loaded:
    """A JPEG; one whose end is missing is measured, see `jpeg`."""
    shape = None if data.endswith(jpeg.END_OF_IMAGE) else jpeg.outline(data)
    is_open = shape is not None and not shape.has_end
    image = open_image(jpeg.with_end(data, shape) if shape and is_open else data)
    width, height, mode = *image.size, image.mode
    check_pixels(width, height, limits, "JPEG")
    if width * height > limits.pixels_of("other") and (shape or jpeg.outline(data)).is_progressive:
        check_pixels(width, height, limits, "progressive JPEG")  # its coefficients are all held in memory
    load_reduced(image, target)
    if is_open or jpeg.looks_cut(image):
        shape = shape or jpeg.outline(data)
        disturbed = load_reduced(open_image(jpeg.with_end(data, shape, jpeg.noise())), target)
        gaps.check_missing(jpeg.missing_share(shape, max(1, width // image.width), image, disturbed))
    return Loaded(image, width, height, "JPEG", mode, profile_of(image))


def load_png(data: bytes, limits: Limits) -> Loaded:
    """A PNG without what has nothing to do with its pixels; one whose end is missing is completed, see `png`."""
    needed = png.keep_needed(data)
    header = png.header_of(needed.data)
    check_pixels(header.width, header.height, limits, "PNG")
    image = open_image(needed.data)
    try:
        if not needed.has_end:
            raise BadInputError("truncated", "the PNG has no end")
        load_whole(image)
    except BadInputError:
        whole, missing = png.complete(needed.data)
        gaps.check_missing(missing)
        image = load_whole(open_image(whole))
    if needed.is_animated and frames.is_plain(image):
        image = later_frame(png.keep_needed(data, animated=True).data) or image
    return Loaded(image, header.width, header.height, "PNG", image.mode, needed.profile, xmp=needed.xmp)


def later_frame(data: bytes) -> Image.Image | None:
    """The frame of an animation that stands for it; None if it is broken."""
    try:
        return frames.choose_frame(load_whole(open_image(data)))
    except BadInputError:
        return None


def load_other(data: bytes, limits: Limits) -> Loaded:
    """A picture in any other format."""
    image = open_image(data)
    kind = str(image.format)
    width, height, mode = *image.size, image.mode
    check_pixels(width, height, limits, kind)
    orientation, box = stated_orientation(image), frames.covered(image)
    try:
        load_whole(image)
    except BadInputError as error:
        if kind not in gaps.MEASURED:
            raise
        image = gaps.load_rest(lambda: open_image(data), error)
    chosen = frames.choose_frame(image) if kind in frames.ANIMATED else image
    if chosen is image and box is not None and image.tell() == 0:
        chosen = frames.uncover(image, box)
    is_upright = kind in UPRIGHT
    return Loaded(chosen, width, height, kind, mode, profile_of(image), orientation if is_upright else None, is_upright)


def stated_orientation(image: Image.Image) -> object:
    """The orientation that a file states, before its codec turns the picture and forgets it."""
    if image.format == HEIF:
        return image.info.get("original_orientation")
    try:
        with codec():
            return image.getexif().get(ORIENTATION) if image.format == "TIFF" else None
    except BadInputError:
        return None


def profile_of(image: Image.Image) -> bytes | None:
    """The colour profile that Pillow found."""
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else None
