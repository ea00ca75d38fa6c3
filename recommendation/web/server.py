"""The HTTP service: its routes and what they take. Answers come from `live`, the page from `page`."""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from recommendation.search.answerer import Answerer
from recommendation.search.engine import DEFAULT, Engine, Options
from recommendation.search.query_picture import Upload
from recommendation.search.request import default_options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web import page
from recommendation.web.error_handlers import FIELDS, add_error_handlers, errors
from recommendation.web.health import Health
from recommendation.web.middleware import SecurityHeaders, UploadLimit
from shared.errors import UsageError

log = logging.getLogger("recommendation")

THREADS = 8
ONE_DAY = "private, max-age=86400"  # an image_id names its content, so a thumbnail hardly ever changes

PLACES = {"slice", "row"}  # where the tables keep it: nothing for a client

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Search(BaseModel):
    """What may stand in the address; what is not said comes from the form, or from the service's settings."""

    id: list[str] = []
    top_k: int | None = None
    measure: list[str] = []
    metric: str | None = None
    combine: str | None = None


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
        pictures(answerer, Thumbnails(settings.volume)),
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
        "/v1/query",
        dependencies=[Depends(check_form)],
        responses=errors(400, 413, 415, 422, 503),
        summary="Find the pictures most like 1 to 5 pictures",
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
            id=[*asked.id, *ids],
            top_k=asked.top_k if top_k is None else top_k,
            measure=[one for one in (*asked.measure, *measure) if one],  # a form's empty choice means all
            metric=metric or asked.metric,
            combine=combine or asked.combine,
        )
        uploads = [Upload(image.filename or "upload", image.file.read()) for image in images]
        return JSONResponse(answerer.answer(uploads, options_of(said, defaults), said.id).content)

    return router


async def check_form(request: Request) -> None:
    """Do nothing for a query whose body, if there is one, is a form, and all of whose names are known.

    Raises:
        HTTPException: 400, saying what was expected.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in FORMS:
        raise HTTPException(400, f"expected a form ({' or '.join(FORMS)}), got {kind[:80]}")
    check_names("form", FIELDS, await request.form())
    check_names("address", [name for name in FIELDS if name != "images"], request.query_params)


def check_names(where: str, known: Iterable[str], given: Iterable[str]) -> None:
    """Refuse names that are not known; errors as `check_form`."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise HTTPException(400, f"expected in the {where} some of {', '.join(known)}; got {', '.join(unknown)[:80]}")


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
        return JSONResponse(answerer.live.engine.summary())

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
        engine.count, answerer.live.model_name, engine.generation, [DEFAULT, *engine.summary()["measures"]]
    )


def _file_route(content: str, media_type: str) -> Any:
    def read() -> Response:
        return Response(content, media_type=media_type)

    return read
