"""The live index generation, held open to answer queries and exchanged without a pause for a newer one."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from recommendation.index import generation
from recommendation.search.engine import Engine, Options, QueryPicture
from recommendation.search.query_picture import Upload, check_size, describe
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.session import Embedder, embedder
from shared.pictures.sandbox import decoder
from shared.storage import Storage

log = logging.getLogger("recommendation")


class Live(NamedTuple):
    """One index generation and the very network that made its vectors."""

    engine: Engine
    embedder: Embedder
    model_name: str


class Answer(NamedTuple):
    """The answer as one JSON object, and the query pictures' thumbnails for drawing it."""

    content: dict[str, Any]
    query_thumbnails: list[bytes]


def open_live(volume: Storage) -> Live:
    """The generation that index/CURRENT names.

    Raises:
        CannotProceedError: there is none, or a file of it or its model is missing or damaged.
    """
    engine = Engine.open(volume)
    model = store.load_model(volume, engine.model_sha256)
    return Live(engine, embedder(store.model_path(volume, model.sha256), model.sha256), model.name)


class Answerer:
    """Answers queries from a volume; safe to use from several threads.

    Args:
        volume: where the index is.
    """

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._seen = current(volume)
        self.live = open_live(volume)
        self._decoder = decoder()
        self._refreshing = threading.Lock()

    def refresh(self) -> bool:
        """Take over a generation published since the last look; True if there was one that could be used.

        A generation that cannot be opened is logged once and refused: the one in use stays. Queries under way keep the
        generation they began with, and its files stay mapped until the last of them ends.
        """
        with self._refreshing:
            latest = current(self._volume)
            if latest == self._seen:
                return False
            self._seen = latest
            try:
                self.live = open_live(self._volume)
            except (CannotProceedError, OSError) as error:
                log.error(
                    "generation %s refused, still answering from %s: %s", latest, self.live.engine.generation, error
                )
                return False
            log.info("answering from generation %s", self.live.engine.generation)
            return True

    def answer(self, uploads: Sequence[Upload], options: Options, image_ids: Sequence[str] = ()) -> Answer:
        """Answer one query of uploaded and stored pictures, 1 to 5 together.

        Raises:
            UsageError: too many pictures, none, or an option that cannot be.
            BadInputError: a picture cannot be used.
            CannotProceedError: the volume lacks something.
        """
        started = time.perf_counter()
        check_size(len(uploads) + len(image_ids), options.top_k)
        live = self.live
        stored = [live.engine.features_of(image_id) for image_id in image_ids]
        described = [describe(upload, self._decoder, live.embedder) for upload in uploads]
        pictures = [*stored, *(one.picture for one in described)]
        results = live.engine.search(pictures, options)
        return Answer(
            answer_object(live, pictures, results, time.perf_counter() - started), [one.thumbnail for one in described]
        )


def current(volume: Storage) -> str:
    """Name of the live generation, empty where there is none, `unknown` where CURRENT cannot be read."""
    try:
        return generation.live_name(volume) or ""
    except CannotProceedError:
        return "unknown"


def answer_object(
    live: Live, pictures: Sequence[QueryPicture], results: dict[str, Any], seconds: float
) -> dict[str, Any]:
    """The one object that the command line, HTTP, the inbox and a batch answer with."""
    return {
        "queries": [{"image_id": picture.image_id, "filename": picture.name} for picture in pictures],
        "model": live.model_name,
        "generation": live.engine.generation,
        "seconds": round(seconds, 4),
        "results": results,
    }
