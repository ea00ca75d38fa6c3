"""docs/queries.md and the examples of the OpenAPI schema show what the program answers."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommendation.commands import query
from recommendation.commands.inbox import backlog
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import KEYS, Options, QueryRequest, parse_request, read_json
from recommendation.search.thumbnails import Thumbnails
from recommendation.search.weights import DEFAULT
from recommendation.search.weights import TEXT as TEXT_MEASURE
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.openapi import DONE, EXAMPLES
from recommendation.web.server import create_app
from shared.pictures.measures import MEASURES
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")
JSON_BLOCKS = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
ASKED = {"GET /v1/map/rows": {"color": "white"}}
#: Answers about what a new collection has none of.
ABOUT_PEOPLE_AND_JOBS = ("{user_id}", "{job_id}")


@pytest.mark.spark
def test_the_answer_shown_has_the_form_of_a_real_one(collection: Collection, answerer: Answerer) -> None:
    shown = json.loads(JSON_BLOCKS[0])
    real = answerer.answer([read_upload(collection.paths()[0])], Options(measure=("default", "embedding"))).content
    assert list(shown) == list(real)
    assert list(shown["queries"][0]) == list(real["queries"][0])
    assert list(shown["results"]) == list(real["results"])
    [item] = shown["results"]["default"]
    assert list(item) == list(real["results"]["default"][0])
    assert list(item["scores"]) == list(real["results"]["default"][0]["scores"])


def test_the_job_shown_is_one() -> None:
    request = parse_request(read_json(JSON_BLOCKS[1]), Options())
    assert request == QueryRequest(
        top_k=10, measure=("default", "color"), combine="min", images=("pictures/a.jpg", "/pictures/b.jpg")
    )
    assert f"Its keys are {', '.join(f'`{key}`' for key in KEYS[:-1])} and `{KEYS[-1]}`" in TEXT


def test_the_commands_shown_are_understood() -> None:
    commands = re.findall(r"^imagerec query (.*?)(?:\s+#.*)?$", TEXT, re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        query.parser().parse_args(shlex.split(command))


def test_every_measure_is_listed() -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith("| `measure` |"))
    assert [name for name in re.findall(r"`(\w+)`", row) if name != "measure"] == [DEFAULT, *MEASURES, TEXT_MEASURE]


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume), backlog=partial(backlog, collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=collection.volume.root))) as client:
        yield client


@pytest.mark.spark
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
