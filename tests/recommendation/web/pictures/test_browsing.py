"""Facets and lists over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from recommendation.search.answerer import Answerer
from recommendation.search.likeness import LEAD, default_scores
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.pictures.browsing import FacetsAnswer, ImagesAnswer
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=collection.volume.root))) as client:
        yield client


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    response = client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_whole_collection_can_be_listed_in_parts(client: httpx.Client, answerer: Answerer) -> None:
    names: list[str] = []
    while len(names) < (found := get(client, "/v1/images", sort="filename", limit=7, offset=len(names)))["total"]:
        names += [one["filename"] for one in found["images"]]
    engine = answerer.current.engine
    assert names == sorted((engine.metadata_at(place)["filename"] for place in range(engine.count)), key=str.casefold)
    TypeAdapter(ImagesAnswer).validate_python(found)


def test_the_collection_can_be_sorted_by_similarity_to_a_picture(client: httpx.Client, answerer: Answerer) -> None:
    engine = answerer.current.engine
    image_id = engine.metadata_at(3)["image_id"]
    answers = client.post("/v1/query", data={"id": image_id, "measure": "default", "top_k": 20}).json()["results"]
    first = get(client, "/v1/images", sort=f"similar:{image_id}", limit=21)
    assert [one["image_id"] for one in first["images"]] == [
        image_id,
        *(one["image_id"] for one in answers["default"]),
    ]
    listed = get(client, "/v1/images", sort=f"similar:{image_id}", limit=1000)["images"]
    assert {one["image_id"] for one in listed} == {
        engine.metadata_at(place)["image_id"] for place in range(engine.count)
    }
    scores = default_scores(engine, engine.pictures.find(image_id) or 0)
    rest = [scores[engine.pictures.find(one["image_id"])] for one in listed[LEAD + 1 :]]
    assert rest == sorted(rest, reverse=True)
    wide = get(client, "/v1/images", sort=f"similar:{image_id}", where="orientation=landscape", limit=1000)["images"]
    assert wide == [one for one in listed if one["width_px"] > one["height_px"]]


def test_a_value_of_a_facet_leads_to_the_pictures_that_have_it(client: httpx.Client, answerer: Answerer) -> None:
    found = get(client, "/v1/facets", top=3)
    assert found["pictures"] == found["matching"] == answerer.current.engine.count
    for facet in TypeAdapter(FacetsAnswer).validate_python(found)["facets"].values():
        for value in facet["values"]:
            assert get(client, "/v1/images", where=value["where"], limit=1)["total"] == value["count"]


def test_facets_count_what_meets_the_conditions(client: httpx.Client) -> None:
    found = get(client, "/v1/facets", where=["orientation=square", "brightness>50"])
    assert [one["value"] for one in found["facets"]["orientation"]["values"]] == ["square"]
    assert found["matching"] == get(client, "/v1/images", where=["orientation=square", "brightness>50"])["total"]


@pytest.mark.parametrize(
    ("path", "parameters", "says"),
    [
        ("/v1/images", {"where": "smell=good"}, "where: expected a column"),
        ("/v1/images", {"where": ["year=2020"] * 17}, "where: expected at most 16, got 17"),
        ("/v1/images", {"sort": "size"}, "sort: expected one of"),
        ("/v1/images", {"sort": f"similar:{'0' * 32}"}, "expected the image_id of a picture in the index"),
        ("/v1/images", {"offset": "-1"}, "offset"),
        ("/v1/images", {"limit": "many"}, "limit: expected a whole number"),
        ("/v1/facets", {"top": "0"}, "top: expected 1 to 1000"),
    ],
)
def test_what_cannot_be_asked_is_named(client: httpx.Client, path: str, parameters: Any, says: str) -> None:
    response = client.get(path, params=parameters)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "wrong_usage")
    assert says in response.json()["error"]["message"]


def test_the_routes_are_described(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/images", "/v1/facets"} <= set(paths)
    assert [one["name"] for one in paths["/v1/images"]["get"]["parameters"]] == ["where", "sort", "offset", "limit"]
