"""Query jobs over HTTP: stored whole, answered by the inbox, deleted in time, and no way to other files."""

import json
from pathlib import Path

import httpx
import pytest

from recommendation.commands.inbox import answer_once
from recommendation.settings import QuerySettings
from recommendation.web.jobs.store import DAY_S, Jobs, safe_name
from shared.storage import LocalStorage
from tests.recommendation.conftest import Collection


def pictures(*paths: Path) -> list[tuple[str, tuple[str, bytes]]]:
    return [("images", (path.name, path.read_bytes())) for path in paths]


def answer_all(collection: Collection) -> None:
    answer_once(QuerySettings(data=collection.volume.root))


@pytest.mark.spark
def test_each_picture_of_a_job_is_answered_in_its_order(client: httpx.Client, own_collection: Collection) -> None:
    paths = own_collection.paths()[:3]
    made = client.post("/v1/jobs", files=pictures(*paths), data={"user_id": "Ada"})
    assert made.status_code == 201
    job = made.json()
    assert (job["state"], job["queries"], job["answered"], job["user_id"]) == ("waiting", 3, 0, "Ada")
    answer_all(own_collection)
    address = f"/v1/jobs/{job['job_id']}"
    assert client.get(address).json()["state"] == "done"
    answers = [json.loads(line) for line in client.get(f"{address}/answers").text.splitlines()]
    assert [one["name"] for one in answers] == [path.name for path in paths]
    for answer, path in zip(answers, paths, strict=True):
        direct = client.post("/v1/query", files=pictures(path)).json()
        assert answer["results"] == direct["results"]
    assert client.get("/v1/jobs").json()["jobs"][0]["job_id"] == job["job_id"]


@pytest.mark.spark
def test_a_file_of_queries_has_options_and_names_pictures(client: httpx.Client, own_collection: Collection) -> None:
    first, second, third = own_collection.paths()[:3]
    image_id = client.get("/v1/images", params={"limit": 1}).json()["images"][0]["image_id"]
    lines = [{"images": [first.name, second.name], "top_k": 2, "measure": "color"}, {"id": [image_id], "top_k": 1}]
    queries = "\n".join(json.dumps(line) for line in lines)
    files = [*pictures(first, second, third), ("queries", ("q.jsonl", queries.encode()))]
    job = client.post("/v1/jobs", files=files).json()
    answer_all(own_collection)
    answers = [json.loads(line) for line in client.get(f"/v1/jobs/{job['job_id']}/answers").text.splitlines()]
    assert [one["name"] for one in answers] == [f"{first.name}, {second.name}", image_id, third.name]
    assert {name: len(items) for name, items in answers[0]["results"].items()} == {"color": 2}
    assert len(answers[1]["results"]["default"]) == 1


@pytest.mark.spark
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"images": ["/etc/passwd"]}', "sent with the job"),
        ('{"images": ["../a.jpg"]}', "sent with the job"),
        ('{"top_k": 0, "images": ["a.jpg"]}', "line 1: top_k"),
        ('{"smell": 1}', "line 1"),
        ("[1]", "line 1"),
        ("{", "line 1"),
        ("", "1 to 2000"),
    ],
)
def test_a_query_that_cannot_be_is_refused_with_its_line(
    client: httpx.Client, own_collection: Collection, line: str, says: str
) -> None:
    response = client.post("/v1/jobs", files={"queries": ("q.jsonl", line.encode())})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "wrong_usage")
    assert says in response.json()["error"]["message"]
    assert client.get("/v1/jobs").json() == {"jobs": []}


@pytest.mark.spark
def test_a_deleted_job_leaves_nothing(client: httpx.Client, own_collection: Collection) -> None:
    job = client.post("/v1/jobs", files=pictures(*own_collection.paths()[:2])).json()["job_id"]
    answer_all(own_collection)
    assert client.delete(f"/v1/jobs/{job}").json() == {"job_id": job, "deleted": True}
    left = [path for path in (own_collection.volume.root / "queries").rglob("*") if job in path.name]
    assert left == []
    for method in ("GET", "DELETE"):
        for name in (job, "job-../../x", "nothing"):
            assert client.request(method, f"/v1/jobs/{name}").status_code == 404


def test_jobs_are_deleted_when_their_time_is_over(tmp_path: Path) -> None:
    now = [1000.0]
    jobs = Jobs(LocalStorage(tmp_path), days=2, clock=lambda: now[0])
    job = jobs.create([], [{"id": ["0" * 32]}])
    now[0] += 2 * DAY_S - 1
    assert [one.job_id for one in jobs.all()] == [job.job_id]
    now[0] += 2
    assert jobs.all() == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "picture"),
        ("صورة.jpg", "____.jpg"),
        ("", "picture"),
    ],
)
def test_names_of_pictures_are_safe_in_paths(name: str, expected: str) -> None:
    assert safe_name(name) == expected
