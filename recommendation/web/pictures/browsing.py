"""The routes for browsing without a query picture: facets and lists of the collection."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from recommendation.browse import facets
from recommendation.browse.browser import MAX_LIMIT, Browser, Facets
from recommendation.browse.orders import SORTS
from recommendation.search.engine import Engine
from recommendation.search.request import MAX_CONDITIONS
from recommendation.web.error_handlers import errors
from recommendation.web.people import whole_number
from shared.errors import UsageError

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI schema of these, refuses the standard one there
    from typing_extensions import TypedDict

TOP, MAX_TOP, LIMIT = 20, 1000, 50


class FacetValue(TypedDict):
    """A value, how many pictures have it, and the conditions that these meet."""

    value: str
    count: int
    where: list[str]


class FacetAnswer(TypedDict):
    """How many pictures have each value of a column; `more` values are rarer, `missing` pictures have none."""

    values: list[FacetValue]
    more: int
    missing: int


class FacetsAnswer(TypedDict):
    """How many pictures meet all conditions, and how many of these have each value, by column."""

    generation: str
    pictures: int
    matching: int
    facets: dict[str, FacetAnswer]


class ListedImage(TypedDict):
    """A picture of a list; `color` is the one that most of it has, `#rrggbb`."""

    image_id: str
    filename: str
    title: str
    license: str
    author: str
    date_taken: str
    width_px: int
    height_px: int
    color: str


class ImagesAnswer(TypedDict):
    """A part of the list of all pictures that meet all conditions; `total` is the length of the whole list."""

    generation: str
    total: int
    offset: int
    images: list[ListedImage]


WHERE = Query(max_length=16 << 10, description="conditions that pictures meet, all of them, as in a query")


class Browsers:
    """The browser of the current generation."""

    def __init__(self, engine_of: Callable[[], Engine]) -> None:
        self._engine_of = engine_of
        self._current: tuple[Engine, Browser] | None = None

    def current(self) -> tuple[Engine, Browser]:
        """The engine and what it computed once; of two threads that change it at once one may compute it again."""
        engine, current = self._engine_of(), self._current
        if current is None or current[0] is not engine:
            current = self._current = engine, Browser(engine.pictures)
        return current


def browsing_routes(engine_of: Callable[[], Engine]) -> APIRouter:
    """`GET /v1/facets` and `GET /v1/images`."""
    router, browsers = APIRouter(), Browsers(engine_of)
    add_facets(router, browsers)
    add_images(router, browsers)
    return router


def add_facets(router: APIRouter, browsers: Browsers) -> None:
    """Add `GET /v1/facets`."""

    @router.get(
        "/v1/facets",
        responses={200: {"model": FacetsAnswer}, **errors(400, 422, 503)},
        summary="How many pictures have each licence, tag, colour, camera, year, ...",
    )
    def facet_counts(
        where: Annotated[list[str] | None, WHERE] = None,
        top: Annotated[str, Query(max_length=20, description=f"values of each column, 1 to {MAX_TOP}")] = str(TOP),
    ) -> JSONResponse:
        engine, browser = browsers.current()
        n_values = whole_number("top", top)
        if not 1 <= n_values <= MAX_TOP:
            raise UsageError(f"top: expected 1 to {MAX_TOP}, got {n_values}")
        found = browser.facets(checked(where), n_values)
        return JSONResponse({"generation": engine.generation, "pictures": engine.count, **facets_answer(found)})


def add_images(router: APIRouter, browsers: Browsers) -> None:
    """Add `GET /v1/images`."""

    @router.get(
        "/v1/images",
        responses={200: {"model": ImagesAnswer}, **errors(400, 422, 503)},
        summary="A part of the list of all pictures, sorted and filtered",
    )
    def images(
        where: Annotated[list[str] | None, WHERE] = None,
        sort: Annotated[
            str, Query(max_length=80, description=f"{', '.join(SORTS)}; with - before it in descending order")
        ] = "id",
        offset: Annotated[str, Query(max_length=20, description="place of the first picture, from 0")] = "0",
        limit: Annotated[str, Query(max_length=20, description=f"pictures, 1 to {MAX_LIMIT}")] = str(LIMIT),
    ) -> JSONResponse:
        engine, browser = browsers.current()
        start = whole_number("offset", offset)
        found = browser.listing(checked(where), sort, start, whole_number("limit", limit))
        answer = {"generation": engine.generation, "total": found.total, "offset": start, "images": found.items}
        return JSONResponse(answer)


def checked(where: list[str] | None) -> list[str]:
    """The conditions of an address.

    Raises:
        UsageError: there are too many.
    """
    found = [text for text in where or () if text]
    if len(found) > MAX_CONDITIONS:
        raise UsageError(f"where: expected at most {MAX_CONDITIONS}, got {len(found)}")
    return found


def facets_answer(found: Facets) -> dict[str, Any]:
    """Facets as they are answered."""
    counted: dict[str, Any] = {
        name: {
            "values": [
                {"value": one.value, "count": one.count, "where": [facets.condition_of(name, one.value)]}
                for one in facet.values
            ],
            "more": facet.more,
            "missing": facet.missing,
        }
        for name, facet in found.counted.items()
    }
    bins = [
        {"value": f"{one.low} to {one.high}", "count": one.count, "where": list(facets.bin_conditions(one))}
        for one in found.brightness
    ]
    missing = found.matching - sum(one.count for one in found.brightness)
    counted[facets.HISTOGRAM] = {"values": bins, "more": 0, "missing": missing}
    return {"matching": found.matching, "facets": counted}
