"""Answers queries from the current index generation, which is exchanged without a pause for a newer one."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from recommendation.search.answer import Answer, ErrorAnswer, Item, error_object
from recommendation.search.engine import Engine, QueryPicture
from recommendation.search.query_picture import Upload, prepare, read_upload
from recommendation.search.request import Options, check_count, parse_request, read_json
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.models import store
from shared.models.session import Embedder, embedder
from shared.pictures.sandbox import decoder
from shared.storage import Storage
from shared.storage.volume import INDEX

log = logging.getLogger("recommendation")


class Current(NamedTuple):
    """One index generation and the network that made its vectors."""

    engine: Engine
    embedder: Embedder
    model_name: str


class Answered(NamedTuple):
    """An answer, and the query pictures' thumbnails (JPEG) for drawing it."""

    content: Answer
    query_thumbnails: list[bytes]


def open_current(volume: Storage) -> Current:
    """The generation that index/CURRENT names.

    Raises:
        CannotProceedError: there is none, or a file of it or its model is missing or damaged.
    """
    engine = Engine.open(volume)
    model = store.load_model(volume, engine.model_sha256)
    return Current(engine, embedder(store.model_path(volume, model.sha256), model.sha256), model.name)


class Answerer:
    """Answers queries from a volume; safe to use from several threads.

    Args:
        volume: where the index is.
    """

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._checked = generation_name(volume)
        self.current = open_current(volume)
        self._decoder = decoder()
        self._refreshing = threading.Lock()

    def refresh(self) -> bool:
        """Change to a generation published since the last call; True if there was one that could be used.

        A generation that cannot be opened is logged once and refused: the one in use stays. Queries under way keep the
        generation they began with, and its files stay mapped until the last of them ends.
        """
        with self._refreshing:
            latest = generation_name(self._volume)
            if latest == self._checked:
                return False
            self._checked = latest
            try:
                self.current = open_current(self._volume)
            except (CannotProceedError, OSError) as error:
                log.error(
                    "generation %s refused, still answering from %s: %s", latest, self.current.engine.generation, error
                )
                return False
            log.info("answering from generation %s", self.current.engine.generation)
            return True

    def answer(self, uploads: Sequence[Upload], options: Options, image_ids: Sequence[str] = ()) -> Answered:
        """Answer one query of uploaded and stored pictures, 1 to 5 together.

        Raises:
            UsageError: too many pictures, none, or one that is not stored.
            BadInputError: a picture cannot be used.
            CannotProceedError: the volume lacks something.
        """
        started = time.perf_counter()
        check_count(len(uploads) + len(image_ids))
        current = self.current
        stored = [current.engine.features_of(image_id) for image_id in image_ids]
        prepared = [prepare(upload, self._decoder, current.embedder) for upload in uploads]
        pictures = [*stored, *(one.picture for one in prepared)]
        results = current.engine.search(pictures, options)
        return Answered(
            make_answer(current, pictures, results, time.perf_counter() - started), [one.thumbnail for one in prepared]
        )

    def answer_json(
        self, read: Callable[[], str | bytes], defaults: Options, locate: Callable[[str], Path]
    ) -> Answer | ErrorAnswer:
        """The answer to a request in JSON; one that cannot be answered gives the error object.

        Args:
            read: gives the text of the request; raises BadInputError.
            locate: where the picture file of a name is; raises BadInputError or UsageError.
        """

        def answer() -> Answer:
            request = parse_request(read_json(read()), defaults)
            uploads = [read_upload(locate(name), name) for name in request.images]
            return self.answer(uploads, request, request.id).content

        return answer_or_error(answer)


def answer_or_error(answer: Callable[[], Answer]) -> Answer | ErrorAnswer:
    """What `answer` returns, or the error object of what the user can mend."""
    try:
        return answer()
    except (BadInputError, UsageError, CannotProceedError) as error:
        return error_object(error)


def generation_name(volume: Storage) -> str:
    """Name of the current generation, empty where there is none."""
    try:
        return (volume.local_path(INDEX) / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def make_answer(
    current: Current, pictures: Sequence[QueryPicture], results: dict[str, list[Item]], seconds: float
) -> Answer:
    """The one object that the command line, HTTP, the inbox and a batch answer with."""
    return {
        "queries": [{"image_id": picture.image_id, "filename": picture.name} for picture in pictures],
        "model": current.model_name,
        "generation": current.engine.generation,
        "seconds": round(seconds, 4),
        "results": results,
    }
