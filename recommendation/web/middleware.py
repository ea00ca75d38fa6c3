"""What every HTTP request passes through: the limit on its size going in, security headers coming out."""

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Everything a page needs comes from this service.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Swagger UI draws some of its icons from data URLs.
DOCS_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class UploadLimit:
    """Stops reading a request at `max_bytes`, whatever length it announces.

    Raises:
        HTTPException: 413, to whoever reads on.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise HTTPException(413, f"expected at most {self._max_bytes >> 20} MiB in a request, got more")
            return message

        await self._app(scope, receive_some if scope["type"] == "http" else receive, send)


class SecurityHeaders:
    """Adds to every answer what keeps a browser from doing more with it than it should."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = DOCS_POLICY if scope["path"].startswith("/docs") else POLICY
                MutableHeaders(scope=message).update({**HEADERS, "content-security-policy": policy})
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
