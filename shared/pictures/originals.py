"""The files that stored pictures were made of, for as long as they lie where they were found."""

import hashlib

from shared.pictures.headers import LIMITS
from shared.storage import locations
from shared.storage.regular import read_regular

IMAGE_ID_LENGTH = 32


def image_id_of(data: bytes) -> str:
    """A picture's identity: it depends on the file's bytes alone."""
    return hashlib.sha256(data).hexdigest()[:IMAGE_ID_LENGTH]


def read_original(location: str, image_id: str, max_bytes: int = LIMITS.max_bytes) -> bytes | None:
    """The bytes that a picture was made of; None where its file is gone, cannot be read, or has other bytes by now.

    Args:
        location: as the tables have it. What is inside a tar is not read.
    """
    data = read_regular(locations.decode(location), max_bytes)
    return data if data is not None and image_id_of(data) == image_id else None
