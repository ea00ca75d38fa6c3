"""Pixels of any kind to small sRGB pictures: depth, transparency, colour profiles."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
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
    weights = np.asarray(alpha, np.float64)
    luma = np.asarray(image.convert("RGB").convert("L"), np.float64)
    is_bright = weights.sum() > 0 and (luma * weights).sum() > BRIGHT * weights.sum()
    flat = Image.new("RGB", image.size, "black" if is_bright else "white")
    flat.paste(image, mask=alpha)
    return flat


def to_8_bits(image: Image.Image) -> Image.Image:
    """A gray picture with more than 8 bits, by the range that it uses.

    Unsigned 16 bits: the fewest bits that hold its largest value become 8, so that 10 or 12 bits are not black and a
    dark picture stays darker than a bright one. Other numbers are stretched from the lowest to the highest; what is no
    number or infinite counts as the nearest of these.
    """
    with codec():
        values = np.asarray(image)
        color = image.info.get("transparency")
    gray = Image.fromarray(shift(values) if image.mode.startswith("I;16") else stretch(values))
    if not isinstance(color, int):
        return gray
    opaque = Image.fromarray(np.where(values == color, 0, 255).astype(np.uint8))
    return Image.merge("LA", (gray, opaque))


def shift(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The upper 8 of the bits in use."""
    highest = (1 << max(8, int(values.max()).bit_length())) - 1
    return (values * np.float32(255 / highest) + np.float32(0.5)).astype(np.uint8)


def stretch(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Lowest to 0, highest to 255."""
    numbers = values.astype(np.float32)
    is_finite = np.isfinite(numbers)
    if not is_finite.any():
        return np.zeros(numbers.shape, np.uint8)
    low, high = float(numbers[is_finite].min()), float(numbers[is_finite].max())
    numbers = np.clip(np.nan_to_num(numbers, copy=False, nan=low, posinf=high, neginf=low), low, high)
    return ((numbers.astype(np.float64) - low) * (255 / ((high - low) or 1)) + 0.5).astype(np.uint8)


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
