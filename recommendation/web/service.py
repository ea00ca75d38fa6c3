"""`imagerec serve`: processes that answer on one address, started together, restarted when one dies, stopped together."""

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from recommendation.settings import ServeSettings
from shared.command import cli
from shared.errors import CannotProceedError, UsageError

log = logging.getLogger("recommendation")

MIB = 1 << 20
WORKER_MIB = 512
#: Where Linux says how much memory a container may take; version 2 of its groups, and version 1.
MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
START_LIMIT_S = 120.0
STOP_LIMIT_S = 8.5  # Docker kills after 10
POLL_S = 0.2
MAX_PAUSE_S = 30.0  # between two restarts of a worker that dies at once

BACKLOG = 256  # connections that the system keeps until they are accepted
MAX_PORT = 65_535
#: Each worker multiplies matrices on one thread: waiting for a second one costs as much time as a whole query.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

#: Where the processes of one service write their measurements: see `operations.measurements`.
MEASURED_IN = "PROMETHEUS_MULTIPROC_DIR"

SPAWN = multiprocessing.get_context("spawn")


class Worker(NamedTuple):
    """A process that answers, when it was started, and how often one died before it."""

    process: BaseProcess
    started: float
    deaths: int


def main(argv: Sequence[str]) -> int:
    """Answer over HTTP and from the inbox until SIGTERM or Ctrl-C; return 0."""
    parser = cli.parser("imagerec serve", "Answer queries over HTTP and from the inbox until stopped.", ServeSettings)
    return cli.run_command(lambda: run(cli.settings_of(ServeSettings, parser.parse_args(argv))))


def default_workers() -> int:
    """As many as this process may use cores, as far as there is memory."""
    if sys.platform != "linux":  # elsewhere the system does not spread connections over sockets of one address
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), memory_bytes() // (WORKER_MIB * MIB)))


def memory_bytes() -> int:
    """The memory that this machine or this container has."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in MEMORY_LIMITS:
        with suppress(OSError, ValueError):  # there is no such file, or it says "max"
            limits.append(int(path.read_text()))
    return min(limits)


def run(settings: ServeSettings) -> int:
    """Answer until SIGTERM or SIGINT; return the exit code.

    Raises:
        CannotProceedError: the address is taken.
    """
    os.environ.update(ONE_THREAD)  # for the workers
    with TemporaryDirectory(prefix="imagerec-metrics-") as measured_in:
        os.environ[MEASURED_IN] = measured_in
        return answer_until_stopped(settings)


def answer_until_stopped(settings: ServeSettings) -> int:
    """`run`, with the environment that the workers need."""
    n_workers = settings.workers or default_workers()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_socket(settings.host, settings.port) as listener:  # refused where others listen
        host, port = listener.getsockname()[:2]
    with reserve(host, port):
        workers = Workers(settings, host, port)
        try:
            if code := workers.start(n_workers, stop):
                return code
            if not stop.is_set():
                log.info("answering on %s%s", url(host, port), f" with {n_workers} processes" if n_workers > 1 else "")
            workers.watch(stop)
        finally:
            workers.stop()
    log.info("stopped")
    return cli.OK


def open_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Args:
        shared: let other processes of this user listen on the same address; the system spreads connections over them.

    Raises:
        UsageError: there is no such port.
        CannotProceedError: the address is taken or not ours.
    """
    if not 0 <= port <= MAX_PORT:
        raise UsageError(f"--port: expected 0 to {MAX_PORT}, got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=shared)
    except OSError as error:
        raise CannotProceedError(
            f"cannot listen on {host}:{port} ({error}); choose another with --host and --port"
        ) from error
    # Inherited by every connection. asyncio does it only for sockets that say they are TCP, which this one does not, and
    # without it an answer of two packets waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url(host: str, port: int) -> str:
    """An address for people."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def reserve(host: str, port: int) -> socket.socket:
    """A socket that keeps an address for this user's processes, also while no worker listens."""
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((host, port))
    return reserved


class Workers:
    """The processes of one service.

    Args:
        settings: of the service.
        host: to listen on, as a number.
        port: to listen on.
    """

    def __init__(self, settings: ServeSettings, host: str, port: int) -> None:
        self._settings, self._host, self._port = settings, host, port
        self._workers: dict[int, Worker] = {}

    def start(self, n_workers: int, stop: threading.Event) -> int:
        """Start all, the first one alone; return its exit code where it cannot answer, else 0."""
        if not self._wait_ready(self._start(0), stop):
            self._workers[0].process.join(POLL_S)
            return self._workers[0].process.exitcode or cli.NOTHING_PRODUCED
        for ready in [self._start(place) for place in range(1, n_workers)]:
            self._wait_ready(ready, stop)  # one that has died is started anew by `watch`
        return cli.OK

    def _start(self, place: int, deaths: int = 0) -> Connection:
        ready, report = SPAWN.Pipe(duplex=False)
        process = SPAWN.Process(
            target=work, args=(self._settings, self._host, self._port, place, report), name=f"worker {place}"
        )
        process.start()
        report.close()
        self._workers[place] = Worker(process, time.monotonic(), deaths)
        return ready

    def _wait_ready(self, ready: Connection, stop: threading.Event) -> bool:
        """Whether a worker answers; also true when the service is to stop meanwhile."""
        deadline = time.monotonic() + START_LIMIT_S
        while not stop.is_set() and time.monotonic() < deadline:
            if ready.poll(POLL_S):
                with suppress(EOFError):
                    ready.recv()
                    return True
                return False  # it has ended
        return stop.is_set()

    def watch(self, stop: threading.Event) -> None:
        """Start a worker anew when it has died, until `stop` is set."""
        while not stop.is_set():
            connection.wait([one.process.sentinel for one in self._workers.values()], POLL_S)
            for place, worker in list(self._workers.items()):
                if worker.process.exitcode is not None and not stop.is_set():
                    self._restart(place, worker, stop)

    def _restart(self, place: int, worker: Worker, stop: threading.Event) -> None:
        is_quick = time.monotonic() - worker.started < MAX_PAUSE_S
        deaths = worker.deaths + 1 if is_quick else 0
        log.error("worker %d ended with exit code %s; starting it anew", place, worker.process.exitcode)
        for left in Path(os.environ.get(MEASURED_IN, os.devnull)).glob(f"gauge_live*_{worker.process.pid}.db"):
            left.unlink()  # it counts no longer
        if not stop.wait(min(MAX_PAUSE_S, POLL_S * 2**deaths) if deaths > 1 else 0):
            self._start(place, deaths).close()

    def stop(self) -> None:
        """Let all finish the requests under way, and kill those that take too long."""
        deadline = time.monotonic() + STOP_LIMIT_S
        for worker in self._workers.values():
            worker.process.terminate()
        for worker in self._workers.values():
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()


def work(settings: ServeSettings, host: str, port: int, place: int, report: Connection) -> None:
    """Be a worker: answer on an address that others share, the first one the inbox, too."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.exit(cli.run_command(lambda: _serve(settings, host, port, place, report)))


def _serve(settings: ServeSettings, host: str, port: int, place: int, report: Connection) -> int:
    from recommendation.web import worker  # imports what answers, which this module does without

    listen = partial(open_socket, host, port, shared=True)
    measured_in, on_ready = os.environ.get(MEASURED_IN, ""), partial(_report, report)
    worker.serve(settings, listen, with_inbox=place == 0, on_ready=on_ready, measured_in=measured_in)
    return cli.OK


def _report(report: Connection) -> None:
    with suppress(OSError):  # one that is started anew is not waited for
        report.send(True)


def end_with_parent() -> None:
    """End this process when the one that started it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
