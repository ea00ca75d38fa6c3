"""docs/queries.md says what the program does."""

import json
import re
import shlex
from pathlib import Path

import pytest

from recommendation.commands import query
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import KEYS, Options, QueryRequest, parse_request, read_json
from recommendation.search.weights import DEFAULT
from recommendation.search.weights import TEXT as TEXT_MEASURE
from shared.pictures.measures import MEASURES
from tests.recommendation.conftest import Collection

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")
JSON_BLOCKS = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)


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
