"""One process of `imagerec serve`: answers over HTTP and from the inbox, from its start to its end."""

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from recommendation.commands.inbox import POLL_S, backlog, watch_inbox
from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.connections import protocol, raise_open_files
from recommendation.web.health import Health
from recommendation.web.server import create_app
from recommendation.web.service import BACKLOG

log = logging.getLogger("recommendation")

STOP_LIMIT_S = 6  # for requests under way; Docker kills after 10
JOIN_LIMIT_S = 1
ACCEPTED_AT_ONCE = 16  # more could use up the open files before one is closed to make room
ERROR_LOG_S = 60.0


def serve(
    settings: ServeSettings,
    listen: Callable[[], socket.socket],
    *,
    with_inbox: bool,
    on_ready: Callable[[], None],
    measured_in: str = "",
) -> None:
    """Answer requests, and the inbox if asked to, until SIGTERM or SIGINT.

    Args:
        listen: opens the listening socket; called when all else is ready.
        measured_in: see `create_app`.

    Raises:
        CannotProceedError: there is no index.
    """
    answerer, stop = Answerer(settings.volume), threading.Event()
    threads = [background("the watch for new generations", watch_generations, answerer, stop)]
    if with_inbox:
        threads.append(background("the inbox", watch_inbox, settings, answerer, stop))
    health = Health(answerer, Thumbnails(settings.volume), threads, backlog=partial(backlog, settings.volume))
    config = server_config(create_app(answerer, health, settings, measured_in=measured_in))
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # a client's broken form is in its answer
    for thread in threads:
        thread.start()
    try:
        with listen() as listener:
            run_server(Server(config, on_ready), listener)
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_LIMIT_S)  # a query of the inbox that is cut off is answered at the next start


def server_config(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves."""
    return uvicorn.Config(
        app,
        http=protocol(raise_open_files()),
        ws="none",
        loop="asyncio",
        backlog=ACCEPTED_AT_ONCE,
        log_config=None,
        log_level="error",
        timeout_graceful_shutdown=STOP_LIMIT_S,
        server_header=False,
        proxy_headers=False,
    )


class Server(uvicorn.Server):
    """Uvicorn's server, which reports when it answers and does not fill the log while connections cannot be accepted."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._logged: dict[str, float] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        asyncio.get_running_loop().set_exception_handler(self.log_rarely)
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(BACKLOG)  # asyncio has set it to what it accepts at once
        self._on_ready()

    def log_rarely(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an error of the event loop, each kind once a minute."""
        kind, now = f"{context['message']}: {context.get('exception')}", time.monotonic()
        if now - self._logged.get(kind, -ERROR_LOG_S) >= ERROR_LOG_S:
            self._logged[kind] = now
            loop.default_exception_handler(context)


def run_server(server: uvicorn.Server, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way."""
    # uvicorn raises the signal again when it is done: here, into handlers that let us return.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def background(name: str, target: Callable[..., None], *args: object) -> threading.Thread:
    """A thread that does not keep the process alive."""
    return threading.Thread(target=target, args=args, name=name, daemon=True)


def watch_generations(answerer: Answerer, stop: threading.Event, poll_s: float = POLL_S) -> None:
    """Take over each new generation soon after it is published; whatever goes wrong, try again."""
    logged = ""
    while not stop.wait(poll_s):
        try:
            answerer.refresh()
        except Exception as error:  # the service answers on from the generation it has
            if str(error) != logged:
                log.error("cannot look for a new generation: %s", error, exc_info=not isinstance(error, OSError))
            logged = str(error)
        else:
            logged = ""
