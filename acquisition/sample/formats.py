"""Pictures as files: formats, camera data, and the copies people make of pictures."""

import io
from typing import NamedTuple

from PIL import Image, ImageEnhance, ImageOps
from PIL.TiffImagePlugin import IFDRational

MAKE, MODEL, ORIENTATION, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
EXPOSURE, APERTURE, ISO, TAKEN, FOCAL_LENGTH, LENS = 0x829A, 0x829D, 0x8827, 0x9003, 0x920A, 0xA434

#: The turn that stores an upright picture so that its orientation tag turns it back.
STORED_TURNS = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}

OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 88, "subsampling": "4:2:0"},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 84, "method": 1},
    "GIF": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
}
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif"}


class Camera(NamedTuple):
    """A camera that does not exist, and how it was set."""

    make: str
    model: str
    lens: str
    exposure_s: tuple[int, int]
    aperture_tenths: int
    iso: int
    focal_length_mm: int


CAMERAS = (
    Camera("Brushwork", "Easel 5", "EB 24-70mm f/2.8", (1, 250), 80, 100, 35),
    Camera("Brushwork", "Easel 5", "EB 50mm f/1.8", (1, 60), 28, 400, 50),
    Camera("Pencil & Sons", "Sketch One", "SketchLens 26mm", (1, 1000), 18, 64, 26),
    Camera("Palette", "PX-100", "PX 100-400mm f/5.6", (1, 500), 56, 800, 400),
    Camera("Palette", "PX-100", "PX 14mm f/2.4", (15, 1), 24, 3200, 14),
)


def camera_data(camera: Camera, taken: str, orientation: int, has_gps: bool) -> Image.Exif:
    """EXIF as a camera writes it; `taken` is ``YYYY:MM:DD hh:mm:ss``."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL], exif[ORIENTATION] = camera.make, camera.model, orientation
    details = exif.get_ifd(EXIF_IFD)
    details[EXPOSURE], details[APERTURE] = IFDRational(*camera.exposure_s), IFDRational(camera.aperture_tenths, 10)
    details[ISO], details[TAKEN], details[LENS] = camera.iso, taken, camera.lens
    details[FOCAL_LENGTH] = IFDRational(camera.focal_length_mm, 1)
    if has_gps:
        place = exif.get_ifd(GPS_IFD)
        place[1], place[2] = "N", (IFDRational(46, 1), IFDRational(33, 1), IFDRational(27, 1))
        place[3], place[4] = "E", (IFDRational(7, 1), IFDRational(58, 1), IFDRational(54, 1))
    return exif


def encode(picture: Image.Image, kind: str, exif: Image.Exif | None = None) -> bytes:
    """The picture as a file; an orientation tag in `exif` is honoured by storing the picture turned."""
    options = dict(OPTIONS[kind])
    if exif is not None:
        turn = STORED_TURNS[exif[ORIENTATION]]
        picture = picture.transpose(turn) if turn is not None else picture
        options["exif"] = exif.tobytes()
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def made_smaller(picture: Image.Image) -> bytes:
    """At 60 % of the size."""
    width, height = picture.size
    return encode(picture.resize((width * 3 // 5, height * 3 // 5), Image.Resampling.LANCZOS), "JPEG")


def saved_worse(picture: Image.Image) -> bytes:
    """As a JPEG of low quality."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=35)
    return file.getvalue()


def made_brighter(picture: Image.Image) -> bytes:
    """A little brighter and with a little more contrast."""
    return encode(ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(1.1)).enhance(1.05), "JPEG")


def cropped(picture: Image.Image) -> bytes:
    """Without a thin strip (2 %) along each side."""
    return encode(ImageOps.crop(picture, border=max(2, min(picture.size) // 50)), "JPEG")


def saved_as_png(picture: Image.Image) -> bytes:
    """In another format, at 80 % of the size."""
    width, height = picture.size
    return encode(picture.resize((width * 4 // 5, height * 4 // 5), Image.Resampling.LANCZOS), "PNG")


#: What people do to a picture before they share it again; the file name says which.
CHANGES = {
    "smaller": (made_smaller, ".jpg"),
    "compressed": (saved_worse, ".jpg"),
    "brighter": (made_brighter, ".jpg"),
    "cropped": (cropped, ".jpg"),
    "converted": (saved_as_png, ".png"),
}
