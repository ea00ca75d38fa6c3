"""A service over a collection with odd names, for tests that click, drop, paste and type in a real browser."""

import csv
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from playwright.sync_api import Page, expect
from pyspark import SparkContext

from acquisition import job as acquisition
from acquisition.sample.plan import Drawing
from acquisition.sample.subjects import SUBJECTS
from acquisition.settings import Settings as AcquisitionSettings
from acquisition.sources.sample_files import add_drawing
from embedding import job as embedding
from embedding.settings import Settings as EmbeddingSettings
from labeling import job as labeling
from labeling.settings import Settings as LabelingSettings
from recommendation import job as recommendation
from recommendation.commands.inbox import watch_inbox
from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings, Settings
from recommendation.web.connections import ConnectionLimits, protocol
from recommendation.web.health import Health
from recommendation.web.server import create_app
from recommendation.web.service import open_socket
from shared.pipeline import runs
from shared.storage import LocalStorage
from tests.web.conftest import OpenPage, Watched

PICTURES_PER_SUBJECT = 5
TIMEOUT_MS = 60_000  # a busy machine is no failure
expect.set_options(timeout=TIMEOUT_MS)
SCRIPT = "<img src=x onerror=alert(1)>"
ODD_NAMES = (
    f"{SCRIPT}.png",
    '"><script>alert(2)<.png',
    "صورة جميلة من الحديقة.png",
    "日本の写真.png",
    f"{'long' * 30}.png",
)
ODD_AUTHORS = ("Ada Lovelace", SCRIPT, "محمد علي", "")
ODD_LICENSES = ("CC0-1.0", "CC-BY-4.0", f"{SCRIPT} licence", "")
ODD_TITLES = ("", "<script>alert(4)</script>", "حديقة الزهور", "A day at the sea")


class Web(NamedTuple):
    """The service, the volume behind it, and pictures for queries."""

    url: str
    volume: LocalStorage
    pictures: list[Path]


@pytest.fixture(scope="session")
def odd_volume(sc: SparkContext, tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStorage, list[Path]]:
    """A collection whose names, titles, authors, licences and tags would be scripts if they were HTML."""
    folder = tmp_path_factory.mktemp("web")
    pictures, volume = folder / "pictures", LocalStorage(folder / "volume")
    for subject in SUBJECTS:
        for number in range(PICTURES_PER_SUBJECT):
            add_drawing(pictures, Drawing(subject, number))
    paths = sorted(path for path in pictures.rglob("*") if path.is_file())
    for path, name in zip(paths, ODD_NAMES, strict=False):
        path.rename(path.with_name(name))
    paths = sorted(path for path in pictures.rglob("*") if path.is_file())
    listed = folder / "list.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "license", "author", "title", "tags", "url"])
        for number, path in enumerate(paths):
            odd = [some[number % len(some)] for some in (ODD_LICENSES, ODD_AUTHORS, ODD_TITLES)]
            rows.writerow([path, *odd, f"{path.parent.name};{SCRIPT}", "https://example.org/1" if number % 3 else ""])
    data = volume.root
    counts = acquisition.run(sc, AcquisitionSettings(data=data, source=str(listed)))
    runs.record(volume, counts, datetime.now(UTC), 1.5, "local[2]", 2)
    labeling.run(sc, LabelingSettings(data=data))
    embedding.run(sc, EmbeddingSettings(data=data, model="efficientnet-lite0", precision="fp32"))
    recommendation.run(sc, Settings(data=data))
    return volume, paths


@contextmanager
def serving(volume: LocalStorage, port: int = 0, **settings: Any) -> Iterator[str]:
    """The address of a service over a volume, with its inbox."""
    answerer, stop = Answerer(volume), threading.Event()
    given = ServeSettings(data=volume.root, rate_limit=0, **settings)
    app = create_app(answerer, Health(answerer, Thumbnails(volume)), given)
    server = uvicorn.Server(uvicorn.Config(app, http=protocol(ConnectionLimits()), ws="none", log_config=None))
    with listen(port) as listener:
        address = listener.getsockname()[1]
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}),
            threading.Thread(target=watch_inbox, args=(given, answerer, stop, 0.05)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield f"http://127.0.0.1:{address}"
        finally:
            stop.set()
            server.should_exit = server.force_exit = True
            for thread in threads:
                thread.join()


def listen(port: int) -> socket.socket:
    """A listening socket; also on a port that was just left."""
    return open_socket("127.0.0.1", port)


@pytest.fixture(scope="session")
def web(odd_volume: tuple[LocalStorage, list[Path]]) -> Iterator[Web]:
    """The service, started once; it may fetch from this machine."""
    volume, pictures = odd_volume
    with serving(volume, fetch=True, allow_loopback=True) as url:
        yield Web(url, volume, pictures)


Visit = Callable[..., Watched]
"""`visit(path, person=..., **options of a browser context)` opens a page of the service as somebody."""


@pytest.fixture
def visit(web: Web, open_page: OpenPage) -> Iterator[Visit]:
    """Opens pages of the service, each checked at the end for errors and requests to other hosts."""
    opened: list[Watched] = []

    def open_as(path: str, person: str = "", **options: Any) -> Watched:
        watched = open_page(f"{web.url}{path}", **options)
        watched.page.set_default_timeout(TIMEOUT_MS)
        watched.page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        if person:
            watched.page.evaluate("name => localStorage.setItem('imagerec-person', name)", person)
            watched.page.reload()
        opened.append(watched)
        return watched

    yield open_as
    for watched in opened:
        watched.check()


def ids_of(page: Page, scope: str = "main") -> list[str]:
    """The image_ids of the pictures that a part of a page shows, in their order."""
    found: list[str] = page.eval_on_selector_all(f"{scope} .card", "cards => cards.map(card => card.dataset.id)")
    return found


def wait_answers(page: Page) -> None:
    """Wait until the answers of the search are those of its address."""
    page.wait_for_selector("#answers[aria-busy=false] .card")
