"""A web server on the loopback that serves what a test tells it to, rightly or wrongly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Reply(NamedTuple):
    """What the server says to a path."""

    body: bytes = b""
    status: int = 200
    location: str = ""
    claimed: int = -1  # Content-Length, if not the body's


@contextmanager
def serving(replies: dict[str, Reply]) -> Iterator[str]:
    """Serve until the block ends; other paths are 404. Yields the server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = replies.get(self.path, Reply(status=404))
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(reply.body) if reply.claimed < 0 else reply.claimed))
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
