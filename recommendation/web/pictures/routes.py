"""`GET /v1/images/{image_id}`, its details and its thumbnail."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from recommendation.search.answerer import Answerer
from recommendation.search.details import Details
from recommendation.search.engine import Engine
from recommendation.search.meaning import IMAGE_ID
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.error_handlers import errors
from recommendation.web.locations import hide_details, hide_folder
from recommendation.web.pictures.sized import SIZES, STORED, SizedThumbnails, wanted
from shared.errors import UsageError

ONE_DAY = "private, max-age=86400"  # an image_id names its content, so a thumbnail hardly ever changes
INTERNAL = {"slice", "row"}  # where the tables keep a picture: nothing for a client

Size = Annotated[
    int | None,
    Query(ge=1, le=STORED, description=f"shorter side, px, rounded up to {SIZES}; WebP where the client accepts it"),
]


def picture_routes(answerer: Answerer, settings: ServeSettings) -> APIRouter:
    """The routes below /v1/images/{image_id} that read the volume alone."""
    router = APIRouter(prefix="/v1/images/{image_id}")
    add_facts(router, answerer, settings)
    add_thumbnail(router, answerer, settings)
    return router


def add_thumbnail(router: APIRouter, answerer: Answerer, settings: ServeSettings) -> None:
    """Add the route of thumbnails."""
    thumbnails = Thumbnails(settings.volume)
    sized = SizedThumbnails(lambda one: thumbnails.read(answerer.current.engine, [one])[one])

    @router.get(
        "/thumbnail",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}, "image/webp": {}}},
            304: {"description": "not changed"},
            **errors(400, 404, 422, 503),
        },
        summary=f"A stored picture, shorter side at most {STORED} px",
    )
    def thumbnail(
        image_id: str,
        size: Size = None,
        accept: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        metadata_of(answerer.current.engine, image_id)
        asked = wanted(image_id, size, accept)
        headers = {"etag": asked.etag, "cache-control": ONE_DAY, "vary": "accept"}
        if asked.etag in if_none_match:
            return Response(status_code=304, headers=headers)
        data = sized.get(asked, as_stored=size is None)
        return Response(data, media_type=asked.media_type, headers=headers)


def add_facts(router: APIRouter, answerer: Answerer, settings: ServeSettings) -> None:
    """Add the routes that describe a picture."""
    details = Details(settings.volume)

    @router.get("", responses=errors(400, 404), summary="Metadata of a stored picture")
    def image(image_id: str) -> JSONResponse:
        metadata = metadata_of(answerer.current.engine, image_id)
        return JSONResponse(metadata if settings.show_locations else hide_folder(metadata))

    @router.get(
        "/details",
        responses=errors(400, 404, 503),
        summary="All that is known of a stored picture: palette, camera, categories, places, near-copies",
    )
    def all_details(image_id: str) -> JSONResponse:
        engine = answerer.current.engine
        metadata_of(engine, image_id)
        found = public(details.read(engine, image_id))
        return JSONResponse(found if settings.show_locations else hide_details(found))


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
        return public(engine.metadata(image_id))
    except UsageError as error:
        raise HTTPException(404, str(error)) from error


def public(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata without what only the tables need."""
    return {name: value for name, value in metadata.items() if name not in INTERNAL}
