"""Answers queries from the current index generation, which is exchanged without a pause for a newer one."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from recommendation.index import generation
from recommendation.search.answer import Answer, ErrorAnswer, Item, error_object
from recommendation.search.engine import Engine, QueryPicture
from recommendation.search.meaning import check_count
from recommendation.search.query_picture import Prepared, Upload, prepare, prepare_thumbnail
from recommendation.search.regions import PLAIN, Look, check_regions, looks
from recommendation.search.request import Options, parse_request, read_json
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.models import store
from shared.models.session import Embedder, embedder
from shared.pictures.sandbox import decoder
from shared.storage import Storage, StoredObject
from shared.storage.volume import INDEX, MODELS

log = logging.getLogger("recommendation")

RETRY_S = 60.0  # opening a generation reads every file of it

Files = tuple[str, list[StoredObject]]
"""The name of a generation, and the files that it may be made of."""


class Current(NamedTuple):
    """One index generation and the networks that made its vectors."""

    engine: Engine
    embedders: list[Embedder]
    model_name: str


class Answered(NamedTuple):
    """An answer, and the query pictures as they were seen (JPEG) for drawing it; empty for whole stored ones."""

    content: Answer
    query_thumbnails: list[bytes]


def open_current(volume: Storage) -> Current:
    """The generation that index/CURRENT names.

    Raises:
        CannotProceedError: there is none, or a file of it or its model is missing or damaged.
    """
    engine = Engine.open(volume)
    models = store.models_of(volume, engine.model_sha256)
    embedders = [embedder(store.model_path(volume, model.sha256), model.sha256) for model in models]
    return Current(engine, embedders, store.name_of(models))


class Answerer:
    """Answers queries from a volume; safe to use from several threads.

    Args:
        volume: where the index is.
    """

    def __init__(self, volume: Storage, clock: Callable[[], float] = time.monotonic) -> None:
        self._volume, self._clock = volume, clock
        self.current = open_current(volume)
        self._decoder = decoder()
        self._refreshing = threading.Lock()
        self._refused: tuple[float, Files] | None = None

    def refresh(self) -> bool:
        """Change to the generation that index/CURRENT names now; True if it is another one and could be used.

        One that cannot be opened is refused: the one in use stays, and it is tried again when its files change or
        RETRY_S have passed. Queries under way keep the generation they began with, and its files stay mapped until the
        last of them ends.
        """
        with self._refreshing:
            name = generation_name(self._volume)
            if name == self.current.engine.generation:
                self._refused = None
                return False
            files = name, self._volume.list(INDEX) + self._volume.list(MODELS)
            if self._refused and self._refused[1] == files and self._clock() - self._refused[0] < RETRY_S:
                return False
            is_first = not self._refused or self._refused[1] != files
            self._refused = self._clock(), files  # before it is opened: whatever happens then, it is not tried at once
            return self._change_to(name, is_first)

    def _change_to(self, name: str, is_first: bool) -> bool:
        try:
            self.current = open_current(self._volume)
        except (CannotProceedError, OSError) as error:
            if is_first:
                current = self.current.engine.generation
                log.error("generation %s refused, still answering from %s: %s", name, current, error)
            return False
        self._refused = None
        log.info("answering from generation %s", self.current.engine.generation)
        return True

    def answer(
        self,
        uploads: Iterable[Upload],
        options: Options,
        image_ids: Sequence[str] = (),
        unlike: Iterable[Upload] = (),
    ) -> Answered:
        """Answer one query of uploaded and stored pictures, up to 5 together, and a text; uploads are taken one at a time.

        Args:
            unlike: pictures that answers should not be like, besides the stored ones of the options.

        Raises:
            UsageError: too many pictures, none and no text, one that is not stored, or a region that is not there.
            BadInputError: a picture cannot be used.
            CannotProceedError: the volume lacks something.
        """
        started, current = time.perf_counter(), self.current
        seen = looks(options.crop, is_mirrored=options.mirror)
        prepared = [prepare(upload, self._decoder, current.embedders, next(seen)) for upload in uploads]
        prepared += [self._prepare_stored(current, image_id, next(seen)) for image_id in image_ids]
        pictures = [one.picture for one in prepared]
        others = [
            *(current.engine.features_of(image_id) for image_id in options.unlike_id),
            *(prepare(upload, self._decoder, current.embedders).picture for upload in unlike),
        ]
        check_count(len(pictures), len(others), has_text=bool(options.text))
        check_regions(options.crop, len(pictures))
        results, words = current.engine.answer(pictures, options, others)
        content = make_answer(current, pictures, results, time.perf_counter() - started)
        if options.text:
            content["words"] = words
        return Answered(content, [one.thumbnail for one in prepared])

    def _prepare_stored(self, current: Current, image_id: str, look: Look) -> Prepared:
        """A stored picture as it is seen; with its vectors of the index, and no thumbnail, where it is seen whole."""
        picture = current.engine.features_of(image_id)
        if look == PLAIN:
            return Prepared(picture, b"")
        from recommendation.search.thumbnails import Thumbnails  # imports pyarrow, which most queries do without

        jpeg = Thumbnails(self._volume).read(current.engine, [image_id])[image_id]
        return prepare_thumbnail(image_id, picture.name, jpeg, current.embedders, look)

    def answer_json(
        self, read: Callable[[], str | bytes], defaults: Options, read_picture: Callable[[str], Upload]
    ) -> Answer | ErrorAnswer:
        """The answer to a request in JSON; one that cannot be answered gives the error object.

        Args:
            read: gives the text of the request; raises what `read_picture` raises.
            read_picture: gives the picture of a name; raises BadInputError or UsageError.
        """

        def answer() -> Answer:
            request = parse_request(read_json(read()), defaults)
            unlike = map(read_picture, request.unlike)
            return self.answer(map(read_picture, request.images), request, request.id, unlike).content

        return answer_or_error(answer)


def answer_or_error(answer: Callable[[], Answer]) -> Answer | ErrorAnswer:
    """What `answer` returns, or the error object of what the user can mend."""
    try:
        return answer()
    except (BadInputError, UsageError, CannotProceedError) as error:
        return error_object(error)


def generation_name(volume: Storage) -> str:
    """Name of the live generation, empty where there is none, `unknown` where CURRENT cannot be read."""
    try:
        return generation.live_name(volume) or ""
    except CannotProceedError:
        return "unknown"


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
