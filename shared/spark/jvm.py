"""The Java process that runs Spark: its start, its messages, and its end when the user stops the command."""

import os
import re
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
#: Spark's launcher ends so where it does not accept a setting, such as the master.
REFUSAL = re.compile(rb'Exception in thread "main" org\.apache\.spark\.SparkException: (.+)\n')
END_LIMIT_S = 5


@contextmanager
def gateway(conf: SparkConf) -> Iterator[JavaGateway]:
    """The way to this process's Java, which is gone when the user stops the command in the block.

    Raises:
        CannotProceedError: Java does not start; its message is on standard error.
    """
    found = None
    with signals.ending(lambda: end(found)):
        with signals.postponed():  # until there is a process that can be ended
            found = SparkContext._gateway or launch(conf)
        yield found


def launch(conf: SparkConf) -> JavaGateway:
    """Start Java; errors as `gateway`."""
    reading, writing = os.pipe()
    refusals: list[str] = []
    relay = threading.Thread(target=pass_on, args=(reading, refusals), name="output of Java", daemon=True)
    relay.start()
    try:
        with os.fdopen(writing, "wb") as stderr:
            return launch_gateway(conf, {"stderr": stderr})  # type: ignore[no-untyped-call]
    except PySparkRuntimeError as error:
        relay.join()  # Java has ended
        if refusals:
            raise CannotProceedError(f"Spark does not start: {'; '.join(refusals)}") from error
        raise CannotProceedError("Java does not start; its own message is above") from error


def pass_on(reading: int, refusals: list[str]) -> None:
    """Write Java's messages to standard error until it ends, but for the expected one and Spark's refusal to start.

    Args:
        refusals: is given the text of such a refusal.
    """
    is_refusal = False
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            if refused := REFUSAL.fullmatch(line):
                refusals.append(refused[1].decode(errors="replace"))
            is_refusal = bool(refused) or (is_refusal and line.startswith(b"\t"))  # its stack trace
            if line != EXPECTED and not is_refusal:
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
