"""Charts and reports that the pipeline drew: what there is, and the files, by names that are known beforehand."""

import json
import re
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from recommendation.settings import ServeSettings
from recommendation.web.error_handlers import errors
from shared.storage import Storage
from shared.storage.volume import REPORTS

CHARTS = f"{REPORTS}/charts"
CHART_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SHOWN = ("name", "title", "note", "width_px", "height_px", "table")
#: Files for people and programs: key on the volume, media type, and whether it holds no paths of the host.
FILES = {
    "report.pdf": (f"{REPORTS}/report.pdf", "application/pdf", True),
    "patterns.json": (f"{REPORTS}/patterns.json", "application/json", True),
    "users.json": ("users.json", "application/json", True),
    "recommendations.json": ("recommendations.json", "application/json", True),
    "images_labels.json": ("images_labels.json", "application/json", False),
    "images_metadata.json": ("images_metadata.json", "application/json", False),
    "features.csv": (f"{REPORTS}/features.csv", "text/csv", False),
}
MAX_AGE = "private, max-age=300"


def report_routes(settings: ServeSettings) -> APIRouter:
    """All routes about charts and reports."""
    router, volume = APIRouter(), settings.volume

    @router.get("/v1/charts", responses=errors(400, 503), summary="The charts that were drawn, with their numbers")
    def charts() -> JSONResponse:
        return JSONResponse({"charts": drawn_charts(volume)})

    @router.get(
        "/v1/charts/{name}",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, **errors(400, 404)},
        summary="A chart",
    )
    def chart(name: str) -> Response:
        key = f"{CHARTS}/{name}.png" if CHART_NAME.fullmatch(name) else ""
        return Response(read(volume, key, name), media_type="image/png", headers={"cache-control": MAX_AGE})

    @router.get("/v1/reports", responses=errors(400), summary="Reports and files for other programs that can be taken")
    def reports() -> JSONResponse:
        return JSONResponse({"files": offered(volume, settings)})

    @router.get(
        "/v1/reports/{name}",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}, **errors(400, 404)},
        summary="A report or a file for other programs",
    )
    def report(name: str) -> Response:
        key, kind, is_public = FILES.get(name, ("", "", False))
        data = read(volume, key if is_public or settings.show_locations else "", name)
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(data, media_type=kind, headers=headers)

    return router


def drawn_charts(volume: Storage) -> list[dict[str, Any]]:
    """The charts of reports/charts; none where nothing was drawn, or the list is just being written."""
    try:
        found = json.loads(volume.read(f"{CHARTS}/charts.json"))
    except (OSError, ValueError):
        return []
    charts = found.get("charts", []) if isinstance(found, dict) else []
    return [{name: one.get(name) for name in SHOWN} for one in charts if CHART_NAME.fullmatch(str(one.get("name")))]


def offered(volume: Storage, settings: ServeSettings) -> list[dict[str, Any]]:
    """The files that there are and that may be taken."""
    sizes = {
        name: volume.stat(key) for name, (key, _, is_public) in FILES.items() if is_public or settings.show_locations
    }
    return [{"name": name, "size_bytes": one.size_bytes} for name, one in sizes.items() if one]


def read(volume: Storage, key: str, name: str) -> bytes:
    """A file of the volume; 404 where there is none."""
    if key:
        try:
            return volume.read(key)
        except FileNotFoundError:
            pass
    raise HTTPException(404, f"expected a chart or report that was made, got {name[:80]!r}; `imagerec run` makes them")
