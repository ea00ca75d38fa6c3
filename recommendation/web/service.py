"""`imagerec serve`: the process that answers over HTTP and from the inbox, from its start to its end."""

import logging
import signal
import socket
import threading
from collections.abc import Sequence

import uvicorn

from recommendation.commands.inbox import LOOK_EVERY_S, watch_inbox
from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.server import create_app
from shared.command import cli
from shared.errors import CannotProceedError, UsageError

log = logging.getLogger("recommendation")

STOP_LIMIT_S = 6  # for requests under way; Docker kills after 10
JOIN_LIMIT_S = 2
MAX_PORT = 65_535


def main(argv: Sequence[str]) -> int:
    """Answer over HTTP and from the inbox until SIGTERM or Ctrl-C; return 0."""
    parser = cli.parser("imagerec serve", "Answer queries over HTTP and from the inbox until stopped.", ServeSettings)
    return cli.run_command(lambda: run_service(cli.settings_of(ServeSettings, parser.parse_args(argv))))


def run_service(settings: ServeSettings) -> int:
    """Serve until a signal comes.

    Raises:
        CannotProceedError: there is no index, or the address is taken.
    """
    answerer = Answerer(settings.volume)
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=watch_generations, args=(answerer, stop), name="the watch for new generations", daemon=True
        ),
        threading.Thread(target=watch_inbox, args=(settings, answerer, stop), name="the inbox", daemon=True),
    ]
    app = create_app(answerer, Health(answerer, Thumbnails(settings.volume), threads), settings)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", timeout_graceful_shutdown=STOP_LIMIT_S, server_header=False
    )
    with open_socket(settings.host, settings.port) as listener:
        for thread in threads:
            thread.start()
        try:
            run_server(uvicorn.Server(config), listener)
        finally:
            stop.set()
            for thread in threads:
                thread.join(JOIN_LIMIT_S)  # a job that is cut off is answered at the next start
    return cli.OK


def run_server(server: uvicorn.Server, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way."""
    # uvicorn raises the signal again when it is done: here, into handlers that let us return.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    host, port = listener.getsockname()[:2]
    log.info("answering on http://%s:%d", f"[{host}]" if ":" in host else host, port)
    server.run(sockets=[listener])
    log.info("stopped")


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        UsageError: there is no such port.
        CannotProceedError: the address is taken or not ours.
    """
    if not 0 <= port <= MAX_PORT:
        raise UsageError(f"--port: expected 0 to {MAX_PORT}, got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise CannotProceedError(
            f"cannot listen on {host}:{port} ({error}); choose another with --host and --port"
        ) from error
    # Inherited by every connection. asyncio does it only for sockets that say they are TCP, which this one does not, and
    # without it an answer of two packets waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def watch_generations(answerer: Answerer, stop: threading.Event) -> None:
    """Take over each new generation soon after it is published."""
    while not stop.wait(LOOK_EVERY_S):
        answerer.refresh()
