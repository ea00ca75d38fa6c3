"""The service of `imagerec map --open`: the whole one on this machine, or where there is no index the map alone."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI

from recommendation.search.answerer import Answerer
from recommendation.settings import ServeSettings
from recommendation.web import pages
from recommendation.web.error_handlers import add_error_handlers
from recommendation.web.map.routes import map_routes
from recommendation.web.middleware import AllowedHosts, HeadAsGet, SecurityHeaders
from recommendation.web.service import open_socket, url
from shared.command import cli
from shared.errors import CannotProceedError

log = logging.getLogger("recommendation")

LOOPBACK = "127.0.0.1"


def create_map_app(settings: ServeSettings) -> FastAPI:
    """A service that has only the map."""
    app = FastAPI(title=pages.TITLE, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(map_routes(settings.volume, pages.mount_assets(app), has_index=False))
    add_error_handlers(app, settings)
    app.add_middleware(HeadAsGet)
    app.add_middleware(AllowedHosts, names=())
    app.add_middleware(SecurityHeaders)
    return app


def serve_map(settings: ServeSettings, show: Callable[[str], Any]) -> int:
    """Serve on a free port of this machine unless one is given, open the page, and go on until stopped."""
    import uvicorn

    from recommendation.web.worker import Server, run_server

    settings = replace(settings, host=LOOPBACK)
    app = app_of(settings)
    with open_socket(settings.host, 0 if settings.port == ServeSettings.port else settings.port) as listener:
        address = f"{url(*listener.getsockname()[:2])}/map"
        log.info("the map is at %s; Ctrl-C ends this", address)
        config = uvicorn.Config(app, ws="none", log_config=None, log_level="error", server_header=False)
        run_server(Server(config, partial(show, address)), listener)
    return cli.OK


def app_of(settings: ServeSettings) -> FastAPI:
    """The whole service where there is an index, else the map alone."""
    from recommendation.search.thumbnails import Thumbnails
    from recommendation.web.health import Health
    from recommendation.web.server import create_app

    try:
        answerer = Answerer(settings.volume)
    except CannotProceedError as error:
        log.warning("only the map, without similar pictures: %s", error)
        return create_map_app(settings)
    return create_app(answerer, Health(answerer, Thumbnails(settings.volume), []), settings)
