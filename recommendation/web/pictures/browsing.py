"""The routes for browsing without a query picture: facets and lists of the collection."""

import sys
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Annotated, Any, NamedTuple

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from numpy.typing import NDArray

from recommendation.browse import facets
from recommendation.browse.browser import MAX_LIMIT, Browser, Facets, Found
from recommendation.browse.orders import SORTS
from recommendation.search.engine import Engine
from recommendation.search.likeness import likeness_order
from recommendation.search.request import MAX_CONDITIONS
from recommendation.web.error_handlers import errors
from recommendation.web.people import whole_number
from shared.errors import UsageError

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:  # pydantic, which makes the OpenAPI schema of these, refuses the standard one there
    from typing_extensions import TypedDict

TOP, MAX_TOP, LIMIT = 20, 1000, 50
SIMILAR = "similar:"  # an order: before the image_id of the picture that all are compared with
KEPT_ORDERS = 8  # of a generation; 2 MB each for 500,000 pictures


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


class Current(NamedTuple):
    """An engine, its browser, and what gives the order of all rows by similarity to the picture with an image_id."""

    engine: Engine
    browser: Browser
    likeness: Callable[[str], NDArray[np.int32]]

    def listing(self, where: list[str], sort: str, offset: int, limit: int) -> Found:
        """A part of the list in an order of `Browser.listing`, or in that of SIMILAR; errors as these."""
        if not sort.startswith(SIMILAR):
            return self.browser.listing(where, sort, offset, limit)
        return self.browser.part(where, self.likeness(sort.removeprefix(SIMILAR)), offset, limit)


class Browsers:
    """The browser of the current generation."""

    def __init__(self, engine_of: Callable[[], Engine]) -> None:
        self._engine_of = engine_of
        self._current: Current | None = None

    def current(self) -> Current:
        """What belongs to the live engine; of two threads that change it at once one may compute it again."""
        engine, current = self._engine_of(), self._current
        if current is None or current.engine is not engine:
            likeness = lru_cache(maxsize=KEPT_ORDERS)(partial(likeness_order, engine))
            current = self._current = Current(engine, Browser(engine.pictures), likeness)
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
        engine, browser, _ = browsers.current()
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
            str,
            Query(
                max_length=80,
                description=f"{', '.join(SORTS)}; with - before it in descending order; or {SIMILAR} and an image_id, "
                "the picture itself and the most similar ones first",
            ),
        ] = "id",
        offset: Annotated[str, Query(max_length=20, description="place of the first picture, from 0")] = "0",
        limit: Annotated[str, Query(max_length=20, description=f"pictures, 1 to {MAX_LIMIT}")] = str(LIMIT),
    ) -> JSONResponse:
        current, start = browsers.current(), whole_number("offset", offset)
        found = current.listing(checked(where), sort, start, whole_number("limit", limit))
        answer = {"generation": current.engine.generation, "total": found.total, "offset": start, "images": found.items}
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
