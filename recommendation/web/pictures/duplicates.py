"""The routes about copies: groups of them, as a file, too, and decisions that pictures are none."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from recommendation.duplicates.facts import COLUMNS
from recommendation.duplicates.listing import ALL_KINDS, MOST_PICTURES, Groups, decide, read_groups, stamp
from recommendation.web.access.bodies import Body
from recommendation.web.error_handlers import errors
from recommendation.web.locations import hide_folder
from recommendation.web.people import whole_number
from shared.csv_text import csv_line, safe_cell
from shared.errors import UsageError
from shared.people.store import DecisionStore
from shared.storage import Storage

LIMIT, MAX_LIMIT = 50, 1000
EXPORTED = ("reason", "kind", "score", "image_id", "location", "filename", *COLUMNS)
Kind = Annotated[str, Query(max_length=20, description=f"of a copy in the group: {', '.join(ALL_KINDS)}")]
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
    """`GET /v1/duplicates`, `GET /v1/duplicates/export`, and `GET`, `POST` and `DELETE /v1/duplicates/decisions`."""
    router, reader = APIRouter(prefix="/v1/duplicates"), Reader(volume)
    add_decisions(router, volume)

    def groups_of(kind: str, start: int = 0, count: int | None = None) -> tuple[int, list[dict[str, Any]]]:
        """How many groups there are, and some of them as objects."""
        found = reader.current().of_kind(kind) if kind else reader.current()
        groups = [found.record(one) for one in found.groups[start:][:count]]
        return len(found.groups), groups if show_locations else [without_folders(one) for one in groups]

    @router.get("", responses=errors(400, 422, 503), summary="Groups of copies, and which picture of each to keep")
    def duplicates(
        kind: Kind = "",
        offset: Annotated[str, Query(max_length=20, description="place of the first group, from 0")] = "0",
        limit: Annotated[str, Query(max_length=20, description=f"groups, 1 to {MAX_LIMIT}")] = str(LIMIT),
    ) -> JSONResponse:
        start, count = whole_number("offset", offset), whole_number("limit", limit)
        check_range(kind, start, count)
        total, groups = groups_of(kind, start, count)
        return JSONResponse({"total": total, "offset": start, "groups": groups})

    @router.get(
        "/export",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}, **errors(400, 422, 503)},
        summary="All groups of copies as a CSV file, a line for each file",
    )
    def export(kind: Kind = "") -> Response:
        check_range(kind, 0, 1)
        headers = {"content-disposition": 'attachment; filename="duplicates.csv"', "cache-control": "no-store"}
        return Response(csv_of(groups_of(kind)[1]), media_type="text/csv", headers=headers)

    return router


def csv_of(groups: Sequence[dict[str, Any]]) -> bytes:
    """Groups as CSV: EXPORTED, the number of the group, from 1, and whether the file is of the picture to keep."""
    lines = [csv_line(("group", "keep", *EXPORTED))]
    for number, group in enumerate(groups, 1):
        for file in group["files"]:
            row = {**file, "reason": group["reason"]}
            keep = "yes" if file["image_id"] == group["keep"] else "no"
            lines.append(csv_line((number, keep, *(safe_cell(row[name]) for name in EXPORTED))))
    return b"\r\n".join(lines) + b"\r\n"


def add_decisions(router: APIRouter, volume: Storage) -> None:
    """Add the routes about decisions."""

    @router.get("/decisions", responses=errors(400, 503), summary="Pairs of pictures that are no duplicates")
    def decisions() -> JSONResponse:
        return JSONResponse({"decisions": sorted(sorted(pair) for pair in DecisionStore(volume).pairs())})

    answers = errors(400, 401, 403, 413, 415, 422, 503)

    @router.post(
        "/decisions", responses=answers, openapi_extra=BODY, summary="Pictures are no duplicates of each other"
    )
    def add(body: Body) -> JSONResponse:
        return JSONResponse({"image_ids": decide(volume, pictures_of(body)), "are_duplicates": False})

    @router.delete("/decisions", responses=answers, openapi_extra=BODY, summary="Take such a decision back")
    def remove(body: Body) -> JSONResponse:
        return JSONResponse({"image_ids": decide(volume, pictures_of(body), is_undone=True), "are_duplicates": None})


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
