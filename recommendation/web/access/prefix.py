"""The path under which a proxy shows the service."""

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import UsageError


def check_prefix(text: str) -> str:
    """The path of a proxy's setting, without a slash at its end; empty for none.

    Raises:
        UsageError: it is no path.
    """
    path = text.strip().rstrip("/")
    if path and (not path.startswith("/") or "//" in path or not path.isascii() or set(path) & set("?#\\\"'<> ")):
        raise UsageError(f"--root-path: expected a path such as /pictures, got {text[:80]!r}")
    return path


class Prefix:
    """Lets requests come with the proxy's path or without it: some proxies pass it on, others cut it off."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._path:
            whole: str = scope["path"]
            if whole == self._path or whole.startswith(f"{self._path}/"):
                scope = {**scope, "path": whole[len(self._path) :] or "/"}
        await self._app(scope, receive, send)
