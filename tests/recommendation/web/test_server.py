"""The HTTP service answers the one object, refuses with the right status, and leaks nothing."""

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest
from pydantic import TypeAdapter

from recommendation.index.document import Summary
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import KEYS, Options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import VALID_S, Health
from recommendation.web.locations import hide_folders
from recommendation.web.pages.routes import Facts, render
from recommendation.web.pages.views import OWN
from recommendation.web.server import create_app
from shared.errors import CannotProceedError
from shared.pictures.pixels import open_thumbnail
from tests.recommendation.conftest import PICTURES_PER_SUBJECT, Collection
from tests.recommendation.web.running import running

pytestmark = pytest.mark.spark

QUERY = "/v1/query"


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=collection.volume.root, max_upload_mib=2))) as client:
        yield client


def upload(client: httpx.Client, *paths: Path, query: str = "", **fields: Any) -> httpx.Response:
    """Ask with some pictures."""
    files = [("images", (path.name, path.read_bytes())) for path in paths]
    return client.post(f"{QUERY}{query}", files=files or None, data=fields)


def test_a_query_is_answered_as_on_the_command_line(
    client: httpx.Client, collection: Collection, answerer: Answerer
) -> None:
    path = collection.paths()[3]
    response = upload(client, path)
    expected = answerer.answer([read_upload(path)], Options()).content
    answer = response.json()
    assert response.status_code == 200
    assert {**answer, "seconds": 0} == {**hide_folders(expected), "seconds": 0}
    assert list(answer) == ["queries", "model", "generation", "seconds", "results"]
    assert next(iter(answer["results"])) == "default"
    assert list(answer["results"]["default"][0]) == [
        *("rank", "image_id", "filename", "location", "score", "license", "scores"),
        *("width_px", "height_px", "title", "author", "source_url"),
        *("license_id", "license_url", "author_url", "attribution", "display_url"),
        *("tags", "category", "is_copy"),
    ]


def test_options_may_come_in_the_form_or_in_the_address(client: httpx.Client, collection: Collection) -> None:
    path = collection.paths()[0]
    in_form = upload(client, path, top_k="2", measure=["color", "hash"], combine="max").json()["results"]
    in_address = upload(client, path, query="?top_k=2&measure=color&measure=hash&combine=max").json()["results"]
    assert in_form == in_address
    assert {name: len(items) for name, items in in_form.items()} == {"color": 2, "hash": 2}
    assert upload(client, path, measure="", top_k="").json()["results"] == upload(client, path).json()["results"]


def test_five_pictures_are_a_query_and_six_are_not(client: httpx.Client, collection: Collection) -> None:
    assert len(upload(client, *collection.paths()[:5]).json()["queries"]) == 5
    response = upload(client, *collection.paths()[:6])
    assert response.status_code == 422
    assert response.json() == {
        "error": {"code": "wrong_usage", "message": "expected 1 to 5 query pictures, got 6"},
    }


