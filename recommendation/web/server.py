"""The HTTP service: its routes. Queries are read by `forms` and answered by the answerer; the pages are in `pages`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from recommendation.index.document import Summary
from recommendation.search.answer import EXAMPLE, Answer
from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.query_picture import Upload
from recommendation.search.request import IMAGE_ID, QueryRequest, default_options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web import openapi, pages
from recommendation.web.admission import QUEUE_LIMITS, Admission, QueueLimits
from recommendation.web.error_handlers import add_error_handlers, errors
from recommendation.web.forms import form_description, read_form, read_query
from recommendation.web.health import Health
from recommendation.web.locations import hide_folder, hide_folders
from recommendation.web.middleware import AllowedHosts, HeadAsGet, SecurityHeaders, UploadLimit
from recommendation.web.people import people_routes
from shared.errors import UsageError

THREADS = 8
ONE_DAY = "private, max-age=86400"  # an image_id names its content, so a thumbnail hardly ever changes

INTERNAL = {"slice", "row"}  # where the tables keep a picture: nothing for a client


def create_app(
    answerer: Answerer, health: Health, settings: ServeSettings, limits: QueueLimits = QUEUE_LIMITS
) -> FastAPI:
    """The service over an open index."""
    admission = Admission(limits)
    app = FastAPI(
        title=pages.TITLE,
        description=pages.ABOUT,
        version=pages.VERSION,
        lifespan=partial(lifespan, admission),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routers = (
        query_routes(answerer, health, admission, settings),
        picture_routes(answerer, settings),
        status_routes(answerer, health),
        pages.page_routes(answerer, pages.mount_assets(app), default_options(settings)),
        people_routes(lambda: answerer.current.engine, settings.volume),
    )
    for router in routers:
        app.include_router(router)
    openapi.describe(app)
    add_error_handlers(app, settings)
    app.add_middleware(UploadLimit, max_bytes=settings.max_upload_mib << 20)
    app.add_middleware(HeadAsGet)
    app.add_middleware(AllowedHosts, names=settings.allowed_host.split(","))
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def lifespan(admission: Admission, _: FastAPI) -> AsyncIterator[None]:
    """Let few requests beside queries work at the same moment; drop the queries that wait when the service stops."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    admission.close()


def query_routes(answerer: Answerer, health: Health, admission: Admission, settings: ServeSettings) -> APIRouter:
    """`POST /v1/query`."""
    router = APIRouter()
    defaults = default_options(settings)

    @router.post(
        "/v1/query",
        responses={
            200: {"model": Answer, "content": {"application/json": {"example": EXAMPLE}}},
            **errors(400, 403, 413, 415, 422, 503, 507),
        },
        openapi_extra=form_description(),
        summary="Find the pictures most similar to 1 to 5 pictures",
    )
    async def query(request: Request) -> JSONResponse:
        with admission.reading():
            form = await read_form(request)
        try:
            asked, files = read_query(form, request.query_params, defaults)
            return await admission.run(request, partial(respond, asked, files))
        finally:
            await form.close()

    def respond(asked: QueryRequest, files: Sequence[UploadFile]) -> JSONResponse:
        """Answer, and write the JSON, in a thread: a long answer must not hold up the event loop."""
        answer = answer_form(answerer, asked, files)
        if files:
            health.record(answer)
        return JSONResponse(answer if settings.show_locations else hide_folders(answer))

    return router


def answer_form(answerer: Answerer, asked: QueryRequest, files: Sequence[UploadFile]) -> Answer:
    """The answer to the query of a form; reads its files one after the other."""
    uploads = (Upload(name, file.file.read()) for name, file in zip(asked.images, files, strict=True))
    return answerer.answer(uploads, asked, asked.id).content


def picture_routes(answerer: Answerer, settings: ServeSettings) -> APIRouter:
    """`GET /v1/images/...`."""
    router = APIRouter(prefix="/v1/images/{image_id}")
    thumbnails = Thumbnails(settings.volume)

    @router.get("", responses=errors(400, 404), summary="Metadata of a stored picture")
    def image(image_id: str) -> JSONResponse:
        metadata = metadata_of(answerer.current.engine, image_id)
        return JSONResponse(metadata if settings.show_locations else hide_folder(metadata))

    @router.get(
        "/thumbnail",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "not changed"}, **errors(400, 404, 503)},
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
        HTTPException: 404, it is not in the index, or not written as ids are.
    """
    if not IMAGE_ID.fullmatch(image_id):
        raise HTTPException(
            404, f"expected the image_id of a picture, 32 hex digits in lower case, got {image_id[:80]!r}"
        )
    try:
        found = engine.metadata(image_id)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error
    return {name: value for name, value in found.items() if name not in INTERNAL}


def status_routes(answerer: Answerer, health: Health) -> APIRouter:
    """`GET /v1/status` and `GET /healthz`."""
    router = APIRouter()

    @router.get(
        "/v1/status",
        responses={200: {"model": Summary}, **errors(400)},
        summary="The index generation: what it was made of and how well it finds",
    )
    def status() -> JSONResponse:
        return JSONResponse(answerer.current.engine.summary())

    @router.get(
        "/healthz", responses=errors(400, 503), summary="Whether a query was answered a moment ago, else why not"
    )
    def healthz() -> JSONResponse:
        return JSONResponse(health.check(), headers={"cache-control": "no-store"})

    return router
