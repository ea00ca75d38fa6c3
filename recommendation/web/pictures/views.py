"""`GET /v1/images/{image_id}/view`: a stored picture as large as a screen shows it, made of its original."""

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.thumbnails import Thumbnails
from recommendation.web.admission import Admission, QueueLimits
from recommendation.web.error_handlers import errors
from recommendation.web.pictures.routes import ONE_DAY, metadata_of
from shared.errors import BadInputError
from shared.pictures.originals import read_original
from shared.pictures.sandbox import DecodeLimits, decoder
from shared.storage import Storage

#: A large picture takes up to a second: a few are made at once, apart from queries.
VIEW_LIMITS = QueueLimits(working=2, waiting=64)
DECODED = DecodeLimits(children=VIEW_LIMITS.working, program=("-m", "shared.pictures.view_process"))
NO_CACHE = "private, no-cache"  # the original may be there the next time


class View(NamedTuple):
    """A picture as JPEG; `is_large` if it was made of the original, else it is the thumbnail."""

    jpeg: bytes
    is_large: bool


class Views:
    """Makes pictures of their originals; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._thumbnails, self._decoder = Thumbnails(volume), decoder(DECODED)

    def read(self, engine: Engine, image_id: str) -> View:
        """The picture upright and in sRGB, without metadata; errors as `StoredRows.read`.

        It is the thumbnail where the original cannot be read, is another file by now, or must be shown from where its
        source has it.
        """
        metadata = engine.metadata(image_id)
        data = None if metadata["display_url"] else read_original(metadata["location"], image_id)
        if data is not None:
            try:
                return View(self._decoder.decode(data).jpeg, is_large=True)
            except BadInputError:  # costs more at this size than as a thumbnail
                pass
        return View(self._thumbnails.read(engine, [image_id])[image_id], is_large=False)


def view_routes(answerer: Answerer, viewing: Admission, volume: Storage) -> APIRouter:
    """The route.

    Args:
        viewing: of large views alone.
    """
    router, views = APIRouter(), Views(volume)

    @router.get(
        "/v1/images/{image_id}/view",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}},
            304: {"description": "not changed"},
            **errors(400, 404, 503),
        },
        summary="A stored picture as large as a screen shows it; its thumbnail where the original is not at hand",
    )
    async def view(request: Request, image_id: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        engine = answerer.current.engine
        metadata_of(engine, image_id)
        large = f'"{image_id}-view"'  # an image_id names the picture's bytes
        if large in if_none_match:
            return Response(status_code=304, headers={"etag": large, "cache-control": ONE_DAY})
        made = await viewing.run(request, partial(views.read, engine, image_id))
        headers = {"etag": large, "cache-control": ONE_DAY} if made.is_large else {"cache-control": NO_CACHE}
        return Response(made.jpeg, media_type="image/jpeg", headers=headers)

    return router
