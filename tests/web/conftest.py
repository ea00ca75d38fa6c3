"""A real browser for tests: Debian's Chromium with software rendering, whose pages note outside requests and errors."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
#: WebGL without a graphics card; no sandbox, since containers run tests as root.
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
POLL_MS = 30
#: Names a folder where screenshots are kept for people to look at; without it they are only taken.
SCREENSHOTS = "IMAGEREC_TEST_SCREENSHOTS"


class Watched(NamedTuple):
    """A page, and what a good page has none of.

    Args:
        foreign: requests to other hosts than the first page's.
        errors: console errors, uncaught exceptions and failed requests.
    """

    page: Page
    foreign: list[str]
    errors: list[str]

    def check(self) -> None:
        """Fail for what a good page has none of."""
        assert self.foreign == []
        assert self.errors == []

    def wait(self, expression: str, limit_ms: int = 60_000) -> None:
        """Wait until a JavaScript expression is true; Playwright's own waiting needs `eval`, which good pages forbid.

        Raises:
            TimeoutError: it did not become true.
        """
        deadline = time.monotonic() + limit_ms / 1000
        while not self.page.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {expression}; errors: {self.errors}")
            self.page.wait_for_timeout(POLL_MS)

    def screenshot(self, name: str) -> bytes:
        """What the page shows, as PNG; kept where SCREENSHOTS says."""
        data = self.page.screenshot()
        if folder := os.environ.get(SCREENSHOTS):
            path = Path(folder) / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return data


OpenPage = Callable[..., Watched]
"""`open_page(url, **options of a browser context)` gives a watched page that is loaded."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once; the test is skipped where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} does not exist; `make test-web` installs it on Debian")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages that are closed after the test."""
    contexts: list[BrowserContext] = []

    def opened(url: str, **options: Any) -> Watched:
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        watched = watch(context.new_page(), url)
        watched.page.goto(url)
        return watched

    yield opened
    for context in contexts:
        context.close()


def watch(page: Page, url: str) -> Watched:
    """The page, watched from now on.

    Args:
        url: of the one host that it may ask.
    """
    watched = Watched(page, [], [])
    own = urlsplit(url).netloc

    def note_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != own:
            watched.foreign.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            watched.errors.append(message.text)

    page.on("request", note_request)
    page.on("console", note_message)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    return watched
