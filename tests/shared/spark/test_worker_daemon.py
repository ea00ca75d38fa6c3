"""The starter of Spark's Python workers."""

import os
import socket
from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.spark.worker_daemon import JAVA_IS_GONE, worker


def answer(sock: socket.socket, authenticated: bool) -> int:
    sock.sendall(b"done")
    return 0 if authenticated else 2


def test_a_worker_that_java_has_left_ends_without_a_word() -> None:
    ours, theirs = socket.socketpair()
    assert worker(answer, ours, True) == 0
    assert worker(answer, ours, False) == 2
    theirs.close()
    assert worker(answer, ours, True) == JAVA_IS_GONE
    ours.close()


@pytest.mark.spark
@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux")
def test_it_starts_the_workers_of_this_machine(sc: SparkContext) -> None:
    def parent(_: int) -> bytes:
        return Path(f"/proc/{os.getppid()}/cmdline").read_bytes()

    assert b"shared.spark.worker_daemon" in sc.parallelize([0], 1).map(parent).first().split(b"\0")
