"""Measurements for Prometheus. The processes of one service write them to files of one folder, so any of them can answer for all.

Source: https://prometheus.github.io/client_python/multiprocess/
"""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommendation.search.answerer import Answerer
from recommendation.web.admission import Admission

SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12)
OTHER = "other"  # requests for addresses that there are not: nobody may fill the memory with names


class Measurements:
    """What one process measures, and the answer to who collects it.

    Args:
        folder: of the service's processes; empty for a process alone.
    """

    def __init__(self, answerer: Answerer, admission: Admission, folder: str = "") -> None:
        self._answerer, self._admission, self._folder = answerer, admission, folder
        self._seen = ""
        self._registry = own = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter("imagerec_requests", "Requests, by route and status.", labels, registry=own)
        self.seconds = Histogram(
            "imagerec_request_seconds", "Time until an answer was sent, s.", ("route",), buckets=SECONDS, registry=own
        )
        waiting = "Queries that are answered or wait for it."
        self._queue = Gauge("imagerec_queries_waiting", waiting, registry=own, multiprocess_mode="livesum")
        self._pictures = recent("imagerec_pictures", "Pictures in the index.", (), own)
        self._recall = recent("imagerec_index_recall", "Share of the true neighbours found.", ("measure",), own)
        self._generation = recent("imagerec_index_generation_info", "The live generation.", ("generation",), own)

    def exposition(self) -> tuple[bytes, str]:
        """The measurements of all processes as text, and its media type."""
        self._observe()
        if not self._folder:
            return generate_latest(self._registry), CONTENT_TYPE_LATEST
        together = CollectorRegistry()
        MultiProcessCollector(together, self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(together), CONTENT_TYPE_LATEST

    def _observe(self) -> None:
        engine = self._answerer.current.engine
        self._queue.set(self._admission.queued)
        self._pictures.set(engine.count)
        for name, one in engine.summary()["measures"].items():
            self._recall.labels(name).set(one["recall"])
        if self._seen != engine.generation:
            if self._seen:
                self._generation.labels(self._seen).set(0)
            self._seen = engine.generation
        self._generation.labels(engine.generation).set(1)


def recent(name: str, meaning: str, labels: tuple[str, ...], registry: CollectorRegistry) -> Gauge:
    """A value of which the one that was set last counts, whichever process set it."""
    return Gauge(name, meaning, labels, registry=registry, multiprocess_mode="mostrecent")


class Measured:
    """Counts and times requests."""

    def __init__(self, app: ASGIApp, measurements: Measurements) -> None:
        self._app, self._measurements = app, measurements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), [0]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", OTHER)
            self._measurements.requests.labels(route, scope["method"], str(status[0])).inc()
            self._measurements.seconds.labels(route).observe(time.perf_counter() - started)
