"""The routes about copies: groups of them, and decisions that pictures are none."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from recommendation.duplicates.listing import ALL_KINDS, MOST_PICTURES, Groups, decide, read_groups, stamp
from recommendation.web.access.bodies import Body
from recommendation.web.error_handlers import errors
from recommendation.web.locations import hide_folder
from recommendation.web.people import whole_number
from shared.errors import UsageError
from shared.storage import Storage

LIMIT, MAX_LIMIT = 50, 1000
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["pictures"],
                    "properties": {
                        "pictures": {
                            "type": "array",
                            "items": {"type": "string"},
                            "minItems": 2,
                            "maxItems": MOST_PICTURES,
                        }
                    },
                },
                "example": {"pictures": ["lighthouse_03.jpg", "lighthouse_04.jpg"]},
            }
        },
    }
}


class Reader:
    """The groups as they are now, read again only when they have changed."""

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._current: tuple[tuple[Any, ...], Groups] | None = None

    def current(self) -> Groups:
        """See `read_groups`."""
        now, current = stamp(self._volume), self._current
        if current is None or current[0] != now:
            current = self._current = now, read_groups(self._volume)
        return current[1]


def duplicate_routes(volume: Storage, *, show_locations: bool) -> APIRouter:
    """`GET /v1/duplicates`, `POST` and `DELETE /v1/duplicates/decisions`."""
    router, reader = APIRouter(prefix="/v1/duplicates"), Reader(volume)

    @router.get("", responses=errors(400, 422, 503), summary="Groups of copies, and which picture of each to keep")
    def duplicates(
        kind: Annotated[str, Query(max_length=20, description=f"of a copy in the group: {', '.join(ALL_KINDS)}")] = "",
        offset: Annotated[str, Query(max_length=20, description="place of the first group, from 0")] = "0",
        limit: Annotated[str, Query(max_length=20, description=f"groups, 1 to {MAX_LIMIT}")] = str(LIMIT),
    ) -> JSONResponse:
        start, count = whole_number("offset", offset), whole_number("limit", limit)
        check_range(kind, start, count)
        found = reader.current().of_kind(kind) if kind else reader.current()
        groups = [found.record(one) for one in found.groups[start : start + count]]
        shown = groups if show_locations else [without_folders(one) for one in groups]
        return JSONResponse({"total": len(found.groups), "offset": start, "groups": shown})

    answers = errors(400, 403, 413, 415, 422, 503)

    @router.post(
        "/decisions", responses=answers, openapi_extra=BODY, summary="Pictures are no duplicates of each other"
    )
    def add(body: Body) -> JSONResponse:
        return JSONResponse({"image_ids": decide(volume, pictures_of(body)), "are_duplicates": False})

    @router.delete("/decisions", responses=answers, openapi_extra=BODY, summary="Take such a decision back")
    def remove(body: Body) -> JSONResponse:
        return JSONResponse({"image_ids": decide(volume, pictures_of(body), is_undone=True), "are_duplicates": None})

    return router


def check_range(kind: str, offset: int, limit: int) -> None:
    """Do nothing if there may be such a part of the list.

    Raises:
        UsageError: there is not.
    """
    if kind and kind not in ALL_KINDS:
        raise UsageError(f"kind: expected one of {', '.join(ALL_KINDS)}, got {kind!r}")
    if offset < 0:
        raise UsageError(f"offset: expected 0 or more, got {offset}")
    if not 1 <= limit <= MAX_LIMIT:
        raise UsageError(f"limit: expected 1 to {MAX_LIMIT}, got {limit}")


def without_folders(group: dict[str, Any]) -> dict[str, Any]:
    """A group whose locations are file names."""
    return {**group, "files": [hide_folder(file) for file in group["files"]]}


def pictures_of(body: dict[str, Any]) -> list[str]:
    """The pictures that a request names.

    Raises:
        UsageError: it has other fields, or no list of texts.
    """
    pictures = body.get("pictures")
    if set(body) != {"pictures"} or not isinstance(pictures, list) or not all(isinstance(one, str) for one in pictures):
        raise UsageError(f"body: expected the field pictures, a list of ids, paths or file names, got {str(body)[:80]}")
    return pictures
