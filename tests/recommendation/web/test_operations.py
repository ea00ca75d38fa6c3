"""Runs, failures, sources and measurements over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.server import create_app
from shared import tables
from shared.pipeline.slices import failure_row
from shared.tables.contracts import FAILURES, RUNS
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

pytestmark = pytest.mark.spark


@pytest.fixture
def client(own_collection: Collection) -> Iterator[httpx.Client]:
    volume = own_collection.volume
    rows = [
        failure_row("acquisition", f"/secret/{reason}-{n}.jpg", reason, "why: /secret/x", FILE)[1]
        for reason, n in FAILED
    ]
    snapshot = tables.open_snapshot(volume)
    parts = [
        *snapshot.parts(FAILURES, "acquisition"),
        tables.write_part(volume, FAILURES, rows, "odd", "acquisition", "f" * 8),
    ]
    runs = [{**RUN, "started": datetime(2026, 1, day, tzinfo=UTC)} for day in (3, 5, 4)]
    parts_of_runs = [tables.write_part(volume, RUNS, runs, "runs", "acquisition", "f" * 8)]
    tables.publish(volume, snapshot, "acquisition", {FAILURES.name: parts, RUNS.name: parts_of_runs})
    answerer = Answerer(volume)
    health = Health(answerer, Thumbnails(volume))
    with running(create_app(answerer, health, ServeSettings(data=volume.root))) as client:
        yield client


FILE = {"size_bytes": 1, "mtime_ns": 1, "ctime_ns": 1, "inode": 1, "source_id": "/secret"}
RUN = {
    "stage": "acquisition",
    "seconds": 2.5,
    "listed": 5,
    "done": 3,
    "skipped": 1,
    "failed": 1,
    "fingerprint": "",
    "master": "local[2]",
    "cores": 2,
    "source_id": "/secret/pictures",
}
FAILED = [("undecodable", 1), ("empty_file", 1), ("undecodable", 2)]


def test_runs_are_listed_newest_first(client: httpx.Client) -> None:
    runs = client.get("/v1/runs").json()["runs"]
    assert [run["started"] for run in runs] == [f"2026-01-0{day}T00:00:00+00:00" for day in (5, 4, 3)]
    assert {run["source_id"] for run in runs} == {"pictures"}
    assert all(run["listed"] == run["done"] + run["skipped"] + run["failed"] for run in runs)


def test_failures_are_counted_by_reason_and_listed_without_folders(client: httpx.Client) -> None:
    found = client.get("/v1/failures").json()
    assert found["reasons"] == [{"reason": "undecodable", "count": 2}, {"reason": "empty_file", "count": 1}]
    assert [one["item"] for one in found["failures"]] == ["empty_file-1.jpg", "undecodable-1.jpg", "undecodable-2.jpg"]
    assert "/secret" not in str(found)
    second = client.get("/v1/failures", params={"reason": "undecodable", "offset": 1}).json()
    assert (second["total"], [one["item"] for one in second["failures"]]) == (2, ["undecodable-2.jpg"])
    assert client.get("/v1/failures", params={"limit": 0}).status_code == 422


def test_sources_have_their_pictures(client: httpx.Client, own_collection: Collection) -> None:
    [source] = client.get("/v1/sources").json()["sources"]
    assert (source["kind"], source["pictures"]) == ("folder", Engine.open(own_collection.volume).count)
    assert str(own_collection.pictures) not in str(source)


def test_measurements_count_requests_by_route(client: httpx.Client) -> None:
    client.get("/v1/status")
    client.get("/no/such/page")
    text = client.get("/metrics").text
    assert 'imagerec_requests_total{method="GET",route="/v1/status",status="200"} 1.0' in text
    assert 'route="other",status="404"' in text
    assert "imagerec_request_seconds_bucket" in text
    assert "imagerec_pictures" in text
    assert 'imagerec_index_recall{measure="embedding"}' in text


def test_charts_and_reports_are_served_by_known_names_only(client: httpx.Client, own_collection: Collection) -> None:
    volume = own_collection.volume
    assert client.get("/v1/charts").json() == {"charts": []}
    chart = {
        "name": "colors",
        "title": "Most are red",
        "note": "",
        "width_px": 4,
        "height_px": 3,
        "table": [["red", 5]],
    }
    volume.put("reports/charts/charts.json", json.dumps({"content": "x", "charts": [chart, {"name": "../x"}]}).encode())
    volume.put("reports/charts/colors.png", b"a picture")
    volume.put("reports/report.pdf", b"a report")
    assert client.get("/v1/charts").json() == {"charts": [chart]}
    assert client.get("/v1/charts/colors").content == b"a picture"
    assert {"name": "report.pdf", "size_bytes": 8} in client.get("/v1/reports").json()["files"]
    taken = client.get("/v1/reports/report.pdf")
    assert (taken.content, taken.headers["content-type"]) == (b"a report", "application/pdf")
    for path in (
        "charts/charts.json",
        "charts/..%2f..%2fusers",
        "reports/images_metadata.json",
        "reports/catalog.duckdb",
    ):
        assert client.get(f"/v1/{path}").status_code == 404
