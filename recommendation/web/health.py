"""The health check: whether a query went through the whole path a moment ago, and the threads that must be alive."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recommendation.commands.inbox import Backlog
from recommendation.search.answer import Answer
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import Upload
from recommendation.search.request import Options
from recommendation.search.thumbnails import Thumbnails
from shared.errors import BadInputError, CannotProceedError

VALID_S = 3.0  # frequent checks must not cost many queries
STALLED_S = 120.0  # five pictures that each take all the time they may are answered sooner


class Query(NamedTuple):
    """A query that was answered: when, from which generation, and how long it took."""

    at: float
    generation: str
    seconds: float


class Health:
    """Whether the service answers; safe to use from several threads.

    Args:
        answerer: what answers.
        thumbnails: of the same volume.
        threads: background threads without which the service is not whole.
        clock: seconds that never go back.
        backlog: gives what waits in the inbox.
    """

    def __init__(
        self,
        answerer: Answerer,
        thumbnails: Thumbnails,
        threads: Sequence[threading.Thread] = (),
        clock: Callable[[], float] = time.monotonic,
        backlog: Callable[[], Backlog] | None = None,
    ) -> None:
        self._answerer, self._thumbnails, self._threads, self._clock = answerer, thumbnails, threads, clock
        self._backlog = backlog
        self._checking = threading.Lock()
        self._last: Query | None = None

    def record(self, answer: Answer) -> None:
        """Count a query with an uploaded picture that was answered as a check: a busy service needs no query of its own."""
        self._last = Query(self._clock(), answer["generation"], answer["seconds"])

    def check(self) -> dict[str, Any]:
        """The result of a query with a picture, at most VALID_S seconds old and of the current generation.

        Raises:
            CannotProceedError: the service cannot answer, and why.
        """
        for thread in self._threads:
            if not thread.is_alive():
                raise CannotProceedError(f"{thread.name} has stopped; restart the service, its log says why")
        last = self._recent()
        found = {"status": "ok", "generation": last.generation, "seconds": last.seconds}
        return found if self._backlog is None else {**found, **inbox_state(self._backlog())}

    def _recent(self) -> Query:
        with self._checking:
            now, generation, last = self._clock(), self._answerer.current.engine.generation, self._last
            if last is None or last.generation != generation or now - last.at >= VALID_S:
                answer = self._query()
                last = self._last = Query(now, answer["generation"], answer["seconds"])
            return last

    def _query(self) -> Answer:
        engine = self._answerer.current.engine
        image_id = engine.metadata_at(0)["image_id"]
        jpeg = self._thumbnails.read(engine, [image_id])[image_id]
        try:
            answer = self._answerer.answer([Upload("health check", jpeg)], Options(top_k=1)).content
        except BadInputError as error:
            raise CannotProceedError(f"a stored thumbnail was refused: {error}") from error
        if not answer["results"]["default"]:
            raise CannotProceedError("a query was answered with no picture")
        return answer


def inbox_state(backlog: Backlog) -> dict[str, Any]:
    """The inbox in the result of the check; a file that waits too long changes the status, but HTTP still answers."""
    state: dict[str, Any] = {"inbox": backlog._asdict()}
    return {**state, "status": "inbox stalled"} if backlog.longest_s > STALLED_S else state
