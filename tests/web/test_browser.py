"""The fixtures of the tests in a browser notice what they are there for."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.web.conftest import OpenPage

pytestmark = pytest.mark.slow


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address that it is served at."""
    (tmp_path / "favicon.ico").touch()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_of_its_own_host_without_errors_passes(site: tuple[Path, str], open_page: OpenPage) -> None:
    (site[0] / "index.html").write_text("<!doctype html><title>t</title><script>console.log(1)</script>")
    watched = open_page(f"{site[1]}/index.html")
    watched.check()
    assert watched.screenshot("browser/blank").startswith(b"\x89PNG")


def test_requests_elsewhere_and_errors_are_noted(site: tuple[Path, str], open_page: OpenPage) -> None:
    (site[0] / "index.html").write_text(
        "<!doctype html><img src='http://127.0.0.1:9/a.png'><script>console.error('bad'); throw new Error('worse')</script>"
    )
    watched = open_page(f"{site[1]}/index.html")
    assert watched.foreign == ["http://127.0.0.1:9/a.png"]
    assert "bad" in watched.errors
    assert any("worse" in error for error in watched.errors)


def test_webgl2_draws_without_a_graphics_card(site: tuple[Path, str], open_page: OpenPage) -> None:
    (site[0] / "index.html").write_text("<!doctype html><canvas></canvas>")
    page = open_page(f"{site[1]}/index.html").page
    assert page.evaluate("document.querySelector('canvas').getContext('webgl2') !== null")
