"""The health check: a query through the whole path, and the threads that must be alive."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import Upload
from recommendation.search.request import Options
from recommendation.search.thumbnails import Thumbnails
from shared.errors import BadInputError, CannotProceedError

VALID_S = 3.0  # frequent checks must not cost many queries


class Health:
    """Whether the service answers; safe to use from several threads.

    Args:
        answerer: what answers.
        thumbnails: of the same volume.
        threads: background threads without which the service is not whole.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        answerer: Answerer,
        thumbnails: Thumbnails,
        threads: Sequence[threading.Thread] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answerer, self._thumbnails, self._threads, self._clock = answerer, thumbnails, threads, clock
        self._checking = threading.Lock()
        self._last: tuple[float, str, dict[str, Any]] | None = None

    def check(self) -> dict[str, Any]:
        """The result of a query with a stored picture, at most VALID_S seconds old and of the current generation.

        Raises:
            CannotProceedError: the service cannot answer, and why.
        """
        for thread in self._threads:
            if not thread.is_alive():
                raise CannotProceedError(f"{thread.name} has stopped; restart the service, its log says why")
        with self._checking:
            now, generation = self._clock(), self._answerer.current.engine.generation
            if self._last is None or self._last[1] != generation or now - self._last[0] >= VALID_S:
                self._last = (now, generation, self._query())
            return self._last[2]

    def _query(self) -> dict[str, Any]:
        engine = self._answerer.current.engine
        image_id = engine.known(0)["image_id"]
        jpeg = self._thumbnails.read(engine, [image_id])[image_id]
        try:
            content = self._answerer.answer([Upload("health check", jpeg)], Options(top_k=1)).content
        except BadInputError as error:
            raise CannotProceedError(f"a stored thumbnail was refused: {error}") from error
        if not content["results"]["default"]:
            raise CannotProceedError("a query was answered with no picture")
        return {"status": "ok", "generation": content["generation"], "seconds": content["seconds"]}
