"""Stored pictures as large as a screen shows them."""

from typing import NamedTuple

from recommendation.search.engine import Engine
from recommendation.search.thumbnails import Thumbnails
from shared.errors import BadInputError
from shared.pictures.originals import read_original
from shared.pictures.sandbox import DecodeLimits, decoder
from shared.storage import Storage

DECODED = DecodeLimits(children=2, program=("-m", "shared.pictures.view_process"))


class View(NamedTuple):
    """A picture as JPEG; `is_large` if it was made of the original, else it is the thumbnail."""

    jpeg: bytes
    is_large: bool


class Views:
    """Makes pictures of their originals; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._thumbnails, self._decoder = Thumbnails(volume), decoder(DECODED)

    def read(self, engine: Engine, image_id: str) -> View:
        """The picture upright and in sRGB, without metadata; errors as `StoredRows.read`.

        It is the thumbnail where the original cannot be read, is another file by now, or must be shown from where its
        source has it.
        """
        metadata = engine.metadata(image_id)
        data = None if metadata["display_url"] else read_original(metadata["location"], image_id)
        if data is not None:
            try:
                return View(self._decoder.decode(data).jpeg, is_large=True)
            except BadInputError:  # costs more at this size than as a thumbnail
                pass
        return View(self._thumbnails.read(engine, [image_id])[image_id], is_large=False)