def test_stored_pictures_can_be_asked_by_id(client: httpx.Client, collection: Collection) -> None:
    [query] = upload(client, collection.paths()[0]).json()["queries"]
    assert client.post(QUERY, data={"id": query["image_id"]}).json()["queries"] == [query]
    assert client.post(f"{QUERY}?id={query['image_id']}").json()["queries"] == [query]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"measure": "smell"}, "smell"),
        ({"top_k": "0"}, "top_k"),
        ({"top_k": "many"}, "top_k"),
        ({"combine": "sum"}, "combine"),
        ({"metric": "taxi"}, "metric"),
        ({"id": "nothing"}, "nothing"),
    ],
)
def test_an_option_that_cannot_be_is_named(
    client: httpx.Client, collection: Collection, fields: dict[str, str], says: str
) -> None:
    response = upload(client, collection.paths()[0], **fields)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "wrong_usage"
    assert says in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"hello, this is text", 415, "unsupported_format"),
        (b"\xff\xd8\xff" + b"\0" * 99, 422, "undecodable"),
        (b"", 422, "empty_file"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(
    client: httpx.Client, data: bytes, status: int, code: str
) -> None:
    response = client.post(QUERY, files={"images": ("letter.txt", data)})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_an_upload_that_is_too_large_is_cut_off(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="images"; filename="a.jpg"\r\n\r\n'
        for _ in range(100):
            yield b"\0" * (1 << 20)

    streamed = client.post(QUERY, content=endless(), headers={"content-type": "multipart/form-data; boundary=x"})
    announced = client.post(QUERY, files={"images": ("a.jpg", b"\0" * (3 << 20))})
    for response in (streamed, announced):
        assert (response.status_code, response.json()["error"]["code"]) == (413, "too_many_bytes")


@pytest.mark.parametrize(
    ("content_type", "content", "says"),
    [
        ("application/json", b"{}", "got application/json"),
        ("application/json; charset=utf-8", b"{", "got application/json"),
        ("text/plain", b"a.jpg", "got text/plain"),
        ("multipart/form-data; boundary=x", b"nonsense", ""),
        ("multipart/form-data", b"no boundary", "boundary"),
    ],
)
def test_what_is_no_form_is_refused(client: httpx.Client, content_type: str, content: bytes, says: str) -> None:
    response = client.post(QUERY, content=content, headers={"content-type": content_type})
    assert response.status_code == 400
    assert response.json()["error"].keys() == {"code", "message"}
    assert response.json()["error"]["code"] == "bad_request"
    assert says in response.json()["error"]["message"]


def test_a_name_that_no_query_has_is_refused_with_those_that_are(client: httpx.Client, collection: Collection) -> None:
    path = collection.paths()[0]
    not_files = [key for key in KEYS if key not in {"images", "unlike"}]
    for response, says in (
        (upload(client, path, topk="3"), f"in the form some of {', '.join(KEYS)}; got topk"),
        (upload(client, path, query="?k=1"), f"in the address some of {', '.join(not_files)}; got k"),
        (upload(client, path, query="?images=a.jpg"), "in the address some of id, top_k,"),
    ):
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "bad_request"
        assert says in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "files", "says"),
    [
        ({"top_k": "1.5"}, [], "top_k: expected a whole number, got '1.5'"),
        ({"images": "a.jpg"}, [], "images: expected picture files, got 'a.jpg'"),
        ({}, [("metric", ("m", b"cosine"))], "metric: expected a text, got a file"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_in_plain_words(
    client: httpx.Client, fields: dict[str, str], files: list[tuple[str, tuple[str, bytes]]], says: str
) -> None:
    response = client.post(QUERY, data=fields, files=files or None)
    assert response.status_code == 422
    assert response.json() == {"error": {"code": "wrong_usage", "message": says}}


def test_a_bug_has_the_form_of_all_errors(own_collection: Collection, caplog: pytest.LogCaptureFixture) -> None:
    answerer = Answerer(own_collection.volume)
    app = create_app(
        answerer, Health(answerer, Thumbnails(own_collection.volume)), ServeSettings(data=own_collection.volume.root)
    )
    del answerer.current
    with running(app) as client:
        response = client.get("/v1/status")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert "AttributeError" in caplog.text


def test_a_stored_picture_tells_what_is_known_of_it(client: httpx.Client, collection: Collection) -> None:
    path = collection.paths()[0]
    [query] = upload(client, path).json()["queries"]
    known = client.get(f"/v1/images/{query['image_id']}").json()
    assert (known["filename"], known["location"]) == (path.name, path.name)
    assert not {"slice", "row"} & set(known)


def test_a_thumbnail_is_sent_once(client: httpx.Client, collection: Collection) -> None:
    for path in collection.paths()[::11]:
        [query] = upload(client, path).json()["queries"]
        address = f"/v1/images/{query['image_id']}/thumbnail"
        first = client.get(address)
        assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
        assert min(open_thumbnail(first.content).shape[:2]) <= 256
        again = client.get(address, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "address", ["/v1/images/nothing", f"/v1/images/{'0' * 32}", f"/v1/images/{'0' * 32}/thumbnail", "/nowhere"]
)
def test_what_is_not_there_is_404(client: httpx.Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_the_wrong_method_is_405(client: httpx.Client) -> None:
    response = client.get(QUERY)
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


def test_status_is_what_its_definition_says(client: httpx.Client) -> None:
    status = client.get("/v1/status").json()
    assert TypeAdapter(Summary).validate_python(status, strict=True) == status
    assert set(status) == set(get_type_hints(Summary))


def test_status_describes_the_generation(client: httpx.Client, answerer: Answerer) -> None:
    assert client.get("/v1/status").json() == json.loads(json.dumps(answerer.current.engine.summary()))


def test_health_is_a_real_query(client: httpx.Client, answerer: Answerer) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["generation"] == answerer.current.engine.generation
    assert response.json()["seconds"] > 0


def test_a_service_that_cannot_read_its_volume_is_not_healthy(own_collection: Collection) -> None:
    answerer = Answerer(own_collection.volume)
    clock = iter([0.0, VALID_S - 1, VALID_S])
    health = Health(answerer, Thumbnails(own_collection.volume), clock=lambda: next(clock))
    app = create_app(answerer, health, ServeSettings(data=own_collection.volume.root))
    with running(app) as client:
        assert client.get("/healthz").status_code == 200
        for path in (own_collection.volume.root / "tables" / "thumbnails").iterdir():
            path.unlink()
        assert client.get("/healthz").status_code == 200  # asked again too soon
        response = client.get("/healthz")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
    assert "thumbnails" in response.json()["error"]["message"]


def test_a_service_whose_inbox_has_stopped_is_not_healthy(collection: Collection, answerer: Answerer) -> None:
    dead = threading.Thread(target=int, name="the inbox")
    health = Health(answerer, Thumbnails(collection.volume), [dead])
    with pytest.raises(CannotProceedError, match="the inbox has stopped"):
        health.check()


def test_sixteen_clients_at_once_all_get_their_answer(client: httpx.Client, collection: Collection) -> None:
    paths = collection.paths()[:16]
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda path: upload(client, path, top_k="1"), paths))
    assert [response.json()["queries"][0]["filename"] for response in responses] == [path.name for path in paths]


def test_the_first_page_says_what_is_here(client: httpx.Client, answerer: Answerer) -> None:
    response = client.get("/")
    assert response.headers["content-type"].startswith("text/html")
    assert f"{answerer.current.engine.count} pictures" in response.text
    assert answerer.current.model_name in response.text


def test_the_pages_files_are_kept_by_browsers_until_they_change(client: httpx.Client) -> None:
    for page in ("/", "/browse", "/docs"):
        addresses = re.findall(r'(?:src|href)="(/(?:static|swagger-ui)/[0-9a-f]{16}/[^"#]+)["#]', client.get(page).text)
        assert len(addresses) >= 5
        for address in addresses:
            response = client.get(address)
            assert response.status_code == 200
            assert response.headers["content-type"].partition(";")[0] in {
                "text/css",
                "text/javascript",
                "image/svg+xml",
            }
            assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
            unchanged = {"if-none-match": response.headers["etag"]}
            assert client.get(address, headers=unchanged).status_code == 304


def test_no_page_has_anything_inline_or_from_elsewhere(client: httpx.Client) -> None:
    for page in (*(view.path for view in OWN), "/docs"):
        text = re.sub(r'<script type="application/json"[^<]*</script>', "", client.get(page).text)  # runs nothing
        assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=|https?://", text)
        policy = client.get(page).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http" not in policy


def test_pages_escape_what_they_say() -> None:
    facts = Facts(1234, "<b>model</b>", ["default", "</script><i>"], {"embedding": 1.0})
    shown = {"root": "", "static": "/static/0", "swagger": "/swagger-ui/0", "theme": ""}
    page = render(OWN[0], facts, [], shown, {"session": "</script><script>alert(1)</script>"})
    assert "&lt;b&gt;model&lt;/b&gt;" in page
    assert "<i>" not in page
    assert "<script>alert" not in page
    assert "1,234 pictures" in page


def test_every_answer_carries_the_security_headers(client: httpx.Client) -> None:
    for address in ("/", "/v1/status", "/nowhere", "/docs"):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_interface_describes_itself(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    users = ("", "/{user_id}", "/{user_id}/likes", "/{user_id}/recommendations", "/{user_id}/opinions")
    pictures = ("", "/thumbnail", "/details", "/tags")
    assert set(paths) >= {
        *(f"/v1/users{rest}" for rest in users),
        *(f"/v1/images/{{image_id}}{rest}" for rest in pictures),
        *(f"/v1/{name}" for name in ("status", "facets", "images", "tags", "people", "jobs", "session")),
        *(f"/v1/{name}" for name in ("runs", "failures", "sources")),
        *(QUERY, "/healthz", "/metrics"),
    }
    for address, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], address
    assert client.get("/docs").status_code == 200


def test_regions_mirror_images_negative_examples_and_words_come_by_form(
    client: httpx.Client, collection: Collection, answerer: Answerer
) -> None:
    path, other, *_ = collection.paths()
    files = [("images", (path.name, path.read_bytes())), ("unlike", (other.name, other.read_bytes()))]
    fields: dict[str, Any] = {"crop": "0.1,0.1,0.6,0.6", "mirror": "true", "text": "balloons"}
    found = client.post(QUERY, files=files, data=fields).json()
    options = Options(crop=("0.1,0.1,0.6,0.6",), mirror=True, text="balloons")
    expected = hide_folders(answerer.answer([read_upload(path)], options, unlike=[read_upload(other)]).content)
    assert found["results"] == expected["results"]
    assert list(found["words"]) == ["balloon"]
    assert found["words"]["balloon"] >= PICTURES_PER_SUBJECT  # those that the network takes for balloons count as well
    in_words = client.post(QUERY, data={"text": "Balloons"}).json()
    assert {item["tags"][0] for item in in_words["results"]["default"][:4]} == {"balloons"}
    assert in_words["queries"] == []
    assert client.post(QUERY, files=[("unlike", (other.name, other.read_bytes()))]).status_code == 422
