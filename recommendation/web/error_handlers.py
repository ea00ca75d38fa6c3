"""Errors over HTTP: one object, whatever went wrong, and its status."""

import logging
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from recommendation.search.answer import ErrorAnswer, error_object, make_error
from recommendation.search.messages import MAX_SHOWN
from recommendation.settings import ServeSettings
from recommendation.web.access.prefix import check_prefix
from recommendation.web.locations import hide_paths
from recommendation.web.middleware import security_headers
from recommendation.web.pages.assets import TEMPLATES, TITLE
from shared.errors import BadInputError, CannotProceedError, UsageError

log = logging.getLogger("recommendation")

#: Status of a picture that cannot be used, by reason; 422 for the others.
STATUS_OF_REASON = {"too_many_bytes": 413, "unsupported_format": 415}
MEANINGS = {
    400: "a Host that this service does not answer for, no form, or one with an unknown field",
    401: "a token is needed to write here",
    403: "sent by a page of another site, or nothing may be written here",
    404: "there is no such thing",
    413: "too many bytes",
    415: "not a picture format that is read",
    422: "a picture or an option that cannot be used",
    429: "too many requests; see Retry-After",
    503: "the service cannot answer now, or has too many queries; see Retry-After",
    507: "no room for the upload",
}
CLIENT_CLOSED = 499
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_many_bytes",
    422: "wrong_usage",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
    507: "insufficient_storage",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of some error statuses."""
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in statuses}


def add_error_handlers(app: FastAPI, settings: ServeSettings) -> None:
    """Every error leaves as ``{"error": {"code", "message"}}``, but for people who follow a link to no page."""
    volume = str(settings.data.absolute())
    app.add_exception_handler(RequestValidationError, invalid_parameter)

    @app.exception_handler(BadInputError)
    def bad_input(_: Request, error: BadInputError) -> JSONResponse:
        return JSONResponse(error_object(error), STATUS_OF_REASON.get(error.reason, 422))

    @app.exception_handler(UsageError)
    def wrong_usage(_: Request, error: UsageError) -> JSONResponse:
        return JSONResponse(error_object(error), 422)

    @app.exception_handler(CannotProceedError)
    def unavailable(_: Request, error: CannotProceedError) -> JSONResponse:
        log.error("503: %s", error)
        message = str(error) if settings.show_locations else hide_paths(str(error), volume)
        return JSONResponse(make_error(CODES[503], message), 503)

    @app.exception_handler(OSError)
    def refused_by_system(_: Request, error: OSError) -> JSONResponse:
        log.error("503: %s", error)
        return JSONResponse(make_error(CODES[503], f"the system refused it ({error.strerror}); try again later"), 503)

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> Response:
        return other_error(request, error, check_prefix(settings.root_path))

    @app.exception_handler(ClientDisconnect)
    def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_CLOSED)  # nobody reads it

    @app.exception_handler(Exception)
    def bug(request: Request, _: Exception) -> JSONResponse:
        headers = security_headers(request.url.path)  # this answer does not pass through the middleware
        return JSONResponse(make_error(CODES[500], "a bug; the service's log says more"), 500, headers=headers)


def other_error(request: Request, error: HTTPException, root: str) -> Response:
    """The answer to an error that a route names by its status; a page for people who look for one that is not there."""
    if error.status_code == 404 and is_for_people(request):
        return HTMLResponse(TEMPLATES.get_template("missing.html").render(title=TITLE, root=root), 404)
    code = CODES.get(error.status_code, "error")
    return JSONResponse(make_error(code, error.detail), error.status_code, headers=error.headers)


def is_for_people(request: Request) -> bool:
    """Whether a browser asks for a page, and not a program for an answer of the interface."""
    is_page = not request.url.path.startswith(("/v1/", "/static/"))
    return request.method == "GET" and is_page and "text/html" in request.headers.get("accept", "")


def invalid_parameter(_: Request, error: Exception) -> JSONResponse:
    """The answer to a parameter that is not what its route declares; says the first thing that is wrong with it."""
    first = cast(RequestValidationError, error).errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:]) or "request"
    message = f"{name}: {first['msg'][:1].lower()}{first['msg'][1:]}, got {str(first.get('input'))[:MAX_SHOWN]!r}"
    return JSONResponse(make_error(CODES[422], message), 422)
