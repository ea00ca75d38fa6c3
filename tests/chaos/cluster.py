"""A Spark cluster of one master and two workers that look like two machines, on this one."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pyspark

from shared.spark import java
from tests.chaos.points import kill_session

#: Spark starts a second attempt of a slow task only on another host, and tells hosts by their names.
HOSTS = ("127.0.0.1", "127.0.0.2")
START_LIMIT_S = 120.0
LOOK_EVERY_S = 0.2
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"


@contextmanager
def cluster(folder: Path, *lines: str) -> Iterator[str]:
    """Start a cluster and yield its address; it ends with the block.

    Args:
        lines: of the properties file of master and workers.

    Raises:
        TimeoutError: its workers do not come up in time.
    """
    folder.mkdir(parents=True)
    settings = folder / "spark.conf"
    settings.write_text("\n".join(["spark.master.rest.enabled false", *lines, ""]), encoding="ascii")
    port, page = free_port(), free_port()
    address = f"spark://{HOSTS[0]}:{port}"
    common = ["--properties-file", str(settings)]
    with ExitStack() as stack:
        master = ["master.Master", "--host", HOSTS[0], "--port", str(port), "--webui-port", str(page), *common]
        stack.enter_context(daemon(master, folder / "master.log"))
        await_word(folder / "master.log", "New state: ALIVE", 1)
        for number, host in enumerate(HOSTS):
            work = ["--cores", "1", "--memory", "2g", "--work-dir", str(folder / f"work-{number}"), "--webui-port", "0"]
            worker = ["worker.Worker", "--host", host, *work, *common, address]
            stack.enter_context(daemon(worker, folder / f"worker-{number}.log"))
        await_word(folder / "master.log", "Registering worker", len(HOSTS))
        yield address


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.create_server((HOSTS[0], 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def daemon(arguments: Sequence[str], log: Path) -> Iterator[None]:
    """One of Spark's daemons and all it starts, until the block ends."""
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment(), stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        kill_session(process.pid)
        process.wait()


def environment() -> Mapping[str, str]:
    """What daemons and drivers of the cluster need to know of this machine."""
    return os.environ | {"JAVA_HOME": str(java.java_home(os.environ)), "IMAGEREC_DRIVER_HOST": HOSTS[0]}


def await_word(log: Path, word: str, count: int) -> None:
    """Wait until a log holds a word so many times.

    Raises:
        TimeoutError: it does not in time.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while log.read_text(encoding="utf-8", errors="replace").count(word) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected {word!r} {count} times in {log}")
        time.sleep(LOOK_EVERY_S)


def executors(folder: Path) -> list[int]:
    """Processes of the executors that run below a cluster's folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "cwd"])
        if EXECUTOR in (process.info["cmdline"] or []) and Path(process.info["cwd"] or "/").is_relative_to(folder)
    ]
