"""The only place that makes a SparkContext."""

import logging
import os
import re
import socket
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import BasicProfiler, SparkConf, SparkContext

from shared import signals
from shared.errors import CannotProceedError
from shared.project import PACKAGES, PROJECT
from shared.secret import read_secret
from shared.settings import Settings
from shared.spark import environment, java, jvm, profiles
from shared.spark.environment import LOOPBACK

log = logging.getLogger(__name__)

TASK_TRIES = 4
LOG_SETTINGS = PROJECT / "shared/spark/log4j2.properties"
#: The last line of a worker's traceback that a person can do something about.
WORKER_ERROR = re.compile(r"^(?:shared\.errors\.CannotProceedError: |(?=\w*Error: \[Errno \d+\]))(.+)$", re.MULTILINE)
#: One thread per task: Spark already runs a task on every core.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def context(settings: Settings, name: str) -> Iterator[SparkContext]:
    """A SparkContext until the block ends; its jobs are described by the name, and its workers profiled if that is wanted.

    Raises:
        CannotProceedError: there is no Java 17 or newer, the cluster's secret cannot be read, Spark refuses the master,
            a worker met something that it cannot go on from (a full disk, a damaged file), or Java died.
    """
    _prepare_environment(settings.master)
    conf, profiled = spark_conf(settings, name), profiles.wanted()
    inside = with_secret(conf, settings)
    log.info("starting Spark on %s", settings.master)
    with (
        jvm.gateway(conf) as gateway,
        _started(inside, gateway, profiled) as sc,
        _clear_errors(sc),
        tempfile.TemporaryDirectory() as folder,
    ):
        sc.setJobDescription(name)
        if is_cluster(settings.master):
            sc.addPyFile(str(zip_code(Path(folder))))
        yield sc


@contextmanager
def _started(conf: SparkConf, gateway: JavaGateway, profiled: profiles.Profiles | None) -> Iterator[SparkContext]:
    if profiled is not None:
        conf.set("spark.python.profile", "true")
    try:
        with signals.kept():  # PySpark puts a handler of its own in place
            sc = SparkContext(conf=conf, gateway=gateway, profiler_cls=_profiler_class(profiled))
    except Py4JJavaError as error:
        raise CannotProceedError(f"Spark does not start: {refusal(error.java_exception)}") from error
    sc.setLogLevel("ERROR")
    try:
        yield sc
    finally:  # Java may be gone
        with suppress(Py4JError, ConnectionError), warnings.catch_warnings(action="ignore"):
            sc.stop()
        if profiled is not None:
            for _, profiler, _ in sc.profiler_collector.profilers:
                profiler.collect(profiled)
            sc.profiler_collector.profilers.clear()  # PySpark would print them at exit


def _profiler_class(profiled: profiles.Profiles | None) -> type[BasicProfiler]:
    if profiled is None:
        return BasicProfiler
    from shared.spark.worker_profiler import WorkerProfiler  # imports a profiler, which other commands do without

    return WorkerProfiler


@contextmanager
def _clear_errors(sc: SparkContext) -> Iterator[None]:
    """Say in one sentence what a worker or Java could not go on from; bugs pass as they are."""
    try:
        yield
    except (Py4JError, ConnectionError) as error:
        if not is_alive(sc):
            raise CannotProceedError(
                f"Spark ended: its Java process died, or {sc.master} cannot be reached or refused us; "
                "the same command goes on from here"
            ) from error
        reason = worker_error(str(error)) if isinstance(error, Py4JJavaError) else None
        if reason is None:
            raise
        raise CannotProceedError(reason) from error


def is_alive(sc: SparkContext) -> bool:
    """Whether the Java process behind a context still answers."""
    try:
        return int(sc.defaultParallelism) > 0
    except (Py4JError, ConnectionError):
        return False


def worker_error(text: str) -> str | None:
    """The sentence for a person in what Spark reports of a failed task; None for a bug."""
    found = WORKER_ERROR.findall(text)  # the last of errors that led to each other knows the file
    return str(found[-1]) if found else None


def is_cluster(master: str) -> bool:
    """Whether tasks run on other machines."""
    return not master.startswith("local")


def local_master(master: str) -> str:
    """A local master that tries a task again: plain ``local[N]`` gives up at the first killed worker."""
    if not is_cluster(master) and master.endswith("]") and "," not in master:
        return f"{master[:-1]},{TASK_TRIES}]"
    return master


def refusal(error: Any) -> str:
    """The messages of a Java exception and of what caused it, on one line."""
    messages = []
    while error is not None:
        messages += [line for line in [" ".join(str(error.getMessage()).split()).rstrip(".")] if line not in messages]
        error = error.getCause()
    return ": ".join(messages)


def spark_conf(settings: Settings, name: str) -> SparkConf:
    """All of Spark's settings that are not its defaults, but for the secret: they are arguments of Java's process."""
    conf = SparkConf().setAppName(f"imagerec {name}").setMaster(local_master(settings.master))
    conf.set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false")
    # Over TCP the last small packet of every task waits 45 ms to be acknowledged.
    conf.set("spark.python.unix.domain.socket.enabled", "true")
    conf.set("spark.driver.memory", settings.driver_memory)
    # The JVM only schedules: quick start-up is worth more than peak speed of compiled code.
    options = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}"]
    conf.set("spark.driver.extraJavaOptions", " ".join([*options, *environment.java_options()]))
    for variable in THREAD_VARIABLES:
        conf.setExecutorEnv(variable, "1")
    conf.setExecutorEnv("PYTHONSAFEPATH", "1")
    return _cluster_conf(conf, settings) if is_cluster(settings.master) else _local_conf(conf)


def _local_conf(conf: SparkConf) -> SparkConf:
    conf.set("spark.driver.host", LOOPBACK).set("spark.driver.bindAddress", LOOPBACK)
    conf.set("spark.python.unix.domain.socket.dir", environment.socket_dir())
    return conf.set("spark.python.daemon.module", "shared.spark.worker_daemon")


def _cluster_conf(conf: SparkConf, settings: Settings) -> SparkConf:
    conf.set("spark.driver.host", settings.driver_host or socket.gethostname())
    return conf.set("spark.executor.memory", settings.executor_memory)


def with_secret(conf: SparkConf, settings: Settings) -> SparkConf:
    """The same settings and the cluster's secret, for inside the running Java process only.

    Raises:
        CannotProceedError: the secret cannot be read, or the user has no name.
    """
    copy = SparkConf().setAll(conf.getAll())
    if settings.spark_secret_file and is_cluster(settings.master):
        if not environment.has_user_name():
            raise CannotProceedError(
                f"a cluster that authenticates needs a user with a name, and user id {os.getuid()} has none in /etc/passwd"
            )
        secret = read_secret(settings.spark_secret_file, "--spark-secret-file")
        copy.set("spark.authenticate", "true").set("spark.authenticate.secret", secret.reveal())
        copy.set("spark.network.crypto.enabled", "true")
    return copy


def _prepare_environment(master: str) -> None:
    prepared = environment.spark_environment(os.environ, is_cluster(master))
    if names := environment.ignored(os.environ, prepared):
        log.info("ignored, since Spark runs on this machine alone: %s", ", ".join(names))
        for name in names:
            del os.environ[name]
    os.environ.update(prepared)
    os.environ["JAVA_HOME"] = str(java.java_home(os.environ))


def zip_code(folder: Path) -> Path:
    """The project's packages as one archive that executors can import from."""
    path = folder / "imagerec_code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for package in PACKAGES:
            for file in sorted((PROJECT / package).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(PROJECT))
    return path
