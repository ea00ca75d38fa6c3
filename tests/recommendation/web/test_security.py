"""The service answers for its own hosts and pages only, and shows nothing of the machine it runs on."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommendation.search.answerer import Answerer
from recommendation.search.request import KEYS
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.locations import hide_paths
from recommendation.web.middleware import split_host, split_origin
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

pytestmark = pytest.mark.spark

QUERY = "/v1/query"


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    settings = ServeSettings(data=collection.volume.root, allowed_host="pictures.example, other.example")
    with running(create_app(answerer, Health(answerer, Thumbnails(collection.volume)), settings)) as client:
        yield client


def image_id(client: httpx.Client, path: Path) -> str:
    found: str = client.post(QUERY, files={"images": path.read_bytes()}).json()["queries"][0]["image_id"]
    return found


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("localhost.", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        (socket.gethostname(), 200),
        ("pictures.example", 200),
        ("other.example:443", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("evil.example:8000@localhost", 400),
        ("localhost@evil.example", 400),
        ("localhost/evil", 400),
        ("192.0.2.7", 400),
        ("", 400),
        ("localhost:port", 400),
    ],
)
@pytest.mark.parametrize("address", ["/", "/healthz", "/openapi.json"])
def test_only_this_machines_names_and_allowed_ones_are_answered(
    client: httpx.Client, address: str, host: str, status: int
) -> None:
    response = client.get(address, headers={"host": host})
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"


def test_any_host_can_be_allowed(collection: Collection, answerer: Answerer) -> None:
    settings = ServeSettings(data=collection.volume.root, allowed_host="*")
    with running(create_app(answerer, Health(answerer, Thumbnails(collection.volume)), settings)) as client:
        assert client.get("/v1/status", headers={"host": "any.example"}).status_code == 200
        foreign = {"host": "any.example", "origin": "http://evil.example"}
        assert client.post(QUERY, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"origin": "http://localhost:8000", "host": "localhost:8000"}, 422),
        ({"origin": "https://pictures.example", "host": "localhost:8000"}, 422),
        ({"sec-fetch-site": "same-origin"}, 422),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "file://"}, 403),
        ({"origin": "http://localhost:3000", "host": "localhost:8000"}, 403),
        ({"origin": "http://localhost.evil.example", "host": "localhost"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_what_another_sites_page_sends_is_refused(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert client.post(QUERY, headers=headers).status_code == status
    assert client.get("/v1/status", headers=headers).status_code == 200


def test_hosts_and_origins_are_split() -> None:
    assert split_host("[::1]:80") == ("::1", 80)
    assert split_host("Example.COM.") == ("example.com", None)
    assert split_host("a b") == ("a b", None)
    assert split_host("a:99999") == ("", None)
    assert split_origin("https://example.com") == ("example.com", 443)
    assert split_origin("null") == ("", None)


def paths_in(value: Any) -> list[str]:
    """Texts of a JSON value that are absolute paths."""
    return [text for text in json.dumps(value).split('"') if text.startswith("/") or "/tmp" in text]


def test_no_answer_gives_a_path_of_the_host(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(QUERY, files={"images": collection.paths()[0].read_bytes()})
    metadata = client.get(f"/v1/images/{answer.json()['queries'][0]['image_id']}")
    for response in (answer, metadata, client.get("/v1/status"), client.get("/healthz")):
        assert response.status_code == 200
        assert paths_in(response.json()) == []


def test_locations_are_shown_where_the_settings_say_so(collection: Collection, answerer: Answerer) -> None:
    settings = ServeSettings(data=collection.volume.root, show_locations=True)
    path = collection.paths()[0]
    with running(create_app(answerer, Health(answerer, Thumbnails(collection.volume)), settings)) as client:
        assert client.get(f"/v1/images/{image_id(client, path)}").json()["location"] == str(path)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/data/volume/tables/a.parquet is damaged", "tables/a.parquet is damaged"),
        ("no index in /data/volume; build", "no index in the volume; build"),
        ("cannot read /home/alice/pictures/a.jpg (gone)", "cannot read a.jpg (gone)"),
        ("expected 1/2, see https://example.org/a/b", "expected 1/2, see https://example.org/a/b"),
    ],
)
def test_paths_in_messages_start_at_the_volume(message: str, shown: str) -> None:
    assert hide_paths(message, "/data/volume") == shown


@pytest.mark.parametrize("damage", ["thumbnails"])
def test_an_error_gives_no_path_of_the_host(own_collection: Collection, damage: str) -> None:
    answerer = Answerer(own_collection.volume)
    root = own_collection.volume.root
    app = create_app(answerer, Health(answerer, Thumbnails(own_collection.volume)), ServeSettings(data=root))
    for path in (root / "tables" / damage).rglob("*.parquet"):
        path.unlink()
    with running(app) as client:
        response = client.get("/healthz")
    assert response.status_code == 503
    assert "/tmp" not in response.text
    assert str(root) not in response.text


def test_a_bug_is_answered_with_the_security_headers(own_collection: Collection) -> None:
    answerer = Answerer(own_collection.volume)
    health = Health(answerer, Thumbnails(own_collection.volume))
    app = create_app(answerer, health, ServeSettings(data=own_collection.volume.root))
    del answerer.current
    with running(app) as client:
        response = client.get("/v1/status")
    assert response.status_code == 500
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_an_image_id_has_one_form(client: httpx.Client, collection: Collection) -> None:
    known = image_id(client, collection.paths()[0])
    assert client.get(f"/v1/images/{known}/thumbnail").status_code == 200
    forms = (
        known.upper(),
        f"{known}00",
        f"{known[:16]}%20{known[16:]}",
        f"%20{known}",
        f"{known}%0A",
        known[:-1],
        f"0x{known}",
    )
    for other in {*forms} - {known}:
        for address in (f"/v1/images/{other}", f"/v1/images/{other}/thumbnail"):
            assert (address, client.get(address).status_code) == (address, 404)
    for other in (known.upper(), f"{known}00", f" {known}", f"{known[:16]} {known[16:]}"):
        if other != known:
            assert client.post(QUERY, data={"id": other}).status_code == 422


def test_head_is_answered_wherever_get_is(client: httpx.Client, collection: Collection) -> None:
    known = image_id(client, collection.paths()[0])
    page = client.get("/").text
    asset = page.split('href="')[1].split('"')[0]
    addresses = ("/", "/docs", "/openapi.json", "/v1/status", "/healthz", asset, f"/v1/images/{known}", "/nowhere")
    for address in (*addresses, f"/v1/images/{known}/thumbnail", QUERY):
        head, get = client.head(address), client.get(address)
        assert (address, head.status_code, head.content) == (address, get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-16", "utf-7", "rot13", "idna", "nonsense", "utf-8-sig"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_another_charset_than_utf8_is_refused(client: httpx.Client, charset: str, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n\\ud800\r\n--x--\r\n'
    response = client.post(QUERY, content=body, headers={"content-type": f"{kind}; charset={charset}"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "disposition",
    [
        b'form-data; name="images"; filename="\\ud800.jpg"',
        b'form-data; name="images"; filename="\xed\xa0\x80.jpg"',
        b"form-data; name=\"images\"; filename*=utf-8''%ED%A0%80.jpg",
        b"form-data; name=\"images\"; filename*=utf-16''%D8%00",
        b"form-data; name=\"images\"; filename*=unicode_escape''%5Cud800",
        b'form-data; name="images"; filename="a\x00b.jpg"',
        b'form-data; name="\xed\xa0\x80"; filename="a.jpg"',
        b'form-data; name="id"',
    ],
)
def test_odd_names_never_are_a_bug(client: httpx.Client, collection: Collection, disposition: bytes) -> None:
    body = (
        b"--x\r\nContent-Disposition: "
        + disposition
        + b"\r\n\r\n"
        + collection.paths()[0].read_bytes()
        + b"\r\n--x--\r\n"
    )
    response = client.post(QUERY, content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert response.status_code in {200, 400, 422}
    assert response.json()


def test_odd_addresses_never_are_a_bug(client: httpx.Client) -> None:
    asset = client.get("/").text.split('href="')[1].split('"')[0].rpartition("/")[0]
    odd = (
        "%00",
        "%2e%2e/%2e%2e/pages.py",
        "..%2f..%2fpages.py",
        "a" * 5000,
        "%ED%A0%80",
        "%FF",
        "",
        "//etc/passwd",
    )
    for name in odd:
        assert (name, client.get(f"{asset}/{name}").status_code) == (name, 404)
    for address in (
        "/v1/images/%00",
        "/v1/images/%ED%A0%80",
        "/v1/images/%FF/thumbnail",
        "/v1/status/",
        f"/{'a/' * 2000}",
    ):
        assert (address, client.get(address).status_code) == (address, 404)
    assert client.post(f"{QUERY}?top_k=%ED%A0%80&id=%00").status_code == 422


def test_the_description_is_true_of_errors_and_fields(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    assert not {"HTTPValidationError", "ValidationError"} & schema["components"]["schemas"].keys()
    assert "422" not in schema["paths"]["/v1/images/{image_id}"]["get"]["responses"]
    operation = schema["paths"][QUERY]["post"]
    assert operation["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Answer")
    assert operation["responses"]["200"]["content"]["application/json"]["example"]["queries"]
    for form in operation["requestBody"]["content"].values():
        assert form["schema"]["additionalProperties"] is False
    request = schema["components"]["schemas"]["QueryRequest"]
    assert request["additionalProperties"] is False
    assert set(request["properties"]) == set(KEYS)
    assert (request["properties"]["top_k"]["minimum"], request["properties"]["top_k"]["maximum"]) == (1, 1000)
    assert request["properties"]["combine"]["enum"] == ["mean", "min", "max"]
    assert all(one["examples"] and one["description"] for one in request["properties"].values())
