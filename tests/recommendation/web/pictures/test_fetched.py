"""Pictures at addresses of the web, for searching: small copies, and what may not be fetched."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from recommendation.settings import ServeSettings
from recommendation.web.admission import Admission
from recommendation.web.error_handlers import add_error_handlers
from recommendation.web.pictures.fetched import FETCH_LIMITS, fetch_routes
from tests.acquisition.fetching.hosts import Host, Reply, serving
from tests.recommendation.web.running import running
from tests.shared.pictures.drawn import encoded, plain

PICTURE = encoded(plain((640, 512)))


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with serving() as made:
        made.replies = {
            "/a.png": Reply(PICTURE),
            "/away": Reply(status=302, headers=(("Location", "/a.png"),)),
            "/inside": Reply(status=302, headers=(("Location", "http://10.0.0.1/secret"),)),
            "/file": Reply(status=302, headers=(("Location", "file:///etc/passwd"),)),
            "/round": Reply(status=302, headers=(("Location", "/round"),)),
            "/page": Reply(b"<html><script>alert(1)</script></html>"),
            "/long": Reply(b"x" * (1 << 20) + b"x"),
        }
        yield made


def service(tmp_path: Path, **settings: bool) -> FastAPI:
    app, given = FastAPI(), ServeSettings(data=tmp_path, max_upload_mib=1, **settings)  # type: ignore[arg-type] # truth values
    app.include_router(fetch_routes(Admission(FETCH_LIMITS), given))
    add_error_handlers(app, given)
    return app


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(service(tmp_path_factory.mktemp("fetched"), fetch=True, allow_loopback=True)) as made:
        yield made


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/a.png", "/away"])
def test_a_picture_comes_as_a_small_jpeg(client: httpx.Client, host: Host, path: str) -> None:
    response = client.post("/v1/fetch", json={"url": host.address + path})
    assert (response.status_code, response.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(response.content)) as image:
        assert (image.format, min(image.size)) == ("JPEG", 256)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/inside", 422, "url: the picture cannot be fetched: expected an address of the public web"),
        ("/file", 422, "expected http or https"),
        ("/round", 422, "more than 5 redirects"),
        ("/none", 422, "127.0.0.1 answered 404"),
        ("/long", 422, "expected at most 1048576 bytes"),
        ("/page", 415, ""),
    ],
)
def test_what_is_no_picture_of_the_web_is_refused(
    client: httpx.Client, host: Host, path: str, status: int, says: str
) -> None:
    found = error_of(client.post("/v1/fetch", json={"url": host.address + path}))
    assert found[0] == status
    assert says in found[1]


@pytest.mark.parametrize("body", [{}, {"url": 1}, {"url": "http://example.org/", "more": 1}])
def test_what_names_no_address_is_refused(client: httpx.Client, body: dict[str, object]) -> None:
    assert error_of(client.post("/v1/fetch", json=body))[1].startswith("body: expected the field url")


def test_this_machine_is_not_asked_unless_that_is_allowed(tmp_path: Path, host: Host) -> None:
    before = len(host.asked)
    with running(service(tmp_path, fetch=True)) as client:
        found = error_of(client.post("/v1/fetch", json={"url": f"{host.address}/a.png"}))
    assert found == (422, "url: the picture cannot be fetched: expected an address of the public web")
    assert len(host.asked) == before


def test_a_service_that_may_not_fetch_says_so(tmp_path: Path, host: Host) -> None:
    before = len(host.asked)
    with running(service(tmp_path)) as client:
        status, message = error_of(client.post("/v1/fetch", json={"url": f"{host.address}/a.png"}))
    assert (status, message.split(" (")[0]) == (403, "this service fetches nothing from the web")
    assert len(host.asked) == before
