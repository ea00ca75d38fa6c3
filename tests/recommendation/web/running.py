"""The service behind a real socket, in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from recommendation.web.connections import ConnectionLimits, protocol
from recommendation.web.service import open_socket

LIMIT_S = 60


@contextmanager
def running(app: FastAPI, limits: ConnectionLimits = ConnectionLimits()) -> Iterator[httpx.Client]:  # noqa: B008
    """A client of the app behind a real socket."""
    config = uvicorn.Config(app, http=protocol(limits), ws="none", log_config=None)
    server = uvicorn.Server(config)
    with open_socket("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=LIMIT_S) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def connected(client: httpx.Client, data: bytes = b"") -> Iterator[socket.socket]:
    """A raw connection to the service, which has sent some bytes."""
    address = (client.base_url.host, client.base_url.port or 0)
    with socket.create_connection(address, timeout=LIMIT_S) as connection:
        connection.sendall(data)
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """What comes until the service closes the connection."""
    received = b""
    try:
        while chunk := connection.recv(1 << 16):
            received += chunk
    except ConnectionResetError:
        pass
    return received
