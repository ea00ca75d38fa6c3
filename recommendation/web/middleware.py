"""What every HTTP request passes through: allowed hosts and origins, a limit on its size, and security headers of the answer."""

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recommendation.search.answer import make_error

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
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY_HOST = "*"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
DEFAULT_PORTS = {"http": 80, "https": 443}


class UploadLimit:
    """Stops reading a request at `max_bytes`, whatever length it announces.

    Raises:
        HTTPException: 413, to whoever reads on.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, limited(receive, self._max_bytes), send)


def limited(receive: Receive, max_bytes: int) -> Receive:
    """`receive` that raises HTTPException 413 once a body is longer than `max_bytes`."""
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > max_bytes:
            size = f"{max_bytes >> 20} MiB" if max_bytes >= 1 << 20 else f"{max_bytes >> 10} KiB"
            raise HTTPException(413, f"expected at most {size} in a request of this kind, got more")
        return message

    return receive_some


class SecurityHeaders:
    """Adds to every answer what keeps a browser from doing more with it than it should."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security_headers(scope["path"]))
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def security_headers(path: str) -> dict[str, str]:
    """The headers of every answer at a path."""
    return {**HEADERS, "content-security-policy": DOCS_POLICY if path.startswith("/docs") else POLICY}


class HeadAsGet:
    """Answers HEAD wherever GET is answered; the server leaves out the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


class AllowedHosts:
    """Refuses requests for other hosts than this one, and whatever pages of other sites send.

    A page of another site can send requests to a service on the user's machine, and read the answers once its own name
    is made to lead there (DNS rebinding); both are recognised by the names in `Host` and `Origin`.

    Args:
        names: hosts to allow beside the loopback names, this machine's name and the address that was connected to;
            `*` allows every host, but no other site's pages.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._given = {name.strip().lower().rstrip(".") for name in names if name.strip()}
        self._hosts = {*LOOPBACK, *self._given, *machine_names()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host, scope):
            message = f"expected a Host that this service answers for, got {host[:80]!r}; `--allowed-host` adds one"
            return JSONResponse(make_error("bad_request", message), 400)
        is_foreign = (
            headers.get("sec-fetch-site") == "cross-site" if origin is None else not self._is_same(origin, host)
        )
        if scope["method"] not in SAFE_METHODS and is_foreign:
            message = (
                f"expected a request from this service's own pages, got one from {(origin or 'another site')[:80]!r}"
            )
            return JSONResponse(make_error("forbidden", message), 403)
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        name = split_host(host)[0]
        server = scope.get("server")
        return bool(name) and (
            ANY_HOST in self._given or name in self._hosts or (server is not None and name == server[0])
        )

    def _is_same(self, origin: str, host: str) -> bool:
        name, port = split_origin(origin)
        own, own_port = split_host(host)
        if not name:
            return False
        return name in self._given or (
            name == own and port in {own_port, *([] if own_port else DEFAULT_PORTS.values())}
        )


def split_host(host: str) -> tuple[str, int | None]:
    """Name, in lower case and without a final dot, and port of a Host header; an empty name where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    is_plain = parts.netloc == host and "@" not in host
    return (name.rstrip("."), port) if is_plain else ("", None)


def split_origin(origin: str) -> tuple[str, int | None]:
    """Name and port of an Origin header, the scheme's own port where it names none; an empty name for `null`."""
    scheme, separator, host = origin.partition("://")
    name, port = split_host(host) if separator else ("", None)
    return name, port or DEFAULT_PORTS.get(scheme.lower())


def machine_names() -> set[str]:
    """This machine's name, also as local networks announce it; no name server is asked."""
    name = socket.gethostname().lower()
    return {name, f"{name}.local"} if name else set()
