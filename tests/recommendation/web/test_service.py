"""The service as a process: it starts, answers over HTTP and from the inbox, and stops when told."""

import asyncio
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import httpx
import psutil
import pytest
import uvicorn
from pyspark import SparkContext

from recommendation import job
from recommendation.search.answerer import Answerer
from recommendation.web import service as processes
from recommendation.web.locations import hide_folders
from recommendation.web.service import open_socket
from recommendation.web.worker import Server, watch_generations
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage
from tests.commands import ROOT, Running, start_imagerec
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark

LIMIT_S = 60


@contextmanager
def start(volume: LocalStorage, *flags: str) -> Iterator[Running]:
    """The service as a process, killed at the end of the block."""
    with start_imagerec("serve", "--data", volume.root, "--port", "0", *flags) as process:
        try:
            yield process
        finally:
            process.kill()


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


def children(process: Running) -> list[int]:
    """Process ids of a service's workers."""
    found = psutil.Process(process.pid).children()
    return [one.pid for one in found if "spawn_main" in " ".join(one.cmdline())]


@pytest.fixture
def service(own_collection: Collection) -> Iterator[tuple[Running, str]]:
    with start(own_collection.volume) as process:
        yield process, read_until(process, r"http://127\.0\.0\.1:\d+").group()


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
    answered = json.loads((queries / "answers" / "job.json").read_text())
    assert hide_folders(answered)["results"] == answer["results"]

    job.run(sc, bare(own_collection.volume.root, trees=7))
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


def test_workers_share_an_address_and_a_killed_one_is_replaced(own_collection: Collection) -> None:
    picture = own_collection.paths()[0].read_bytes()
    with start(own_collection.volume, "--workers", "2") as process:
        address = read_until(process, r"http://127\.0\.0\.1:\d+ with 2 processes").group().split()[0]
        wait_for(lambda: len(children(process)) == 2)
        before = children(process)
        os.kill(before[0], signal.SIGKILL)
        read_until(process, r"worker 0 ended with exit code -9; starting it anew")
        wait_for(lambda: len(children(process)) == 2)
        assert before[0] not in children(process)
        for _ in range(8):  # a connection each, so that both are asked
            assert httpx.post(f"{address}/v1/query", files={"images": picture}).status_code == 200
        workers = children(process)
        assert {psutil.Process(pid).environ()["OPENBLAS_NUM_THREADS"] for pid in workers} == {"1"}
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - started < 10
        assert not any(map(psutil.pid_exists, workers))


def test_workers_end_when_their_supervisor_is_killed(own_collection: Collection) -> None:
    with start(own_collection.volume, "--workers", "2") as process:
        read_until(process, "with 2 processes")
        wait_for(lambda: len(children(process)) == 2)
        workers = [psutil.Process(pid) for pid in children(process)]
        process.kill()
        psutil.wait_procs(workers, timeout=LIMIT_S)
        assert not any(worker.is_running() for worker in workers)


def test_workers_without_index_say_what_to_do_once(tmp_path: Path) -> None:
    with start(LocalStorage(tmp_path), "--workers", "2") as process:
        assert process.wait(LIMIT_S) == 1
        assert process.stderr
        assert process.stderr.read().count("run `imagerec recommendation build`") == 1


def test_a_second_service_does_not_share_the_address_of_the_first(own_collection: Collection) -> None:
    with start(own_collection.volume, "--workers", "2") as first:
        port = read_until(first, r"http://127\.0\.0\.1:(\d+)")[1]
        for workers in ("1", "2"):
            with start(own_collection.volume, "--workers", workers, "--port", port) as second:
                assert second.wait(LIMIT_S) == 1
                assert second.stderr
                assert f"cannot listen on 127.0.0.1:{port}" in second.stderr.read()


def test_there_are_as_many_workers_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr(processes, "memory_bytes", lambda: 64 << 30)
    assert processes.default_workers() == 16
    monkeypatch.setattr(processes, "memory_bytes", lambda: 2 << 30)
    assert processes.default_workers() == 4
    monkeypatch.setattr(processes, "memory_bytes", lambda: 1 << 20)
    assert processes.default_workers() == 1


def test_the_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, unlimited = tmp_path / "memory.max", tmp_path / "memory.limit_in_bytes"
    limit.write_text("1073741824\n")
    unlimited.write_text("max\n")
    monkeypatch.setattr(processes, "MEMORY_LIMITS", (limit, unlimited, tmp_path / "missing"))
    assert processes.memory_bytes() == 1 << 30


def test_a_watcher_survives_any_error_and_looks_again(caplog: pytest.LogCaptureFixture) -> None:
    stop, looks = threading.Event(), iter(range(9))

    class Broken:
        def refresh(self) -> bool:
            number = next(looks)
            if number == 4:
                stop.set()
            raise [OSError(24, "Too many open files"), OSError(24, "Too many open files"), ValueError("x")][number % 3]

    watch_generations(cast("Answerer", Broken()), stop, poll_s=0)
    assert next(looks) == 5
    assert caplog.text.count("cannot look for a new generation: [Errno 24]") == 2
    assert caplog.text.count("cannot look for a new generation: x") == 1


def test_errors_of_the_event_loop_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(uvicorn.Config(lambda: None), on_ready=lambda: None)
    loop = asyncio.new_event_loop()
    for _ in range(50):
        server.log_rarely(loop, {"message": "out of system resource", "exception": OSError(24, "Too many open files")})
    server.log_rarely(loop, {"message": "another"})
    loop.close()
    assert [record.message.splitlines()[0] for record in caplog.records] == ["out of system resource", "another"]


def test_with_few_open_files_idle_connections_keep_nobody_out(own_collection: Collection) -> None:
    flags = f"--data {shlex.quote(str(own_collection.volume.root))} --port 0 --workers 1"
    script = f"ulimit -n 256; exec {shlex.quote(sys.executable)} -m shared serve {flags}"
    with subprocess.Popen(["sh", "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = read_until(process, r"http://127\.0\.0\.1:\d+").group()
            with ExitStack() as idle:
                for _ in range(400):
                    host, port = address.removeprefix("http://").split(":")
                    idle.enter_context(socket.create_connection((host, int(port)), timeout=LIMIT_S))
                assert httpx.get(f"{address}/healthz", timeout=LIMIT_S).status_code == 200
            process.terminate()
            assert process.stderr
            assert "Too many open files" not in process.stderr.read()
        finally:
            process.kill()
