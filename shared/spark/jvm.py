"""The Java process that runs Spark: its start, what it says, and its end when the user stops the command."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from py4j.java_gateway import JavaGateway
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway

from shared import signals
from shared.errors import CannotProceedError

#: Spark's launcher asks for this module on every start, and Java warns of it.
EXPECTED = b"WARNING: Using incubator modules: jdk.incubator.vector\n"
END_LIMIT_S = 5


@contextmanager
def gateway(conf: SparkConf) -> Iterator[JavaGateway]:
    """The way to this process's Java, which is gone when the user stops the command in the block.

    Raises:
        CannotProceedError: Java does not start; on standard error it has said why.
    """
    found = None
    with signals.ending(lambda: end(found)):
        with signals.postponed():  # until there is a process that can be ended
            found = SparkContext._gateway or launch(conf)
        yield found


def launch(conf: SparkConf) -> JavaGateway:
    """Start Java; errors as `gateway`."""
    reading, writing = os.pipe()
    relay = threading.Thread(target=pass_on, args=(reading,), name="what Java says", daemon=True)
    relay.start()
    try:
        with os.fdopen(writing, "wb") as stderr:
            return launch_gateway(conf, {"stderr": stderr})  # type: ignore[no-untyped-call]
    except PySparkRuntimeError as error:
        relay.join()  # Java has ended
        raise CannotProceedError("Java does not start; what it said is above") from error


def pass_on(reading: int) -> None:
    """Write what Java says to standard error until it ends, but for what it says every time."""
    with os.fdopen(reading, "rb") as said:
        for line in said:
            if line != EXPECTED:
                with suppress(OSError):  # nobody listens; Java must not wait for that
                    os.write(signals.STDERR, line)


def end(found: JavaGateway | None) -> None:
    """End Java, which tidies up after itself if it can do so in time."""
    if found is None or found.proc is None:  # not started yet, or not by us but by `spark-submit`
        return
    found.proc.terminate()
    try:
        found.proc.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        found.proc.kill()
        found.proc.wait()
