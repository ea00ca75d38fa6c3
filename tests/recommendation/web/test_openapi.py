"""The OpenAPI schema has an example of each answer in JSON, and real answers have its keys."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from recommendation.commands.inbox import backlog
from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.openapi import DONE, EXAMPLES
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

pytestmark = pytest.mark.spark

ASKED = {"GET /v1/map/rows": {"color": "white"}}
#: Answers about what a new collection has none of.
ABOUT_PEOPLE_AND_JOBS = ("{user_id}", "{job_id}")


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume), backlog=partial(backlog, collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=collection.volume.root))) as client:
        yield client


def test_every_answer_in_json_has_an_example(client: httpx.Client) -> None:
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            [done] = [operation["responses"][status] for status in DONE if status in operation["responses"]]
            for kind, content in done["content"].items():
                assert kind != "application/json" or "example" in content, (method, path)


@pytest.mark.parametrize(
    "name",
    [one for one in EXAMPLES if one.startswith("GET ") and not any(part in one for part in ABOUT_PEOPLE_AND_JOBS)],
)
def test_the_example_has_the_keys_of_a_real_answer(client: httpx.Client, answerer: Answerer, name: str) -> None:
    path = name.removeprefix("GET ").format(image_id=answerer.current.engine.metadata_at(0)["image_id"], row=0)
    real = client.get(path, params=ASKED.get(name)).json()
    assert keys_of(EXAMPLES[name]) == keys_of(real)


def keys_of(value: Any) -> Any:
    """The keys of an object, or what kind of value it is."""
    return sorted(value) if isinstance(value, dict) else type(value)
