"""Errors over HTTP: one object, whatever went wrong, and its status."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from recommendation.search.answer import ErrorAnswer, error_object, make_error
from shared.errors import BadInputError, CannotProceedError, UsageError

log = logging.getLogger("recommendation")

#: Status of a picture that cannot be used, by reason; 422 for the others.
STATUS_OF_REASON = {"too_many_bytes": 413, "unsupported_format": 415}
MEANINGS = {
    400: "no form, or one with a field that no query has",
    404: "there is no such picture",
    413: "too many bytes",
    415: "not a picture format that is read",
    422: "a picture or an option that cannot be used",
    503: "the service cannot answer now",
}
CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_many_bytes",
    422: "wrong_usage",
    500: "internal_error",
    503: "unavailable",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of some error statuses."""
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in statuses}


def add_error_handlers(app: FastAPI) -> None:
    """Every error leaves as ``{"error": {"code", "message"}}``."""

    @app.exception_handler(BadInputError)
    def bad_input(_: Request, error: BadInputError) -> JSONResponse:
        return JSONResponse(error_object(error), STATUS_OF_REASON.get(error.reason, 422))

    @app.exception_handler(UsageError)
    def wrong_usage(_: Request, error: UsageError) -> JSONResponse:
        return JSONResponse(error_object(error), 422)

    @app.exception_handler(CannotProceedError)
    def unavailable(_: Request, error: CannotProceedError) -> JSONResponse:
        log.error("503: %s", error)
        return JSONResponse(error_object(error), 503)

    @app.exception_handler(HTTPException)
    def other(_: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, "error")
        return JSONResponse(make_error(code, error.detail), error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    def bug(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse(make_error(CODES[500], "a bug; the service's log says more"), 500)
