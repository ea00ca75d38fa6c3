"""All metadata inside a picture file, found with Pillow; broken metadata costs the metadata, never the picture."""

from typing import Any, NamedTuple

from PIL import Image

from shared.errors import BadInputError
from shared.pictures.codecs.boundary import codec
from shared.pictures.metadata import exif
from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean, join_tags, merge
from shared.pictures.metadata.iptc import iptc_description
from shared.pictures.metadata.xmp import xmp_description

XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG = 0x02BC, 0x83BB, 0x8649
PHOTOSHOP_SIGNATURE, IPTC_RESOURCE = b"8BIM", 0x0404
ARTIST, COPYRIGHT, RATING = 0x013B, 0x8298, 0x4746
XP_TITLE, XP_AUTHOR, XP_KEYWORDS = 0x9C9B, 0x9C9D, 0x9C9E
UNKNOWN_NAMES = frozenset({"unknown", "default", "owner"})  # what cameras write before anyone set a name


class Metadata(NamedTuple):
    """What a picture file says of its camera and of itself."""

    exif: exif.Exif
    description: Description


def read_metadata(image: Image.Image, container: Any, xmp: bytes) -> Metadata:
    """The metadata of a loaded picture.

    Args:
        container: bytes of a TIFF-like file whose directories hold the metadata; None: the picture has them itself.
        xmp: a packet that Pillow does not find.
    """
    main, camera = read_tags(image, container)
    packet = xmp or as_bytes(image.info.get("xmp")) or as_bytes(main.get(XMP_TAG))
    block = iptc_block(image.info.get("photoshop")) or as_bytes(main.get(IPTC_TAG))
    block = block or iptc_block(resources(as_bytes(main.get(PHOTOSHOP_TAG))))
    if not (main or packet or block):
        return Metadata(exif.NO_EXIF.copy(), NO_DESCRIPTION)
    description = merge([xmp_description(packet), iptc_description(block), exif_description(main)])
    fields = exif.fill(exif.exif_fields(main, camera), description.date_taken, description.lens)
    return Metadata(fields, description)


def read_tags(image: Image.Image, container: bytes | None) -> tuple[dict[int, Any], dict[int, Any]]:
    """Tags of the main and of the Exif directory, parsed here: Pillow does so on access."""
    try:
        with codec():
            if container is None:
                found = image.getexif()
            else:
                found = Image.Exif()
                found.load(container)
            return dict(found), dict(found.get_ifd(exif.EXIF_IFD))
    except BadInputError:
        return {}, {}


def exif_description(main: dict[int, Any]) -> Description:
    """What EXIF and Windows' additions to it say."""
    author = windows_text(main.get(XP_AUTHOR)) or clean(main.get(ARTIST))
    rating = main.get(RATING)
    return NO_DESCRIPTION._replace(
        author="" if author.lower() in UNKNOWN_NAMES else author,
        license=clean(main.get(COPYRIGHT)),
        title=windows_text(main.get(XP_TITLE)),
        tags=join_tags(windows_text(main.get(XP_KEYWORDS)).split(";")),
        rating=rating if isinstance(rating, int) and 1 <= rating <= 5 else 0,
    )


def windows_text(value: object) -> str:
    """The text of one of Windows' tags, UTF-16."""
    octets = bytes(value) if isinstance(value, tuple) and is_octets(value) else as_bytes(value)
    return clean(octets.decode("utf-16-le", "replace"))


def is_octets(values: tuple[Any, ...]) -> bool:
    """Whether these numbers are bytes."""
    return all(isinstance(one, int) and 0 <= one < 256 for one in values)


def as_bytes(value: object) -> bytes:
    """Bytes, whatever kind of tag holds them; empty if none does."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, tuple) and is_octets(value):
        return bytes(value)
    return value if isinstance(value, bytes) else b""


def iptc_block(found: object) -> bytes:
    """The IPTC block among Photoshop's resources."""
    return as_bytes(found.get(IPTC_RESOURCE)) if isinstance(found, dict) else b""


def resources(data: bytes) -> dict[int, bytes]:
    """Photoshop's resources by their number. Source: Adobe Photoshop File Formats Specification, "Image resource blocks"."""
    found, position = {}, 0
    while data[position : position + 4] == PHOTOSHOP_SIGNATURE and position + 12 <= len(data):
        number = int.from_bytes(data[position + 4 : position + 6], "big")
        name_length = data[position + 6]
        start = position + 6 + (name_length + 2 & ~1)
        length = int.from_bytes(data[start : start + 4], "big")
        found[number] = data[start + 4 : start + 4 + length]
        position = start + 4 + (length + 1 & ~1)
    return found
