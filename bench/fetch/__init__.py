"""Speed of downloads from this machine, beside img2dataset where it is installed: pictures a second of processor time.

img2dataset is no dependency: install it into an environment of its own and name its program with --img2dataset.
"""

import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from acquisition.fetching import task
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import STORED
from acquisition.fetching.picture import Ask
from acquisition.fetching.rules import FetchRules
from shared.fetching.addresses import place_of
from shared.storage import LocalStorage

COLUMNS = ("program", "pictures", "stored", "s", "CPU s", "pictures/CPU s")
THREADS = 16
#: Loopback addresses that stand for hosts.
HOSTS = 8
#: Serves a folder with kept-open connections from a process of its own.
SERVER = """
import http.server, socketserver, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256
with Server(("0.0.0.0", 0), lambda *given: Handler(*given, directory=sys.argv[1])) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""


@contextmanager
def serving(folder: Path, python: str) -> Iterator[int]:
    """A web server of a folder; yields its port."""
    with subprocess.Popen([python, "-c", SERVER, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def measure(photos: Path, folder: Path, count: int, img2dataset: str | None, python: str) -> list[tuple[Any, ...]]:
    """A row for each program: the same pictures, budgets off, no resizing."""
    files = sorted(photos.rglob("*.jpg"))[:count]
    with serving(photos, python) as port:
        addresses = [
            f"http://127.0.0.{1 + number % HOSTS}:{port}/{path.relative_to(photos).as_posix()}"
            for number, path in enumerate(files)
        ]
        rows = [timed("imagerec, one task", addresses, lambda: fetch_all(addresses, folder / "volume"))]
        if img2dataset:
            few = addresses[:HOSTS]
            rows.append(timed("img2dataset", addresses, lambda: run_img2dataset(img2dataset, folder, addresses)))
            rows.append(timed("img2dataset, its start", few, lambda: run_img2dataset(img2dataset, folder, few)))
    return rows


def timed(name: str, addresses: list[str], work: Callable[[], int]) -> tuple[Any, ...]:
    """A row: wall time, and processor time of this process and of those that have ended."""
    before, started = cpu_s(), time.monotonic()
    stored = work()
    seconds, cpu = time.monotonic() - started, cpu_s() - before
    return name, len(addresses), stored, seconds, cpu, stored / cpu


def cpu_s() -> float:
    """Processor time of this process and its ended children, s."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def fetch_all(addresses: list[str], root: Path) -> int:
    """Download with the engine's task, as a Spark task does."""
    shutil.rmtree(root, ignore_errors=True)
    volume = LocalStorage(root)
    rules = FetchRules(requests_per_s=0, is_loopback_allowed=True, threads=THREADS)
    asks = [(place_of(url).name, Ask(url, ((url, url),))) for url in addresses]
    counts = list(task.Task(rules, volume, Journal.of(volume, "bench"), lambda _: True).run(asks))
    return sum(number for one in counts for outcome, number in one.outcomes.items() if outcome in STORED)


def run_img2dataset(program: str, folder: Path, addresses: list[str]) -> int:
    """Download with img2dataset: one process, files as they are."""
    output = folder / "img2dataset"
    (folder / "urls.txt").write_text("\n".join(addresses))
    shutil.rmtree(output, ignore_errors=True)
    subprocess.run(
        [
            program,
            *("--url_list", str(folder / "urls.txt"), "--output_folder", str(output), "--output_format", "files"),
            *("--processes_count", "1", "--thread_count", str(THREADS), "--resize_mode", "no"),
            *("--disable_all_reencoding", "True", "--number_sample_per_shard", "100000", "--enable_wandb", "False"),
        ],
        check=True,
        capture_output=True,
    )
    return len(list(output.rglob("*.jpg")))
