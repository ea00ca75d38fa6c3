"""The HTTP service: routes, errors and headers. Answers come from `live`, the page from `page`."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from recommendation import page
from recommendation.engine import DEFAULT, Engine, Options
from recommendation.health import Health
from recommendation.jobs import default_options
from recommendation.live import Answerer
from recommendation.middleware import SecurityHeaders, UploadLimit
from recommendation.query import Upload, error_object
from recommendation.settings import ServeSettings
from recommendation.thumbnails import Thumbnails
from shared.errors import BadInputError, CannotProceedError, UsageError

log = logging.getLogger("recommendation")

THREADS = 8
ONE_DAY = "private, max-age=86400"  # an image_id names its content, so a thumbnail hardly ever changes

PLACES = {"slice", "row"}  # where the tables keep it: nothing for a client

#: Status of a picture that cannot be used, by reason; 422 for the others.
STATUS_OF_REASON = {"too_many_bytes": 413, "unsupported_format": 415}
MEANINGS = {
    400: "the form cannot be read",
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
    503: "unavailable",
}


class ErrorDetail(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class ErrorAnswer(BaseModel):
    """Every error has this form."""

    error: ErrorDetail


class Search(BaseModel):
    """How to search; what is not said comes from the service's settings."""

    top_k: int | None = None
    measure: list[str] = []
    metric: str | None = None
    combine: str | None = None


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of some error statuses."""
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in statuses}


def create_app(answerer: Answerer, health: Health, settings: ServeSettings) -> FastAPI:
    """The service over an open index."""
    app = FastAPI(
        title=page.TITLE,
        description=page.ABOUT,
        version=page.VERSION,
        lifespan=limit_threads,
        redoc_url=None,
    )
    routers = (
        queries(answerer, default_options(settings)),
        pictures(answerer, Thumbnails(settings.data)),
        descriptions(answerer, health),
    )
    for router in routers:
        app.include_router(router)
    add_error_handlers(app)
    app.add_middleware(UploadLimit, max_bytes=settings.max_upload_mib << 20)
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def limit_threads(_: FastAPI) -> AsyncIterator[None]:
    """Let few requests work at the same moment; the others wait, with their uploads on the disk and not in memory."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def queries(answerer: Answerer, defaults: Options) -> APIRouter:
    """`POST /v1/query`."""
    router = APIRouter()

    @router.post(
        "/v1/query", responses=errors(400, 413, 415, 422, 503), summary="Find the pictures most like 1 to 5 pictures"
    )
    def query(
        asked: Annotated[Search, Query()],
        images: Annotated[Sequence[UploadFile], File(description="1 to 5 pictures")] = (),
        ids: Annotated[
            Sequence[str], Form(alias="id", description="image_id of stored pictures, as the query or part of it")
        ] = (),
        top_k: Annotated[int | None, Form(description="how many to find for each measure")] = None,
        measure: Annotated[Sequence[str], Form(description="default or the name of a measure; without it, all")] = (),
        metric: Annotated[str | None, Form(description="distance to use instead of each measure's own")] = None,
        combine: Annotated[
            str | None, Form(description="several pictures: mean, min (like all), max (like any)")
        ] = None,
    ) -> JSONResponse:
        said = Search(
            top_k=asked.top_k if top_k is None else top_k,
            measure=[one for one in (*asked.measure, *measure) if one],  # a form's empty choice means all
            metric=metric or asked.metric,
            combine=combine or asked.combine,
        )
        uploads = [Upload(image.filename or "upload", image.file.read()) for image in images]
        return JSONResponse(answerer.answer(uploads, options_of(said, defaults), ids).content)

    return router


def options_of(said: Search, defaults: Options) -> Options:
    """What a request said, completed by the defaults."""
    return Options(
        top_k=defaults.top_k if said.top_k is None else said.top_k,
        measures=tuple(said.measure) or None,
        metric=said.metric or defaults.metric,
        combine=said.combine or defaults.combine,
    )


def pictures(answerer: Answerer, thumbnails: Thumbnails) -> APIRouter:
    """`GET /v1/images/...`."""
    router = APIRouter(prefix="/v1/images/{image_id}")

    @router.get("", responses=errors(404), summary="What is known of a stored picture")
    def image(image_id: str) -> JSONResponse:
        return JSONResponse(known_picture(answerer.live.engine, image_id))

    @router.get(
        "/thumbnail",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "not changed"}, **errors(404, 503)},
        summary="A stored picture, shorter side at most 256 px",
    )
    def thumbnail(image_id: str, request: Request) -> Response:
        engine = answerer.live.engine
        known_picture(engine, image_id)
        headers = {"etag": f'"{image_id}"', "cache-control": ONE_DAY}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(thumbnails.read(engine, [image_id])[image_id], media_type="image/jpeg", headers=headers)

    return router


def known_picture(engine: Engine, image_id: str) -> dict[str, Any]:
    """What is known of a stored picture, for people.

    Raises:
        HTTPException: 404, it is not in the index.
    """
    try:
        known = engine.metadata(image_id)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error
    return {name: value for name, value in known.items() if name not in PLACES}


def descriptions(answerer: Answerer, health: Health) -> APIRouter:
    """What is here, for people, programs and whoever watches the service."""
    router = APIRouter()

    @router.get("/v1/status", summary="What the service answers from")
    def status() -> JSONResponse:
        return JSONResponse(answerer.live.engine.describe())

    @router.get("/healthz", responses=errors(503), summary="Answer a real query, or say why that is not possible")
    def healthz() -> JSONResponse:
        return JSONResponse(health.check(), headers={"cache-control": "no-store"})

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    def first_page() -> HTMLResponse:
        return HTMLResponse(page.first_page(facts_of(answerer)))

    for name, (content, media_type) in page.FILES.items():
        router.add_api_route(f"/{name}", _file_route(content, media_type), include_in_schema=False)
    return router


def facts_of(answerer: Answerer) -> page.Facts:
    """What the first page says."""
    engine = answerer.live.engine
    return page.Facts(
        engine.count, answerer.live.model_name, engine.generation, [DEFAULT, *engine.describe()["measures"]]
    )


def _file_route(content: str, media_type: str) -> Any:
    def read() -> Response:
        return Response(content, media_type=media_type)

    return read


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

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        details = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return JSONResponse({"error": {"code": CODES[422], "message": details}}, 422)

    @app.exception_handler(HTTPException)
    def other(_: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, "error")
        return JSONResponse(
            {"error": {"code": code, "message": error.detail}}, error.status_code, headers=error.headers
        )
