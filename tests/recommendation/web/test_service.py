"""The service as a process: it starts, answers over HTTP and from the inbox, and stops when told."""

import json
import re
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pyspark import SparkContext

from recommendation import job
from recommendation.settings import Settings
from recommendation.web.service import open_socket
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage
from tests.commands import Running, start_imagerec
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark

LIMIT_S = 60


def start(volume: LocalStorage, *flags: str) -> Running:
    return start_imagerec("serve", "--data", volume.root, "--port", "0", *flags)


def read_until(process: Running, pattern: str) -> re.Match[str]:
    """The first line of the log that has the pattern."""
    assert process.stderr
    lines = []
    watchdog = threading.Timer(LIMIT_S, process.kill)
    watchdog.start()
    try:
        for line in process.stderr:
            lines.append(line)
            if found := re.search(pattern, line):
                return found
    finally:
        watchdog.cancel()
    raise AssertionError(f"expected {pattern} in the log, got {''.join(lines)}")


def wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not is_true():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.05)


@pytest.fixture
def service(own_collection: Collection) -> Iterator[tuple[Running, str]]:
    with start(own_collection.volume) as process:
        yield process, read_until(process, r"http://127\.0\.0\.1:\d+").group()
        process.kill()


def test_a_service_answers_takes_over_and_stops(
    sc: SparkContext, service: tuple[Running, str], own_collection: Collection
) -> None:
    process, address = service
    path = own_collection.paths()[0]
    answer = httpx.post(f"{address}/v1/query", files={"images": path.read_bytes()}).json()
    assert len(answer["results"]["default"]) == 5

    queries = own_collection.volume.root / "queries"
    (queries / "inbox" / "job.json").write_text(json.dumps({"images": [str(path)]}))
    wait_for((queries / "answers" / "job.json").exists)
    assert json.loads((queries / "answers" / "job.json").read_text())["results"] == answer["results"]

    job.run(sc, Settings(data=own_collection.volume.root, trees=7))
    wait_for(lambda: httpx.get(f"{address}/v1/status").json()["generation"] != answer["generation"])
    assert httpx.get(f"{address}/healthz").status_code == 200

    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 0


def test_a_service_without_index_says_what_to_do(tmp_path: Path) -> None:
    with start(LocalStorage(tmp_path)) as process:
        assert process.wait(LIMIT_S) == 1
        assert process.stderr
        assert "run `imagerec recommendation build`" in process.stderr.read()


def test_a_port_that_is_taken_is_named(service: tuple[Running, str], own_collection: Collection) -> None:
    port = service[1].rpartition(":")[2]
    with start(own_collection.volume, "--port", port) as process:
        assert process.wait(LIMIT_S) == 1
        assert process.stderr
        assert f"cannot listen on 127.0.0.1:{port}" in process.stderr.read()


def test_answers_leave_at_once() -> None:
    with open_socket("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(CannotProceedError, match=r"cannot listen on 192\.0\.2\.1:0"):
        open_socket("192.0.2.1", 0)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_wrong_usage(port: int) -> None:
    with pytest.raises(UsageError, match="--port: expected 0 to 65535"):
        open_socket("127.0.0.1", port)
