"""Camera RAW with LibRaw: the large preview that the camera made, else the sensor's data at half size."""

import io
from typing import Any, NamedTuple

from PIL import Image

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec
from shared.pictures.codecs.formats import open_image
from shared.pictures.codecs.size import Target, load_reduced

#: A preview is good enough if it is at least this long; a smaller one only if the sensor's picture is no longer.
LEAST_PREVIEW_PX = 640
#: EXIF orientation of what LibRaw calls flip. Source: LibRaw API, libraw_image_sizes_t.
ORIENTATIONS = {3: 3, 5: 8, 6: 6}
REASON = "unsupported_format"  # of what LibRaw cannot read


class Developed(NamedTuple):
    """A RAW's picture.

    Args:
        image: loaded; previews may be reduced.
        width, height: of the sensor's picture as `image` is turned, px.
        orientation: EXIF orientation that both still need.
    """

    image: Image.Image
    width: int
    height: int
    orientation: int | None


def load_raw(data: bytes, target: Target) -> Developed:
    """The picture in a camera's RAW file, its preview at no more than the target needs.

    Raises:
        BadInputError: unsupported_format, LibRaw knows neither a preview nor the sensor's layout.
    """
    import rawpy  # few collections need it

    with codec(REASON):
        raw = rawpy.imread(io.BytesIO(data))
    with raw:
        sizes = raw.sizes
        preview = large_preview(rawpy, raw, max(sizes.width, sizes.height), target)
        if preview is not None:
            return Developed(preview, sizes.width, sizes.height, ORIENTATIONS.get(sizes.flip))
        with codec(REASON):
            image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))  # turned by LibRaw
    sides = (sizes.height, sizes.width) if sizes.flip in {5, 6} else (sizes.width, sizes.height)
    return Developed(image, *sides, None)


def large_preview(rawpy: Any, raw: Any, longest_px: int, target: Target) -> Image.Image | None:
    """The preview in a RAW file; None if there is none, it is broken, or it is small."""
    try:
        with codec():
            found = raw.extract_thumb()
        is_jpeg = found.format == rawpy.ThumbFormat.JPEG
        image = open_image(found.data) if is_jpeg else Image.fromarray(found.data)
        is_large = max(image.size) >= min(LEAST_PREVIEW_PX, longest_px)
        return load_reduced(image, target) if is_large else None
    except BadInputError:
        return None
