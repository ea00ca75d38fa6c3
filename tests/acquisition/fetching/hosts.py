"""A host on the loopback that serves what a test says, and notes who asked for what and when."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.shared.pictures.drawn import encoded, plain


class Asked(NamedTuple):
    """A request as the host saw it."""

    at: float
    path: str
    headers: dict[str, str]


class Reply(NamedTuple):
    """What the host answers.

    Args:
        chunks: the body; an iterator may be endless.
    """

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None  # that is claimed; None: the body's
    chunks: Callable[[], Iterator[bytes]] | None = None


class Host:
    """A server, its answers and what it was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply | Callable[[Asked], Reply]] = {}
        self.default: Callable[[Asked], Reply] = lambda _: Reply(status=404)
        self.asked: list[Asked] = []
        self.address = ""
        self.name = ""
        self.is_over = threading.Event()
        self.wrap: Callable[[ssl.SSLContext], None] = lambda _: None

    def paths(self) -> list[str]:
        """What was asked for, files with rules left out."""
        return [one.path for one in self.asked if not one.path.startswith(("/robots.txt", "/.well-known/"))]

    def most_in(self, window_s: float) -> int:
        """The most requests in any window of time."""
        times = sorted(one.at for one in self.asked)
        return max((sum(1 for at in times if start <= at < start + window_s) for start in times), default=0)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        found = self.replies.get(asked.path, self.default)
        return found if isinstance(found, Reply) else found(asked)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    host: Host

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed or cut off are what is tested."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.host.reply(Asked(time.time(), self.path, headers))
        self.send_response(reply.status)
        if reply.chunks is None and reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(reply.body)
            for chunk in reply.chunks() if reply.chunks else ():
                if self.server.host.is_over.is_set():
                    break
                self.wfile.write(chunk)
        self.close_connection = reply.chunks is not None or reply.length is not None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(address: str = "127.0.0.1") -> Iterator[Host]:
    """A host until the block ends."""
    host = Host()
    with Server((address, 0), Handler) as server:
        server.host = host
        host.name = f"{address}:{server.server_port}"
        host.address = f"http://{host.name}"

        def wrap(context: ssl.SSLContext) -> None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

        host.wrap = wrap
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield host
        finally:
            host.is_over.set()
            server.shutdown()


def picture(number: int) -> bytes:
    """The bytes of a picture; another one for each number."""
    return encoded(plain((20 + number % 200, 20 + number // 200)))
