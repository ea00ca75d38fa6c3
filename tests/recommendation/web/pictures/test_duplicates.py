"""Groups of copies over HTTP and on the command line, of a collection with some, and decisions that some are none."""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyspark import SparkContext

from recommendation.commands import duplicates as command
from recommendation.duplicates import job
from shared import tables
from shared.tables.contracts import DUPLICATES
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark
URL = "/v1/duplicates"


def names(group: dict[str, Any]) -> set[str]:
    return {file["filename"] for file in group["files"]}


def test_copies_are_grouped_until_somebody_says_that_they_are_none(
    client: httpx.Client, own_collection: Collection, sc: SparkContext
) -> None:
    found = client.get(URL).json()
    pair = next(one for one in found["groups"] if len(one["files"]) == 2 and one["files"][1]["kind"] == "near")
    assert pair["keep"] == pair["files"][0]["image_id"]
    assert "/" not in pair["files"][0]["location"]
    said = client.post(f"{URL}/decisions", json={"pictures": [file["image_id"] for file in pair["files"]]})
    assert (said.status_code, said.json()["are_duplicates"]) == (200, False)
    assert all(names(one) != names(pair) for one in client.get(URL).json()["groups"])
    assert client.get(f"{URL}/decisions").json() == {"decisions": [sorted(file["image_id"] for file in pair["files"])]}
    job.refresh(sc, own_collection.volume)
    rows = [
        row
        for part in tables.open_snapshot(own_collection.volume).parts(DUPLICATES)
        for row in tables.read_rows(own_collection.volume, part)
    ]
    assert not names(pair) & {row["filename"] for row in rows}
    client.request("DELETE", f"{URL}/decisions", json={"pictures": [file["image_id"] for file in pair["files"]]})
    job.refresh(sc, own_collection.volume)
    assert any(names(one) == names(pair) for one in client.get(URL).json()["groups"])


def test_a_part_and_a_kind_can_be_asked_for(client: httpx.Client) -> None:
    every = client.get(URL).json()
    assert client.get(URL, params={"offset": 1, "limit": 1}).json()["groups"] == every["groups"][1:2]
    near = client.get(URL, params={"kind": "near"}).json()
    assert near["groups"] == [one for one in every["groups"] if "near" in {file["kind"] for file in one["files"]}]


def test_the_groups_can_be_taken_along_as_a_table(client: httpx.Client) -> None:
    groups = client.get(URL).json()["groups"]
    response = client.get(f"{URL}/export")
    assert response.headers["content-disposition"] == 'attachment; filename="duplicates.csv"'
    lines = list(csv.DictReader(response.text.splitlines()))
    assert [(int(line["group"]), line["filename"], line["reason"]) for line in lines] == [
        (number, file["filename"], group["reason"]) for number, group in enumerate(groups, 1) for file in group["files"]
    ]
    kept = {line["image_id"] for line in lines if line["keep"] == "yes"}
    assert kept == {group["keep"] for group in groups}
    assert not any("/" in line["location"] for line in lines)
    assert client.get(f"{URL}/export", params={"kind": "odd"}).status_code == 422


@pytest.mark.parametrize(
    ("parameters", "says"),
    [({"kind": "odd"}, "kind: expected one of"), ({"limit": "0"}, "limit: expected 1"), ({"offset": "-1"}, "offset")],
)
def test_what_cannot_be_asked_is_named(client: httpx.Client, parameters: dict[str, str], says: str) -> None:
    response = client.get(URL, params=parameters)
    assert response.status_code == 422
    assert says in response.json()["error"]["message"]


@pytest.mark.parametrize("body", [{}, {"pictures": ["a"]}, {"pictures": "ab"}, {"pictures": [1, 2]}])
def test_what_is_no_decision_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    assert client.post(f"{URL}/decisions", json=body).status_code == 422


def test_the_command_the_table_and_the_reports_agree(
    collection: Collection, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = ["--data", str(collection.volume.root)]
    assert command.main([*data, "--json", "--gallery", str(tmp_path / "copies.png")]) == 0
    found = json.loads(capsys.readouterr().out)
    files = [file["location"] for group in found["groups"] for file in group["files"]]
    assert (tmp_path / "copies.png").read_bytes().startswith(b"\x89PNG")
    reported = json.loads(collection.volume.read(job.JSON))
    assert [row["location"] for row in reported] == files
    lines = list(csv.DictReader(collection.volume.read(job.CSV).decode().splitlines()))
    assert [line["location"] for line in lines] == files
    assert command.main([*data, "--limit", "1"]) == 0
    assert capsys.readouterr().out.startswith("keep ")
    assert command.main([*data, "--limit", "0"]) == 2
