"""Pixels of any kind to small sRGB pictures: depth, transparency, colour profiles."""

import io
from functools import lru_cache

from PIL import Image, ImageChops, ImageCms, ImageStat
from PIL.Image import Resampling

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec

#: Modes whose values cannot be averaged as they are, and what they become first.
AVERAGED_AS = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "I": "F"}
DEEP = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
#: Mean luma, 0..255, of the visible pixels above which they are laid on black: on white less than a third of the range
#: from black to white would be left for contrast.
BRIGHT = 170


def to_small_rgb(image: Image.Image, size: tuple[int, int], profile: bytes | None) -> Image.Image:
    """The picture at `size` in sRGB: depth reduced to 8 bits, profile applied, transparency replaced by a ground.

    Raises:
        BadInputError: undecodable, Pillow cannot convert its pixels.
    """
    if image.mode in DEEP:
        from shared.pictures.depth import to_8_bits  # with NumPy, which takes longer to load than most pictures

        image = to_8_bits(image)
    with codec():
        image = to_averageable(image)
        small = image if image.size == size else image.resize(size, Resampling.BICUBIC, reducing_gap=2.0)
    return to_rgb(small, profile)


def to_averageable(image: Image.Image) -> Image.Image:
    """The picture in a mode whose values can be averaged."""
    image = image.convert(AVERAGED_AS[image.mode]) if image.mode in {"La", "RGBa"} else image
    if image.mode != "RGBA" and image.has_transparency_data:
        color = image.info.get("transparency")
        if isinstance(color, tuple) and max(color) > 255:  # of 16 bits, of which Pillow kept the upper 8
            image.info["transparency"] = tuple(value >> 8 for value in color)
        return image.convert("RGBA")
    return image.convert(AVERAGED_AS[image.mode]) if image.mode in AVERAGED_AS else image


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB."""
    with codec():
        flat = lay_on_ground(image) if image.mode == "RGBA" else image
        transform = srgb_transform(profile, flat.mode) if profile else None
        return ImageCms.applyTransform(flat, transform) or flat if transform else flat.convert("RGB")


def lay_on_ground(image: Image.Image) -> Image.Image:
    """The picture without transparency: on white, or on black if what can be seen of it is BRIGHT."""
    alpha = image.getchannel("A")
    luma = image.convert("RGB").convert("L")
    visible, light = ImageStat.Stat(alpha).sum[0], ImageStat.Stat(ImageChops.multiply(luma, alpha)).sum[0]
    is_bright = 255 * light > BRIGHT * visible
    flat = Image.new("RGB", image.size, "black" if is_bright else "white")
    flat.paste(image, mask=alpha)
    return flat


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
