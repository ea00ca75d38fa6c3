"""The routes of the map: they need its files on the volume, and no index."""

import threading
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from recommendation.map.explore import files
from recommendation.map.explore.reader import MOST_ROWS, Explorer
from recommendation.web import pages
from recommendation.web.error_handlers import errors
from recommendation.web.pages import ONE_YEAR, Assets
from shared.people.events import check_user_id
from shared.storage import Storage

NO_MAP = "there is no map yet; `imagerec recommendation` makes one"
MOST_IDS = 1000
ASKED = ("id", "name", "user", "tag", "category", "color")
PARAMETERS = {
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": meaning}
        for name, meaning in (
            ("id", "image_ids, separated by commas; one row for each, -1 for one that is not on the map"),
            ("name", "part of a file name"),
            ("user", "a person, whose likes are found"),
            ("tag", "a tag"),
            ("category", "a category of the network"),
            ("color", "a colour's name"),
        )
    ]
}


class Maps:
    """The map that the volume has now; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self.volume = volume
        self._lock = threading.Lock()
        self._opened: Explorer | None = None

    def current(self) -> Explorer:
        """The map.

        Raises:
            HTTPException: 404, there is none.
        """
        with self._lock:
            found = files.read_document(self.volume)
            if found is None:
                raise HTTPException(404, NO_MAP)
            if self._opened is None or self._opened.content != found["content"]:
                self._opened = Explorer(self.volume)
            return self._opened


def map_routes(volume: Storage, assets: Assets, *, has_index: bool, root: str = "") -> APIRouter:
    """`GET /map`, its files, and `GET /v1/map/...`.

    Args:
        has_index: whether the same service answers queries.
        root: the path below which the service is reached.
    """
    router, maps = APIRouter(), Maps(volume)

    @router.get("/map", response_class=HTMLResponse, include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        template = pages.TEMPLATES.get_template("map.html")
        has_map = files.read_document(volume) is not None
        facts = {"has_index": has_index, "has_map": has_map, "no_map": NO_MAP, "root": root}
        facts["theme"] = pages.theme_of(request)
        return HTMLResponse(template.render(title=pages.TITLE, **facts, **assets._asdict()))

    @router.get("/map/files/{name}", response_class=FileResponse, include_in_schema=False)
    def file(name: str) -> FileResponse:
        key = f"{files.FOLDER}/{name}"
        if not files.NAME.fullmatch(name) or volume.stat(key) is None:
            raise HTTPException(404, f"no such file of the map: {name[:80]!r}")
        return FileResponse(volume.local_path(key), headers={"cache-control": ONE_YEAR})

    add_questions(router, maps)
    return router


def add_questions(router: APIRouter, maps: Maps) -> None:
    """`GET /v1/map`, one picture of it, and where pictures are."""

    @router.get("/v1/map", responses=errors(400, 404), summary="The map: its clusters, its quality and its files")
    def document() -> JSONResponse:
        return JSONResponse(maps.current().document, headers={"cache-control": "no-cache"})

    @router.get("/v1/map/values", responses=errors(400, 404), summary="Tags, categories and colours of most pictures")
    def values() -> JSONResponse:
        return JSONResponse(maps.current().values(MOST_ROWS))

    @router.get("/v1/map/rows/{row}", responses=errors(400, 404, 422), summary="The picture in a row of the map")
    def picture(row: int) -> JSONResponse:
        found = maps.current()
        if not 0 <= row < found.count:
            raise HTTPException(404, f"expected a row 0 to {found.count - 1}, got {row}")
        return JSONResponse(found.picture(row))

    @router.get(
        "/v1/map/rows", responses=errors(400, 404, 422), openapi_extra=PARAMETERS, summary="Rows of pictures on the map"
    )
    def rows(request: Request) -> JSONResponse:
        return JSONResponse({"rows": find(maps.current(), list(request.query_params.multi_items()))})


def find(found: Explorer, asked: Sequence[tuple[str, str]]) -> list[int]:
    """The rows that one question is about.

    Raises:
        HTTPException: 422, it is no question; 404, there is no such tag, category or colour.
    """
    if len(asked) != 1 or asked[0][0] not in ASKED:
        raise HTTPException(422, f"expected one of the parameters {', '.join(ASKED)}")
    [(kind, text)] = asked
    if kind == "id":
        return found.rows_of_ids(text.split(",")[:MOST_IDS])
    if kind == "name":
        return found.rows_of_name(text)
    if kind == "user":
        return found.rows_of_user(check_user_id(text))
    rows = found.rows_of_value(kind, text)
    if rows is None:
        raise HTTPException(404, f"no picture on the map has the {kind} {text[:80]!r}")
    return rows
