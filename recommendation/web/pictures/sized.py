"""Thumbnails in the sizes and formats that pages ask for, the latest of them kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from shared.pictures.resizing import resized

#: Shorter sides that can be asked for; another one is rounded up, so that few sizes of a picture are kept.
SIZES = (96, 128, 192, 256)
STORED = SIZES[-1]  # what acquisition stored at most
MAX_BYTES = 24 << 20  # of all that is kept in one process


class Wanted(NamedTuple):
    """A thumbnail: of which picture, its shorter side at most, in which of Pillow's formats."""

    image_id: str
    side_px: int
    kind: str

    @property
    def etag(self) -> str:
        """Names the content: an image_id names the picture's bytes."""
        return f'"{self.image_id}-{self.side_px}-{self.kind.lower()}"'

    @property
    def media_type(self) -> str:
        """For `Content-Type`."""
        return f"image/{self.kind.lower()}"


def wanted(image_id: str, size: int | None, accept: str) -> Wanted:
    """What to answer with: the stored JPEG where no size is asked for, else WebP where the client takes it."""
    if size is None:
        return Wanted(image_id, STORED, "JPEG")
    side = next((one for one in SIZES if one >= size), STORED)
    return Wanted(image_id, side, "WEBP" if "image/webp" in accept else "JPEG")


class SizedThumbnails:
    """Makes thumbnails smaller and keeps those that were asked for last; safe to use from several threads.

    Args:
        read: gives the stored JPEG of a picture.
    """

    def __init__(self, read: Callable[[str], bytes], max_bytes: int = MAX_BYTES) -> None:
        self._read, self._max_bytes = read, max_bytes
        self._kept: OrderedDict[Wanted, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, one: Wanted, *, as_stored: bool) -> bytes:
        """The bytes of a thumbnail; raises what `read` raises.

        Args:
            as_stored: not encoded anew.
        """
        if as_stored:
            return self._read(one.image_id)
        with self._lock:
            if one in self._kept:
                self._kept.move_to_end(one)
                return self._kept[one]
        made = resized(self._read(one.image_id), one.side_px, one.kind)
        with self._lock:
            self._keep(one, made)
        return made

    def _keep(self, one: Wanted, made: bytes) -> None:
        self._bytes += len(made) - len(self._kept.pop(one, b""))
        self._kept[one] = made
        while self._bytes > self._max_bytes:
            self._bytes -= len(self._kept.popitem(last=False)[1])
