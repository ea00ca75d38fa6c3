"""A real MediaWiki on loopback for tests: Debian's packages, SQLite, PHP's own web server."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

MEDIAWIKI = Path("/usr/share/mediawiki")
SERVER = Path(__file__).parent / "server"
WORKERS = 2
START_S = 20.0


class Upload(NamedTuple):
    """A file to be uploaded, with the text of its page."""

    data: bytes
    text: str


class Wiki:
    """A wiki in a folder of its own. Use it in a ``with`` statement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.address}/api.php"

    def __enter__(self) -> Self:
        for name in ("db", "conf", "images", "cache", "tmp"):
            (self.folder / name).mkdir(parents=True)
        self.maintain(
            "install.php",
            *(
                "--dbtype",
                "sqlite",
                "--dbpath",
                self.folder / "db",
                "--dbname",
                "testwiki",
                "--confpath",
                self.folder / "conf",
            ),
            *("--server", self.address, "--scriptpath", "", "--pass", "Adminpass12345", "TestCommons", "Admin"),
        )
        with self.settings.open("a", encoding="utf-8") as settings:
            settings.write((SERVER / "settings.php").read_text(encoding="utf-8"))
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._server.pid, signal.SIGKILL)  # its workers do not end with it
        self._server.wait()

    @property
    def settings(self) -> Path:
        """The wiki's settings."""
        return self.folder / "conf" / "LocalSettings.php"

    def fill(self, uploads: Mapping[str, Upload], pages: Mapping[str, str]) -> None:
        """Upload files by name, and write pages by title."""
        there, texts = self.folder / "uploads", self.folder / "texts"
        there.mkdir()
        texts.mkdir()
        for name, upload in uploads.items():
            (there / name).write_bytes(upload.data)
            (there / f"{name.rpartition('.')[0]}.txt").write_text(upload.text, encoding="utf-8")
        for title, text in pages.items():
            (texts / f"{title}.txt").write_text(text, encoding="utf-8")
        self.maintain("importImages.php", "--comment-ext=txt", "--user=Admin", "--extensions=jpg,png", there)
        self.maintain("importTextFiles.php", *sorted(texts.iterdir()))
        self.maintain("runJobs.php")
        self.maintain("rebuildtextindex.php")

    def maintain(self, script: str, *arguments: str | Path) -> None:
        """Run a maintenance script."""
        command = ["php", MEDIAWIKI / "maintenance" / script, *arguments]
        ended = subprocess.run(command, env=self._environ(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{script}: {ended.stdout[-2_000:]}{ended.stderr[-2_000:]}"

    def lag(self, times: int) -> None:
        """Answer that the database lags, so many times."""
        (self.folder / "lag").write_text(str(times))

    def be_busy(self, times: int) -> None:
        """Answer 429, so many times."""
        (self.folder / "busy").write_text(str(times))

    def refuse_width(self, width_px: int) -> None:
        """Answer 400 for scaled copies of this width, too; 0: for none of the steps."""
        (self.folder / "refused_width").write_text(str(width_px))

    def requests(self) -> list[tuple[float, str, str]]:
        """What was asked so far: time, address without host, User-Agent."""
        log = self.folder / "requests.log"
        return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []

    def forget_requests(self) -> None:
        """Empty the log."""
        (self.folder / "requests.log").unlink(missing_ok=True)

    def _environ(self) -> dict[str, str]:
        variables = {"MW_CONFIG_FILE": str(self.settings)} if self.settings.exists() else {}
        return {**os.environ, "WIKI_FOLDER": str(self.folder), **variables}

    def _start(self) -> None:
        command = ["php", "-S", f"127.0.0.1:{self.port}", "-t", str(MEDIAWIKI), str(SERVER / "router.php")]
        self._server = subprocess.Popen(
            command,
            env={**self._environ(), "PHP_CLI_SERVER_WORKERS": str(WORKERS)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                assert self._server.poll() is None, "the wiki's web server ended"
        raise AssertionError("the wiki's web server does not answer")


def is_installed() -> bool:
    """Whether this machine has what a wiki needs."""
    return MEDIAWIKI.exists() and shutil.which("php") is not None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(url: str) -> int:
    """The status that a server answers with."""
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
