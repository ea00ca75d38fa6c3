"""Clients that are slow, many, gone or hostile cost the others little."""

import asyncio
import resource
import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from recommendation.search.answerer import Answered, Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web import connections
from recommendation.web.admission import Admission, QueueLimits
from recommendation.web.connections import ConnectionLimits
from recommendation.web.forms import MAX_URLENCODED_BYTES
from recommendation.web.health import Health
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import LIMIT_S, connected, read_all, running

pytestmark = pytest.mark.spark

QUERY = "/v1/query"
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
HEADERS = b"POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
CHUNKED = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"


class Held(Answerer):
    """An answerer whose queries wait for the test, and are counted."""

    def __init__(self, answerer: Answerer) -> None:
        self._held_answerer = answerer
        self.current = answerer.current
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.n_begun = 0

    def answer(self, *given: Any, **more: Any) -> Answered:
        self.n_begun += 1
        self.begun.release()
        assert self.may_end.wait(LIMIT_S)
        return self._held_answerer.answer(*given, **more)


def make_app(collection: Collection, answerer: Answerer, limits: QueueLimits = QueueLimits()) -> Any:  # noqa: B008
    health = Health(answerer, Thumbnails(collection.volume))
    return create_app(answerer, health, ServeSettings(data=collection.volume.root), limits)


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    limits = ConnectionLimits(connections=20, headers_s=0.3, body_s=0.6, stalled_s=0.3)
    with running(make_app(collection, answerer), limits) as client:
        yield client


@pytest.mark.parametrize("content", [b"&", b"a=&", b"=", b"%", b"a", b";"])
def test_a_long_form_without_files_is_refused_unparsed(client: httpx.Client, content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    response = client.post(QUERY, content=content * (4 << 20), headers=URLENCODED)
    assert (response.status_code, response.json()["error"]["code"]) in {(413, "too_many_bytes"), (400, "bad_request")}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1  # seconds of CPU time; it was 1 and more


def test_a_form_just_below_the_limit_is_parsed(client: httpx.Client) -> None:
    response = client.post(QUERY, content=b"&" * (MAX_URLENCODED_BYTES - 1), headers=URLENCODED)
    assert response.json()["error"]["message"] == "expected 1 to 5 query pictures or a text, got 0"


@pytest.mark.parametrize(
    ("count", "part"),
    [
        (100, b'--x\r\nContent-Disposition: form-data; name="measure"\r\n\r\nhash\r\n'),
        (100, b'--x\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\n\r\n'),
        (1, b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n' + b"a" * (1 << 20) + b"\r\n"),
        (1, b"--x\r\n" + b"A: b\r\n" * 1000 + b"\r\n"),
        (1, b"--x\r\nA: " + b"b" * (1 << 20) + b"\r\n\r\n"),
    ],
)
def test_too_many_or_too_long_fields_are_refused(client: httpx.Client, count: int, part: bytes) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post(QUERY, content=part * count + b"--x--\r\n", headers=kind)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")


def test_options_are_checked_before_pictures_are_decoded(collection: Collection, answerer: Answerer) -> None:
    held = Held(answerer)
    pictures = [("images", path.read_bytes()) for path in collection.paths()[:2]]
    with running(make_app(collection, held)) as client:
        for wrong in ({"top_k": "0"}, {"measure": "smell"}, {"metric": "taxi"}, {"combine": "sum"}, {"id": "no"}):
            assert client.post(QUERY, files=pictures, data=wrong).status_code == 422
    assert held.n_begun == 0


def test_beyond_a_bounded_queue_queries_are_refused_and_health_is_not(
    collection: Collection, answerer: Answerer
) -> None:
    held = Held(answerer)
    health = Health(answerer, Thumbnails(collection.volume))
    app = create_app(held, health, ServeSettings(data=collection.volume.root), QueueLimits(working=1, waiting=2))
    picture = collection.paths()[0].read_bytes()
    with running(app) as client, ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(client.post, QUERY, files={"images": picture}) for _ in range(12)]
        assert held.begun.acquire(timeout=LIMIT_S)
        refused: list[httpx.Response] = []
        while len(refused) < 9:
            refused = [one.result() for one in asked if one.done()]
        assert client.get("/healthz").status_code == 200
        held.may_end.set()
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [200] * 3 + [503] * 9
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    assert {one.json()["error"]["code"] for one in refused} == {"unavailable"}


def test_a_client_that_has_gone_costs_no_answer(collection: Collection, answerer: Answerer) -> None:
    held = Held(answerer)
    body = b'--x\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nabc\r\n--x--\r\n'
    request = HEADERS + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    picture = collection.paths()[0].read_bytes()
    app = make_app(collection, held, QueueLimits(working=1, waiting=3))
    with running(app) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, QUERY, files={"images": picture})
        assert held.begun.acquire(timeout=LIMIT_S)
        for _ in range(20):  # more than there is room for: each leaves its place when its client goes
            with connected(client, request):
                pass
        statuses = set()
        held.may_end.set()
        assert first.result().status_code == 200
        while 200 not in statuses:
            statuses.add(client.post(QUERY, files={"images": picture}).status_code)
    assert held.n_begun <= 1 + 4 + 1  # the first, those that were in time, the last


