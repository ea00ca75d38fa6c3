"""How answers travel: compressed where that pays, and not at all where the client has them already."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES, LEVEL = 1024, 5
PACKED = ("/thumbnail",)  # pictures are compressed
TEXTS = ("application/json", "text/html")


class Compression:
    """Gzip for clients that take it, but for pictures."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._packing = app, GZipMiddleware(app, LEAST_BYTES, LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_packed = scope["type"] != "http" or scope["path"].endswith(PACKED)
        await (self._app if is_packed else self._packing)(scope, receive, send)


class Validators:
    """Names each text that GET answers with by its content (ETag); 304 for a client that has it.

    Files and thumbnails name themselves; what is never kept (`no-store`) needs no name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, Named(send, Headers(scope=scope).get("if-none-match", "")))


class Named:
    """Sends an answer on, or 304 instead of it; holds back the start until the body is there.

    Args:
        given: the names that the client has.
    """

    def __init__(self, send: Send, given: str) -> None:
        self._send, self._given = send, given
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_nameable(message):
            self._start = message
        elif self._start is None or message.get("more_body"):
            await self._release()
            await self._send(message)
        else:
            await self._finish(self._start, message)

    @staticmethod
    def _is_nameable(start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        is_text = headers.get("content-type", "").startswith(TEXTS)
        return bool(
            start["status"] == 200
            and is_text
            and "etag" not in headers
            and "no-store" not in headers.get("cache-control", "")
        )

    async def _release(self) -> None:
        """Send the start that was held back: the body comes in pieces."""
        if self._start:
            start, self._start = self._start, None
            await self._send(start)

    async def _finish(self, start: Message, body: Message) -> None:
        self._start = None
        etag = f'W/"{hashlib.sha256(body.get("body", b"")).hexdigest()[:24]}"'
        headers = MutableHeaders(raw=start["headers"])
        headers["etag"] = etag
        headers.setdefault("cache-control", "no-cache")
        if etag in self._given:
            del headers["content-length"]
            start, body = {**start, "status": 304}, {**body, "body": b""}
        await self._send({**start, "headers": headers.raw})
        await self._send(body)
