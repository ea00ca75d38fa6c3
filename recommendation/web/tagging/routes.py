"""`GET` and `POST /v1/tags`, and the tags of one picture."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from recommendation import tagging
from recommendation.search.engine import Engine
from recommendation.web.access.bodies import Body
from recommendation.web.access.writers import check_writer
from recommendation.web.error_handlers import errors
from recommendation.web.pictures.routes import metadata_of
from shared.errors import UsageError
from shared.people.tags import MOST_TAGS, TagStore, change_tags
from shared.storage import Storage

MOST_PICTURES = 1000  # of one request
FIELDS = ("pictures", "add", "remove", "user_id")
TEXTS = {"type": "array", "items": {"type": "string"}}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["pictures", "user_id"],
                    "additionalProperties": False,
                    "properties": {
                        "pictures": {**TEXTS, "minItems": 1, "maxItems": MOST_PICTURES, "description": "image_ids"},
                        "add": {**TEXTS, "maxItems": MOST_TAGS},
                        "remove": {**TEXTS, "maxItems": MOST_TAGS},
                        "user_id": {"type": "string", "description": "who says so"},
                    },
                },
                "example": {"pictures": ["0e0af2fa6c1b4d7e8f9a0b1c2d3e4f50"], "add": ["beach"], "user_id": "Ada"},
            }
        },
    }
}
Ids = Annotated[list[str] | None, Query(alias="id", max_length=MOST_PICTURES, description="of these pictures alone")]


def tag_routes(engine_of: Callable[[], Engine], volume: Storage) -> APIRouter:
    """All routes about tags."""
    router = APIRouter()

    @router.get(
        "/v1/images/{image_id}/tags", responses=errors(400, 404, 503), summary="The tags of a picture, and from whom"
    )
    def of_picture(image_id: str) -> JSONResponse:
        engine = engine_of()
        metadata_of(engine, image_id)
        found = tagging.described_tags(volume, engine, image_id)
        suggestions = tagging.suggested_tags(volume, engine, image_id)
        return JSONResponse({"image_id": image_id, "tags": found, "suggestions": suggestions})

    @router.get("/v1/tags", responses=errors(400, 404, 422, 503), summary="All tags, with their numbers of pictures")
    def all_tags(image_ids: Ids = None) -> JSONResponse:
        counts = count_tags(volume, engine_of(), image_ids or [])
        return JSONResponse({"tags": [{"tag": tag, "pictures": n} for tag, n in counts.most_common()]})

    @router.post(
        "/v1/tags",
        responses=errors(400, 401, 403, 413, 415, 422, 503),
        openapi_extra=BODY,
        summary="Add and remove tags of pictures by hand",
    )
    def change(body: Body, request: Request) -> JSONResponse:
        given = read_change(body)
        user = check_writer(request, given["user_id"])
        stored = tagging.indexed_tags(engine_of(), given["pictures"])
        added, removed = change_tags(volume, stored, given["add"], given["remove"], user)
        return JSONResponse({"user_id": user, "added": added, "removed": removed})

    return router


def count_tags(volume: Storage, engine: Engine, image_ids: list[str]) -> Counter[str]:
    """How many pictures have each tag: of the whole collection, or of some pictures."""
    if image_ids:
        for image_id in image_ids:
            metadata_of(engine, image_id)
        current = tagging.tags_of(volume, engine, image_ids)
        return Counter(tag for tags in current.values() for tag in set(tags))
    counts = index_tags(engine).copy()
    for tag, n in TagStore(volume).counts():
        counts[tag] = max(counts[tag], n)
    return counts


def read_change(body: dict[str, Any]) -> dict[str, Any]:
    """A change as a body describes it.

    Raises:
        UsageError: it has other fields, or a field has another type.
    """
    unknown = sorted(body.keys() - set(FIELDS))
    if unknown:
        raise UsageError(f"body: expected the fields {', '.join(FIELDS)}, got {', '.join(unknown)[:80]}")
    found = {"add": [], "remove": [], **body}
    for name in ("pictures", "add", "remove"):
        texts = found.get(name)
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise UsageError(f"{name}: expected a list of texts, got {str(texts)[:80]}")
    if not 1 <= len(found["pictures"]) <= MOST_PICTURES:
        raise UsageError(f"pictures: expected 1 to {MOST_PICTURES}, got {len(found['pictures'])}")
    if not isinstance(found.get("user_id"), str):
        raise UsageError(f"user_id: expected a text, got {str(found.get('user_id'))[:80]}")
    return found


@lru_cache(maxsize=2)
def index_tags(engine: Engine) -> Counter[str]:
    """How many pictures of a generation have each tag."""
    return Counter(tag for tags in engine.pictures.column("tags") for tag in set(tags))
