"""`POST /v1/fetch`: a picture at an address of the web, made small, for the page to search with. Nothing is stored."""

from functools import partial
from typing import Any
from urllib.parse import urljoin

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from recommendation.settings import ServeSettings
from recommendation.web.access.bodies import Body
from recommendation.web.admission import Admission, QueueLimits
from recommendation.web.error_handlers import errors
from shared.errors import UsageError
from shared.fetching import FetchError, FetchLimits
from shared.fetching.addresses import canonical, place_of
from shared.fetching.door import Door
from shared.fetching.limits import REDIRECTS
from shared.pictures.sandbox import Decoder, decoder

#: Others' servers may be slow: a few are waited for at once, apart from queries.
FETCH_LIMITS = QueueLimits(working=4, waiting=16)
LIMITS = FetchLimits(answer_s=8.0, silence_s=8.0, total_s=20.0)
HEADERS = {"Accept": "image/avif,image/webp,image/png,image/jpeg,image/*;q=0.8"}
OK = 200
NOT_ALLOWED = "this service fetches nothing from the web (--fetch yes allows it); save the picture and send it instead"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
                "example": {"url": "https://example.org/lighthouse.jpg"},
            }
        },
    }
}


def fetch_routes(admission: Admission, settings: ServeSettings) -> APIRouter:
    """`POST /v1/fetch`.

    Args:
        admission: of fetches alone.
    """
    router, made = APIRouter(), decoder()
    door = Door(limits=LIMITS, is_loopback_allowed=settings.allow_loopback)

    @router.post(
        "/v1/fetch",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, **errors(400, 403, 413, 415, 422, 503)},
        openapi_extra=BODY,
        summary="A small copy of a picture at an address of the web, to search with; where the service may fetch",
    )
    async def fetch(request: Request, body: Body) -> Response:
        if not settings.fetch:
            raise HTTPException(403, NOT_ALLOWED)
        work = partial(small_copy, door, made, url_of(body), settings.max_upload_mib << 20)
        return Response(await admission.run(request, work), media_type="image/jpeg")

    return router


def url_of(body: dict[str, Any]) -> str:
    """The address that a request names.

    Raises:
        UsageError: it names none, or something else.
    """
    if set(body) != {"url"} or not isinstance(body["url"], str):
        raise UsageError(f"body: expected the field url, an address of the web, got {str(body)[:80]}")
    return str(body["url"])


def small_copy(door: Door, made: Decoder, url: str, max_bytes: int) -> bytes:
    """The picture at an address as a JPEG thumbnail without metadata.

    Raises:
        UsageError: it cannot be fetched.
        BadInputError: it is no picture that can be used.
    """
    try:
        data = fetch_bytes(door, url, max_bytes)
    except FetchError as error:
        reason = "expected an address of the public web" if error.kind == "blocked_address" else str(error)
        raise UsageError(f"url: the picture cannot be fetched: {reason}") from error
    return made.decode(data).jpeg


def fetch_bytes(door: Door, url: str, max_bytes: int) -> bytes:
    """What is at an address or where its redirects lead to; each of these is checked as the first one is.

    Raises:
        FetchError: nothing can be had within the limits.
    """
    for _ in range(door.limits.redirects + 1):
        with door.ask(canonical(url), HEADERS) as answer:
            location = answer.headers.get("Location", "")
            if answer.status == OK:
                return b"".join(door.chunks(answer, max_bytes))
            if answer.status not in REDIRECTS or not location:
                raise FetchError(f"{place_of(url).host} answered {answer.status}")
            url = urljoin(url, location)
    raise FetchError(f"more than {door.limits.redirects} redirects")
