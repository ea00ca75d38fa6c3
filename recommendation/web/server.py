"""The HTTP service: its routes. Queries are read by `forms` and answered by the answerer; the pages are in `pages`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from recommendation.index.document import Summary
from recommendation.search.answer import EXAMPLE, Answer
from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.query_picture import Upload
from recommendation.search.request import QueryRequest, default_options
from recommendation.settings import ServeSettings
from recommendation.web import openapi, pages
from recommendation.web.access.delivery import Compression, Validators
from recommendation.web.access.prefix import Prefix, check_prefix
from recommendation.web.access.rates import RateLimit
from recommendation.web.access.tokens import Tokens
from recommendation.web.access.writers import Writers, session_routes, tokens_of
from recommendation.web.admission import QUEUE_LIMITS, Admission, QueueLimits
from recommendation.web.error_handlers import add_error_handlers, errors
from recommendation.web.forms import Files, form_description, read_form, read_query
from recommendation.web.health import Health
from recommendation.web.jobs.routes import job_routes
from recommendation.web.jobs.store import Jobs
from recommendation.web.locations import hide_folders
from recommendation.web.map.routes import map_routes
from recommendation.web.middleware import AllowedHosts, HeadAsGet, SecurityHeaders, UploadLimit
from recommendation.web.operations.measurements import Measured, Measurements
from recommendation.web.operations.reports import report_routes
from recommendation.web.operations.routes import operation_routes
from recommendation.web.pages.assets import mount_assets
from recommendation.web.pages.routes import page_routes
from recommendation.web.people import people_list_routes, people_routes
from recommendation.web.pictures.browsing import browsing_routes
from recommendation.web.pictures.duplicates import duplicate_routes
from recommendation.web.pictures.fetched import FETCH_LIMITS, fetch_routes
from recommendation.web.pictures.routes import picture_routes
from recommendation.web.pictures.views import VIEW_LIMITS, view_routes
from recommendation.web.tagging.routes import tag_routes

THREADS = 8


def create_app(
    answerer: Answerer,
    health: Health,
    settings: ServeSettings,
    limits: QueueLimits = QUEUE_LIMITS,
    measured_in: str = "",
) -> FastAPI:
    """The service over an open index.

    Args:
        measured_in: the folder where all processes of the service write their measurements; empty for a process alone.
    """
    admissions = [Admission(one) for one in (limits, FETCH_LIMITS, VIEW_LIMITS)]
    (admission, fetching, viewing), tokens = admissions, tokens_of(settings)
    measurements = Measurements(answerer, admission, measured_in)
    root = check_prefix(settings.root_path)
    app = bare_app(admissions, root)
    assets = mount_assets(app)
    for router in (
        query_routes(answerer, health, admission, settings),
        status_routes(answerer, health),
        page_routes(answerer, assets, settings),
        map_routes(settings.volume, assets.below(root), has_index=True, root=root),
        session_routes(tokens, root),
        operation_routes(settings, measurements),
        report_routes(settings),
        *collection_routes(answerer, fetching, viewing, settings),
    ):
        app.include_router(router)
    openapi.describe(app)
    add_error_handlers(app, settings)
    app.add_middleware(Measured, measurements=measurements)  # the innermost, which is told the route
    add_middleware(app, settings, tokens)
    return app


def bare_app(admissions: Sequence[Admission], root: str) -> FastAPI:
    """The service without routes."""
    return FastAPI(
        title=pages.TITLE,
        description=pages.ABOUT,
        version=pages.VERSION,
        lifespan=partial(lifespan, admissions),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": root}] if root else None,
    )


def collection_routes(
    answerer: Answerer, fetching: Admission, viewing: Admission, settings: ServeSettings
) -> tuple[APIRouter, ...]:
    """The routes about pictures, stored and fetched ones, and what people say of them."""

    def engine_of() -> Engine:
        return answerer.current.engine

    return (
        browsing_routes(engine_of),
        duplicate_routes(settings.volume, show_locations=settings.show_locations),
        picture_routes(answerer, settings),
        view_routes(answerer, viewing, settings.volume),
        fetch_routes(fetching, settings),
        people_list_routes(settings.volume),
        people_routes(engine_of, settings.volume),
        tag_routes(engine_of, settings.volume),
        job_routes(Jobs(settings.volume, settings.job_days), settings),
    )


def add_middleware(app: FastAPI, settings: ServeSettings, tokens: Tokens | None) -> None:
    """What requests pass through, the last one first."""
    app.add_middleware(Validators)
    app.add_middleware(UploadLimit, max_bytes=settings.max_upload_mib << 20)
    app.add_middleware(Writers, tokens=tokens, read_only=settings.read_only)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RateLimit, per_minute=settings.rate_limit, proxies=settings.trusted_proxy.split(","))
    app.add_middleware(AllowedHosts, names=settings.allowed_host.split(","))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Compression)
    app.add_middleware(Prefix, path=check_prefix(settings.root_path))


@asynccontextmanager
async def lifespan(admissions: Sequence[Admission], _: FastAPI) -> AsyncIterator[None]:
    """Let few requests beside queries work at the same moment; drop the queries that wait when the service stops."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    for one in admissions:
        one.close()


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
        summary="Find the pictures most similar to up to 5 pictures, or that fit a text best",
    )
    async def query(request: Request) -> JSONResponse:
        with admission.reading():
            form = await read_form(request)
        try:
            asked, files = read_query(form, request.query_params, defaults)
            return await admission.run(request, partial(respond, asked, files))
        finally:
            await form.close()

    def respond(asked: QueryRequest, files: Files) -> JSONResponse:
        """Answer, and write the JSON, in a thread: a long answer must not hold up the event loop."""
        answer = answer_form(answerer, asked, files)
        if asked.images:
            health.record(answer)
        return JSONResponse(answer if settings.show_locations else hide_folders(answer))

    return router


def answer_form(answerer: Answerer, asked: QueryRequest, files: Files) -> Answer:
    """The answer to the query of a form; reads its files one after the other."""
    uploads, unlike = (
        (Upload(name, file.file.read()) for name, file in zip(names, some, strict=True))
        for names, some in ((asked.images, files.images), (asked.unlike, files.unlike))
    )
    return answerer.answer(uploads, asked, asked.id, unlike).content


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
