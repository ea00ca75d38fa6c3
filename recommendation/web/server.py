"""The HTTP service: its routes. Queries are read by `forms` and answered by the answerer; the pages are in `pages`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from recommendation.search.answer import EXAMPLE, Answer
from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.query_picture import Upload
from recommendation.search.request import Options, QueryRequest, default_options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web import openapi, pages
from recommendation.web.error_handlers import add_error_handlers, errors
from recommendation.web.forms import check_form, form_description, read_query
from recommendation.web.health import Health
from recommendation.web.middleware import SecurityHeaders, UploadLimit
from shared.errors import UsageError

THREADS = 8
ONE_DAY = "private, max-age=86400"  # an image_id names its content, so a thumbnail hardly ever changes

INTERNAL = {"slice", "row"}  # where the tables keep a picture: nothing for a client


def create_app(answerer: Answerer, health: Health, settings: ServeSettings) -> FastAPI:
    """The service over an open index."""
    app = FastAPI(
        title=pages.TITLE,
        description=pages.ABOUT,
        version=pages.VERSION,
        lifespan=limit_threads,
        docs_url=None,
        redoc_url=None,
    )
    defaults = default_options(settings)
    routers = (
        query_routes(answerer, defaults),
        picture_routes(answerer, Thumbnails(settings.volume)),
        status_routes(answerer, health),
        pages.page_routes(answerer, pages.mount_assets(app), defaults),
    )
    for router in routers:
        app.include_router(router)
    openapi.describe(app)
    add_error_handlers(app)
    app.add_middleware(UploadLimit, max_bytes=settings.max_upload_mib << 20)
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def limit_threads(_: FastAPI) -> AsyncIterator[None]:
    """Let few requests work at the same moment; the others wait, with their uploads on the disk and not in memory."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def query_routes(answerer: Answerer, defaults: Options) -> APIRouter:
    """`POST /v1/query`."""
    router = APIRouter()

    @router.post(
        "/v1/query",
        responses={
            200: {"model": Answer, "content": {"application/json": {"example": EXAMPLE}}},
            **errors(400, 413, 415, 422, 503),
        },
        openapi_extra=form_description(),
        summary="Find the pictures most similar to 1 to 5 pictures",
    )
    async def query(request: Request) -> JSONResponse:
        check_form(request)
        async with request.form() as form:
            asked, files = read_query(form, request.query_params, defaults)
            return JSONResponse(await run_in_threadpool(answer_form, answerer, asked, files))

    return router


def answer_form(answerer: Answerer, asked: QueryRequest, files: Sequence[UploadFile]) -> Answer:
    """The answer to the query of a form; reads its files."""
    uploads = [Upload(name, file.file.read()) for name, file in zip(asked.images, files, strict=True)]
    return answerer.answer(uploads, asked, asked.id).content


def picture_routes(answerer: Answerer, thumbnails: Thumbnails) -> APIRouter:
    """`GET /v1/images/...`."""
    router = APIRouter(prefix="/v1/images/{image_id}")

    @router.get("", responses=errors(404), summary="Metadata of a stored picture")
    def image(image_id: str) -> JSONResponse:
        return JSONResponse(metadata_of(answerer.current.engine, image_id))

    @router.get(
        "/thumbnail",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "not changed"}, **errors(404, 503)},
        summary="A stored picture, shorter side at most 256 px",
    )
    def thumbnail(image_id: str, request: Request) -> Response:
        engine = answerer.current.engine
        metadata_of(engine, image_id)
        headers = {"etag": f'"{image_id}"', "cache-control": ONE_DAY}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(thumbnails.read(engine, [image_id])[image_id], media_type="image/jpeg", headers=headers)

    return router


def metadata_of(engine: Engine, image_id: str) -> dict[str, Any]:
    """Metadata of a stored picture, for people.

    Raises:
        HTTPException: 404, it is not in the index.
    """
    try:
        found = engine.metadata(image_id)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error
    return {name: value for name, value in found.items() if name not in INTERNAL}


def status_routes(answerer: Answerer, health: Health) -> APIRouter:
    """`GET /v1/status` and `GET /healthz`."""
    router = APIRouter()

    @router.get("/v1/status", summary="The index generation: what it was made of and how well it finds")
    def status() -> JSONResponse:
        return JSONResponse(answerer.current.engine.summary())

    @router.get("/healthz", responses=errors(503), summary="Whether a query was answered a moment ago, else why not")
    def healthz() -> JSONResponse:
        return JSONResponse(health.check(), headers={"cache-control": "no-store"})

    return router
