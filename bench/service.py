"""What a query costs: in a warm process, and over HTTP with one client and with many."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import httpx

from bench.photos import with_comment
from recommendation.index.recall import percentiles_ms
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from shared.storage import LocalStorage

WARM_UP, QUERIES = 10, 200
CLIENTS = (1, 4, 16)
COLUMNS = ("where", "clients", "queries", "p50 ms", "p99 ms", "queries/s")


def new_pictures(photos: Path, count: int) -> list[bytes]:
    """Pictures that no index has: real photographs with bytes of their own, spread over all classes."""
    sources = sorted(photos.rglob("*.jpg"))
    step = max(1, len(sources) // count)
    return [
        with_comment(path.read_bytes(), f"query {number}")
        for number, path in enumerate(islice(cycle(sources[::step]), count))
    ]


def in_process(volume: Path, photos: Path, folder: Path) -> tuple[object, ...]:
    """A row: new pictures answered one after the other in one process that has answered some before."""
    answerer, seconds = Answerer(LocalStorage(volume)), []
    for number, data in enumerate(new_pictures(photos, WARM_UP + QUERIES)):
        path = folder / f"{number}.jpg"
        path.write_bytes(data)
        started = time.perf_counter()
        answerer.answer([read_upload(path)], Options(), [])
        seconds.append(time.perf_counter() - started)
    return _row("in a warm process", 1, seconds[WARM_UP:], sum(seconds[WARM_UP:]))


def over_http(volume: Path, photos: Path) -> Iterator[tuple[object, ...]]:
    """A row for each number of clients of the real service on this machine."""
    pictures = new_pictures(photos, QUERIES)
    with serving(volume) as address, httpx.Client(base_url=address, timeout=60) as client:
        ask = partial(_ask, client)
        list(map(ask, pictures[:WARM_UP]))
        for clients in CLIENTS:
            started = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                seconds = list(pool.map(ask, pictures))
            yield _row("HTTP", clients, seconds, time.perf_counter() - started)


def _ask(client: httpx.Client, data: bytes) -> float:
    started = time.perf_counter()
    client.post("/v1/query", files={"images": ("a.jpg", data, "image/jpeg")}).raise_for_status()
    return time.perf_counter() - started


def _row(where: str, clients: int, seconds: list[float], total: float) -> tuple[object, ...]:
    latency = percentiles_ms(seconds)
    return where, clients, len(seconds), latency["p50"], latency["p99"], round(len(seconds) / total, 1)


@contextlib.contextmanager
def serving(volume: Path) -> Iterator[str]:
    """The service in a process of its own, on a free port of this machine."""
    command = [sys.executable, "-m", "shared", "serve", "--data", str(volume), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            line = next(line for line in process.stderr if "answering on" in line)
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()
