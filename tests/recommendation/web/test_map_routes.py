"""The map over HTTP, without a browser and without an index."""

import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from recommendation.settings import ServeSettings
from recommendation.web.map.command import main
from recommendation.web.map.server import create_map_app
from recommendation.web.middleware import POLICY
from recommendation.web.pages.assets import FOLDER, STATIC_DIR
from shared.people.events import Event
from shared.people.store import PeopleStore
from shared.storage import LocalStorage
from tests.commands import ROOT, python
from tests.recommendation.web.running import running
from tests.web.map.made_map import write_map

COUNT = 1500
MOST_BYTES = 15 * 1024


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    return write_map(tmp_path_factory.mktemp("map"), COUNT)


@pytest.fixture(scope="module")
def client(volume: LocalStorage) -> Iterator[httpx.Client]:
    with running(create_map_app(ServeSettings(data=volume.root))) as made:
        yield made


def test_page_and_code_are_small() -> None:
    code = [*STATIC_DIR.glob("map*.js"), FOLDER / "templates" / "map.html"]
    assert len(code) == 6
    assert sum(len(gzip.compress(path.read_bytes())) for path in code) < MOST_BYTES


def test_the_page_runs_under_the_policy_of_the_service(client: httpx.Client) -> None:
    answer = client.get("/map")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    assert "http" not in answer.text.replace("http-equiv", "")


def test_points_take_five_bytes_a_picture(client: httpx.Client) -> None:
    document = client.get("/v1/map").json()
    points = client.get(f"/map/files/{document['points']}")
    assert len(points.content) == 5 * COUNT
    assert "immutable" in points.headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["map.json", "../map.json", "..%2f..%2ftables%2fsnapshot.json", "sheet-0000000000000001.jpg", "x"]
)
def test_no_other_file_is_given_away(client: httpx.Client, name: str) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    connection.request("GET", f"/map/files/{name}")
    assert connection.getresponse().status == 404
    connection.close()


def test_pictures_are_found(client: httpx.Client, volume: LocalStorage) -> None:
    found = client.get("/v1/map/rows/7").json()
    assert found == {"row": 7, "image_id": found["image_id"], "filename": "7.jpg"}
    ids = f"{found['image_id']},{'0' * 32}"
    assert client.get("/v1/map/rows", params={"id": ids}).json() == {"rows": [7, -1]}
    assert client.get("/v1/map/rows", params={"name": "77.JPG"}).json()["rows"][:2] == [77, 177]
    assert len(client.get("/v1/map/rows", params={"tag": "third"}).json()["rows"]) == COUNT // 3
    PeopleStore(volume).record([Event("anna", found["image_id"], 1.0, 0, "test")])
    assert client.get("/v1/map/rows", params={"user": "anna"}).json() == {"rows": [7]}
    assert client.get("/v1/map/rows", params={"user": "nobody"}).json() == {"rows": []}


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/v1/map/rows?tag=none", 404, "no picture on the map has the tag"),
        ("/v1/map/rows?shape=round", 422, "expected one of the parameters id, name"),
        ("/v1/map/rows?tag=a&color=b", 422, "expected one of the parameters id, name"),
        (f"/v1/map/rows/{COUNT}", 404, f"expected a row 0 to {COUNT - 1}"),
        ("/v1/map/rows/first", 422, ""),
    ],
)
def test_a_wrong_question_is_one_sentence(client: httpx.Client, address: str, status: int, message: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert message in json.dumps(answer.json())


def test_without_a_map_all_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(create_map_app(ServeSettings(data=tmp_path))) as client:
        assert client.get("/v1/map").status_code == 404
        assert "no map yet" in client.get("/map").text
    assert main(["--data", str(tmp_path)]) == 1
    assert "no map in" in capsys.readouterr().err


def test_the_command_prints_and_draws(volume: LocalStorage, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(volume.root)]) == 0
    assert "1,500 pictures in 22 clusters" in capsys.readouterr().out
    data = ["--data", str(volume.root)]
    assert main([*data, "--highlight", "tag:third", "--out", str(tmp_path / "third.png")]) == 0
    assert (tmp_path / "third.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--highlight", "tag:third"], "expected --out FILE.png"),
        (["--highlight", "tag:none", "--out", "x.png"], "expected the tag of some picture on the map, got 'none'"),
        (["--highlight", "shape:round", "--out", "x.png"], "expected tag|category"),
        (["--highlight", "tag:third", "--space", "--out", "x.png"], "got both"),
    ],
)
def test_wrong_flags_are_one_sentence(
    volume: LocalStorage, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert main(["--data", str(volume.root), *flags]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("module", ["recommendation.commands.query", "recommendation.web.worker"])
def test_queries_and_the_service_start_without_what_draws_maps(module: str) -> None:
    heavy = ("matplotlib", "numba", "scipy", "sklearn", "umap")
    code = f"import {module}, sys; print([one for one in {heavy} if one in sys.modules])"
    assert python("-c", code, cwd=ROOT).stdout.strip() == "[]"
