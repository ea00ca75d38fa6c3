"""A limit on how often one client asks, so that one cannot take the service from the others."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from recommendation.search.answer import make_error
from recommendation.web.error_handlers import CODES

MOST_CLIENTS = 10_000  # that are remembered at once
BURST_S = 10.0  # of requests that may come together
#: Cheap requests of which a page sends many.
FREE = ("/thumbnail", "/healthz", "/metrics")
LIMITED = "/v1/"


class RateLimit:
    """Answers 429 to a client that asks more than `per_minute` times a minute in the long run.

    Args:
        per_minute: 0 for no limit.
        proxies: addresses whose X-Forwarded-For names the client.

    Source: Turner 1986, "New directions in communications" (the leaky bucket).
    """

    def __init__(
        self,
        app: ASGIApp,
        per_minute: int,
        proxies: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._rate, self._clock = app, per_minute / 60, clock
        self._proxies = {one.strip() for one in proxies if one.strip()}
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> requests left, when

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_limited = (
            scope["type"] == "http"
            and self._rate
            and scope["path"].startswith(LIMITED)
            and not scope["path"].endswith(FREE)
        )
        wait = self._take(self._client(scope)) if is_limited else 0.0
        await (refusal(wait) if wait else self._app)(scope, receive, send)

    def _client(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        if peer in self._proxies:
            return Headers(scope=scope).get("x-forwarded-for", "").rpartition(",")[2].strip() or peer
        return peer

    def _take(self, client: str) -> float:
        """Count a request; how long to wait before the next is answered, 0 if this one is."""
        now, most = self._clock(), max(1.0, self._rate * BURST_S)
        left, since = self._buckets.pop(client, (most, now))
        left = min(most, left + (now - since) * self._rate)
        is_allowed = left >= 1
        self._buckets[client] = left - is_allowed, now
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if is_allowed else (1 - left) / self._rate


def refusal(wait_s: float) -> ASGIApp:
    """The answer to a client that asks too often."""
    seconds = max(1, round(wait_s + 0.5))
    message = f"too many requests from this address; try again in {seconds} s"
    return JSONResponse(make_error(CODES[429], message), 429, headers={"retry-after": str(seconds)})