def test_a_queue_drops_who_has_gone_and_refuses_who_is_too_many() -> None:
    async def scenario() -> list[str]:
        admission, release, found = Admission(QueueLimits(working=1, waiting=1, reading=1)), threading.Event(), []
        gone = asyncio.Event()

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def ask(name: str) -> None:
            try:
                await admission.run(Request({"type": "http"}, receive), lambda: release.wait(LIMIT_S))
                found.append(f"{name} answered")
            except ClientDisconnect:
                found.append(f"{name} gone")
            except HTTPException as error:
                found.append(f"{name} {error.status_code}")

        asked = [asyncio.create_task(ask(name)) for name in ("first", "second", "third")]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(HTTPException), admission.reading():
            pass  # the queue is full, so nothing more is read
        gone.set()
        await asked[1]
        release.set()
        await asyncio.gather(*asked)
        admission.close()
        return found

    assert asyncio.run(scenario()) == ["third 503", "second gone", "first answered"]


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b""),
        (b"GET / HT", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"HTTP/1.1 408 "),
        (HEADERS + b"Content-Length: 1000\r\n\r\n--x", b""),
        (CHUNKED + b"5\r\n--x\r\n", b""),
    ],
)
def test_a_request_that_does_not_end_is_ended(client: httpx.Client, sent: bytes, answered: bytes) -> None:
    with connected(client, sent) as connection:
        assert read_all(connection).startswith(answered)


def test_a_trickle_of_headers_does_not_move_the_deadline(client: httpx.Client) -> None:
    with connected(client, b"GET / HTTP/1.1\r\nHost: localhost\r\n") as connection:
        for _ in range(LIMIT_S * 20):
            connection.sendall(b"X-A: b\r\n")
            if select.select([connection], [], [], 0.05)[0]:
                break
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_only_so_many_bodies_are_read_at_once(collection: Collection, answerer: Answerer) -> None:
    app = make_app(collection, answerer, QueueLimits(reading=2))
    with running(app) as client, ExitStack() as slow:
        for _ in range(2):
            slow.enter_context(connected(client, HEADERS + b"Content-Length: 1000\r\n\r\n--x"))
        statuses = {client.post(QUERY, files={"images": b"abc"}).status_code for _ in range(50)}
        assert 503 in statuses
        assert client.get("/healthz").status_code == 200


def test_a_body_in_tiny_chunks_is_cut_off(client: httpx.Client) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with connected(client, CHUNKED) as connection:
        with suppress(OSError):
            connection.sendall(b"1\r\na\r\n" * 200_000)
        assert read_all(connection) == b""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1  # it would be 5


def test_idle_connections_make_room_for_new_ones(collection: Collection, answerer: Answerer) -> None:
    limits = ConnectionLimits(connections=10)
    with running(make_app(collection, answerer), limits) as client, ExitStack() as idle:
        for _ in range(40):
            idle.enter_context(connected(client))
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/status").status_code == 200


def test_connections_leave_room_for_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: set_to.append(pair))
    for limits, expected, count in (
        ((1024, 1024), [], 448),
        ((256, 256), [], 64),
        ((256, 1 << 20), [(4096, 1 << 20)], 512),
        ((1024, resource.RLIM_INFINITY), [(4096, resource.RLIM_INFINITY)], 512),
    ):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        set_to.clear()
        assert connections.raise_open_files().connections == count
        assert set_to == expected


def test_a_full_temporary_folder_is_507(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", full)
    response = client.post(QUERY, files={"images": b"abc"})
    assert (response.status_code, response.json()["error"]["code"]) == (507, "insufficient_storage")


def test_health_takes_a_query_that_was_answered_for_its_own(collection: Collection, answerer: Answerer) -> None:
    held = Held(answerer)
    health = Health(held, Thumbnails(collection.volume), clock=lambda: 0.0)
    path: Path = collection.paths()[0]
    health.record(answerer.answer([read_upload(path)], Options()).content)
    assert health.check()["status"] == "ok"
    assert held.n_begun == 0
