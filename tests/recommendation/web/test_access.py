"""Who may write, how often one may ask, under which path, and how answers travel."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.access.prefix import check_prefix
from recommendation.web.access.rates import RateLimit
from recommendation.web.access.tokens import read_tokens
from recommendation.web.health import Health
from recommendation.web.server import create_app
from shared.errors import CannotProceedError, UsageError
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

ADA, BOB = "ada-0123456789abcdef", "bob-0123456789abcdef"


@contextmanager
def service(collection: Collection, answerer: Answerer, **settings: Any) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume))
    app = create_app(answerer, health, ServeSettings(data=collection.volume.root, **settings))
    with running(app) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.spark
def test_a_service_that_only_reads_answers_queries_and_stores_nothing(own_collection: Collection) -> None:
    answerer = Answerer(own_collection.volume)
    image_id = answerer.current.engine.metadata_at(0)["image_id"]
    with service(own_collection, answerer, read_only=True) as client:
        assert client.post("/v1/query", data={"id": image_id}).status_code == 200
        writes = [
            client.post("/v1/users/Ada/likes", json={"pictures": [image_id]}),
            client.request("DELETE", "/v1/users/Ada/likes", json={"pictures": [image_id]}),
            client.delete("/v1/users/Ada"),
            client.post("/v1/tags", json={"pictures": [image_id], "add": ["sea"], "user_id": "Ada"}),
            client.post("/v1/jobs", files={"images": ("a.jpg", b"x")}),
        ]
    for response in writes:
        assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")
    assert not (own_collection.volume.root / "people").exists()


@pytest.mark.spark
def test_with_tokens_each_writes_as_who_the_token_names(own_collection: Collection, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.txt"
    tokens.write_text(f"# people\nAda Lovelace {ADA}\nBob {BOB}\n", encoding="utf-8")
    answerer = Answerer(own_collection.volume)
    image_id = answerer.current.engine.metadata_at(0)["image_id"]
    like = {"pictures": [image_id]}
    with service(own_collection, answerer, auth="token", tokens=tokens) as client:
        path = "/v1/users/Ada Lovelace/likes"
        assert client.post("/v1/query", data={"id": image_id}).status_code == 200
        assert client.post(path, json=like).status_code == 401
        assert client.post(path, json=like, headers=bearer("wrong-0123456789ab")).status_code == 401
        assert client.post(path, json=like, headers=bearer(BOB)).status_code == 403
        assert client.post(path, json=like, headers=bearer(ADA)).status_code == 200
        tag = {"pictures": [image_id], "add": ["sea"], "user_id": "Bob"}
        assert client.post("/v1/tags", json=tag, headers=bearer(ADA)).status_code == 403
        assert client.post("/v1/session", json={"token": "x"}).status_code == 401
        session = client.post("/v1/session", json={"token": BOB})
        assert session.json() == {"user_id": "Bob"}
        assert "HttpOnly" in session.headers["set-cookie"]
        assert "SameSite=strict" in session.headers["set-cookie"]
        assert BOB not in session.headers["set-cookie"]
        assert client.post("/v1/tags", json=tag).status_code == 200  # by the session's cookie
        client.delete("/v1/session")
        assert client.post("/v1/tags", json=tag).status_code == 401


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", CannotProceedError, "no token"),
        ("# nobody\n", CannotProceedError, "no token"),
        ("Ada short\n", UsageError, "line 1"),
        ("only-a-token-0123456789\n", UsageError, "line 1"),
    ],
)
def test_a_file_of_tokens_is_checked_and_not_quoted(
    tmp_path: Path, text: str, error: type[Exception], says: str
) -> None:
    path = tmp_path / "tokens.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=says) as caught:
        read_tokens(path)
    assert "short" not in str(caught.value)
    assert "0123456789" not in str(caught.value)
    with pytest.raises(CannotProceedError, match="cannot be read"):
        read_tokens(tmp_path / "missing.txt")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(app: ASGIApp, host: str, path: str = "/v1/status", forwarded: str = "") -> httpx.Response:
    """What a client at an address is answered."""

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers={"x-forwarded-for": forwarded} if forwarded else {})

    return anyio.run(answer)


def test_who_asks_too_often_waits_and_the_others_do_not() -> None:
    clock = Clock()
    limited = RateLimit(plain, per_minute=60, proxies=["10.0.0.9"], clock=clock)
    assert [ask(limited, "10.0.0.1").status_code for _ in range(10)] == [200] * 10
    refused = ask(limited, "10.0.0.1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert ask(limited, "10.0.0.2").status_code == 200
    assert ask(limited, "10.0.0.1", "/v1/images/a/thumbnail").status_code == 200  # pages load many
    clock.now += int(refused.headers["retry-after"])
    assert ask(limited, "10.0.0.1").status_code == 200


def test_a_trusted_proxy_names_the_client() -> None:
    limited = RateLimit(plain, per_minute=60, proxies=["10.0.0.9"], clock=Clock())
    assert [ask(limited, "10.0.0.9", forwarded="9.9.9.9, 1.1.1.1").status_code for _ in range(11)][-1] == 429
    assert ask(limited, "10.0.0.9", forwarded="1.1.1.1, 9.9.9.9").status_code == 200
    assert [ask(limited, "10.0.0.3", forwarded=f"1.1.1.{n}").status_code for n in range(11)][-1] == 429


@pytest.mark.spark
def test_behind_a_proxy_the_path_may_come_with_its_prefix_or_without(
    collection: Collection, answerer: Answerer
) -> None:
    with service(collection, answerer, root_path="/pictures/") as client:
        pages = [client.get(path) for path in ("/", "/pictures", "/pictures/", "/browse", "/pictures/browse")]
        assert [page.status_code for page in pages] == [200] * 5
        assert 'href="/pictures/browse"' in pages[0].text
        assert 'src="/pictures/static/' in pages[0].text
        assert client.get("/picturesque").status_code == 404
        assert client.get("/pictures/v1/status").status_code == 200
        assert client.get("/openapi.json").json()["servers"] == [{"url": "/pictures"}]


@pytest.mark.parametrize("path", ["pictures", "/a//b", "/a?b", '/a"', "/a b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="--root-path"):
        check_prefix(path)
    assert [check_prefix(one) for one in ("", "/", "/a/", "/a/b")] == ["", "", "/a", "/a/b"]


@pytest.mark.spark
def test_texts_are_compressed_and_sent_once(collection: Collection, answerer: Answerer) -> None:
    with service(collection, answerer) as client:
        for path in ("/", "/v1/facets", "/v1/images?limit=20"):
            first = client.get(path)
            assert first.headers["content-encoding"] == "gzip"
            etag = first.headers["etag"]
            again = client.get(path, headers={"if-none-match": etag})
            assert (again.status_code, again.content) == (304, b"")
            assert client.get(path, headers={"accept-encoding": "identity"}).content == first.content
        image_id = answerer.current.engine.metadata_at(0)["image_id"]
        assert "content-encoding" not in client.get(f"/v1/images/{image_id}/thumbnail").headers
        assert "etag" not in client.get("/healthz").headers
