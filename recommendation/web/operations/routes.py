"""`GET /v1/runs`, `/v1/failures`, `/v1/sources` and `/metrics`."""

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from recommendation.settings import ServeSettings
from recommendation.web.error_handlers import errors
from recommendation.web.locations import hide_paths
from recommendation.web.operations.measurements import Measurements
from recommendation.web.operations.records import Records
from shared.storage import locations

MOST = 1000
Reason = Annotated[str, Query(max_length=80, description="of this reason alone, see the counts in `reasons`")]
Offset = Annotated[int, Query(ge=0, description="place of the first one, from 0")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="at most so many")]


def operation_routes(settings: ServeSettings, measurements: Measurements) -> APIRouter:
    """All routes about how things are going."""
    router, records = APIRouter(), Records(settings.volume)

    @router.get("/v1/runs", responses=errors(400, 503), summary="The latest runs of the pipeline's stages")
    def runs() -> JSONResponse:
        return JSONResponse({"runs": [public(row, settings) for row in records.runs()]})

    @router.get("/v1/failures", responses=errors(400, 422, 503), summary="Files that could not be used, and why")
    def failures(reason: Reason = "", offset: Offset = 0, limit: Limit = 100) -> JSONResponse:
        rows = records.failures()
        counts = Counter(row["reason"] for row in rows).most_common()
        chosen = [row for row in rows if reason in ("", row["reason"])]
        shown = [public(row, settings) for row in chosen[offset : offset + limit]]
        reasons = [{"reason": name, "count": n} for name, n in counts]
        return JSONResponse({"total": len(chosen), "offset": offset, "reasons": reasons, "failures": shown})

    @router.get("/v1/sources", responses=errors(400, 503), summary="The sources, with licences and credits")
    def sources() -> JSONResponse:
        return JSONResponse({"sources": [public(row, settings) for row in records.sources()]})

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"example": "imagerec_pictures 2999.0\n"}}}, **errors(400)},
        summary="Requests, latencies, queue and generation, for Prometheus",
    )
    def metrics() -> Response:
        data, kind = measurements.exposition()
        return Response(data, headers={"content-type": kind, "cache-control": "no-store"})

    return router


def public(row: dict[str, Any], settings: ServeSettings) -> dict[str, Any]:
    """A row without paths of the host, unless the settings include them."""
    if settings.show_locations:
        return row
    found = dict(row)
    for name in ("item", "source_id"):
        if name in found and not found[name].startswith(("http://", "https://")):
            found[name] = locations.filename(found[name]) or found[name]
    if "detail" in found:
        found["detail"] = hide_paths(found["detail"], str(settings.data.absolute()))
    return found
