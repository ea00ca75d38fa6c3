"""Who may write: nobody on a service that only reads, who has a token on a shared server, else everybody."""

from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from recommendation.search.answer import make_error
from recommendation.settings import ServeSettings
from recommendation.web.access.bodies import Body
from recommendation.web.access.tokens import KEY, Tokens, digest, read_tokens
from recommendation.web.error_handlers import CODES, errors
from recommendation.web.middleware import SAFE_METHODS
from shared.people.events import check_user_id

COOKIE = "imagerec-session"
A_MONTH_S = 30 * 86_400
SESSION = "/v1/session"
#: What is asked with POST and changes nothing.
ASKING = ("/v1/query", "/v1/fetch", SESSION)


def tokens_of(settings: ServeSettings) -> Tokens | None:
    """The tokens of a service that asks for one; None where everybody may write. Errors as `read_tokens`."""
    if settings.auth != "token":
        return None
    return read_tokens(settings.tokens or settings.volume.local_path(KEY))


class Writers:
    """Refuses requests that would change something from those who may not; notes who asks in the request's state."""

    def __init__(self, app: ASGIApp, tokens: Tokens | None, *, read_only: bool) -> None:
        self._app, self._tokens, self._read_only = app, tokens, read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        person = self._person(scope)
        scope = {**scope, "state": {**scope.get("state", {}), "person": person, "has_tokens": self._tokens is not None}}
        is_writing = scope["method"] not in SAFE_METHODS and scope["path"] not in ASKING
        await (self._refusal(person) if is_writing else self._app)(scope, receive, send)

    def _refusal(self, person: str | None) -> ASGIApp:
        if self._read_only:
            return JSONResponse(make_error(CODES[403], "this service only reads (--read-only): nothing is stored"), 403)
        if self._tokens is not None and person is None:
            message = "expected a token (Authorization: Bearer TOKEN, or a session of POST /v1/session)"
            return JSONResponse(make_error(CODES[401], message), 401, headers={"www-authenticate": "Bearer"})
        return self._app

    def _person(self, scope: Scope) -> str | None:
        if self._tokens is None:
            return None
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._tokens.person(token.strip())
        return self._tokens.person_of_digest(HTTPConnection(scope).cookies.get(COOKIE, ""))


def check_writer(request: Request, user_id: str) -> str:
    """The name of a person, in canonical form, if the request may write in it.

    Raises:
        UsageError: it can be no name.
        HTTPException: 403, the token is another person's.
    """
    name = check_user_id(user_id)
    if request.state.has_tokens and request.state.person != name:
        raise HTTPException(403, f"expected {request.state.person!r}, whose token this is, got {name!r}")
    return name


def own_name(user_id: str, request: Request) -> None:
    """A dependency of routes below a person's address: writing there needs that person's token."""
    if request.method not in SAFE_METHODS:
        check_writer(request, user_id)


OwnName = Depends(own_name)


def session_routes(tokens: Tokens | None, root: str) -> APIRouter:
    """`POST` and `DELETE /v1/session`: a browser's sign-in."""
    router = APIRouter()
    cookie: dict[str, Any] = {"path": root or "/", "httponly": True, "samesite": "strict"}

    @router.post(
        SESSION, responses=errors(400, 401, 415, 422), openapi_extra=TOKEN_BODY, summary="Sign in with a token"
    )
    def sign_in(body: Body) -> JSONResponse:
        token = body.get("token")
        person = tokens.person(token) if tokens and isinstance(token, str) else None
        if person is None:
            raise HTTPException(401, "expected a token of this service" if tokens else "this service has no tokens")
        answer = JSONResponse({"user_id": person})
        answer.set_cookie(COOKIE, digest(str(token)), max_age=A_MONTH_S, **cookie)
        return answer

    @router.delete(SESSION, responses=errors(400), summary="Sign out")
    def sign_out() -> JSONResponse:
        answer = JSONResponse({"user_id": None})
        answer.delete_cookie(COOKIE, **cookie)
        return answer

    return router


TOKEN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}},
                "example": {"token": "0123456789abcdef"},
            }
        },
    }
}
