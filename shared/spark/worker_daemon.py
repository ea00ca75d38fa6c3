"""Spark's starter of Python workers, whose workers end silently when Java has stopped.

Over a Unix socket an idle worker notices at once that Java has stopped, and prints a traceback if that is before the
starter tells it to end. Used on one machine; a cluster's workers write to their own logs.
"""

import socket
from collections.abc import Callable
from functools import partial

from pyspark import daemon

JAVA_IS_GONE = 1


def worker(serve: Callable[[socket.socket, bool], int], sock: socket.socket, authenticated: bool) -> int:
    """Serve Java's tasks until it stops."""
    try:
        return serve(sock, authenticated)
    except BrokenPipeError:
        return JAVA_IS_GONE


if __name__ == "__main__":
    daemon.worker = partial(worker, daemon.worker)
    daemon.manager()
