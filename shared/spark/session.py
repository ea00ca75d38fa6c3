"""The only place that makes a SparkContext."""

import logging
import os
import re
import socket
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import BasicProfiler, SparkConf, SparkContext

from shared import signals
from shared.errors import CannotProceedError
from shared.project import PACKAGES, PROJECT
from shared.settings import Settings
from shared.spark import java, jvm, profiles

log = logging.getLogger(__name__)

TASK_TRIES = 4
#: The last line of a worker's traceback that a person can do something about.
WORKER_ERROR = re.compile(r"^(?:shared\.errors\.CannotProceedError: |(?=\w*Error: \[Errno \d+\]))(.+)$", re.MULTILINE)
#: One thread per task: Spark already runs a task on every core.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def context(settings: Settings, name: str) -> Iterator[SparkContext]:
    """A SparkContext until the block ends; its jobs are described by the name, and its workers profiled if that is wanted.

    Raises:
        CannotProceedError: there is no Java 17 or newer, the cluster's secret cannot be read, a worker met something
            that it cannot go on from (a full disk, a damaged file), or Java died.
    """
    _prepare_environment()
    conf, profiled = spark_conf(settings.master, name), profiles.wanted()
    if profiled is not None:
        conf.set("spark.python.profile", "true")
    log.info("starting Spark on %s", settings.master)
    with (
        jvm.gateway(conf) as gateway,
        _started(conf, gateway, profiled) as sc,
        _clear_errors(sc),
        tempfile.TemporaryDirectory() as folder,
    ):
        sc.setJobDescription(name)
        if is_cluster(settings.master):
            sc.addPyFile(str(zip_code(Path(folder))))
        yield sc


@contextmanager
def _started(conf: SparkConf, gateway: JavaGateway, profiled: profiles.Profiles | None) -> Iterator[SparkContext]:
    with signals.kept():  # PySpark puts a handler of its own in place
        sc = SparkContext(conf=conf, gateway=gateway, profiler_cls=_profiler_class(profiled))
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


def spark_conf(master: str, name: str) -> SparkConf:
    """All of Spark's settings that are not its defaults."""
    conf = SparkConf().setAppName(f"imagerec {name}").setMaster(local_master(master))
    conf.set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false")
    # Over TCP the last small packet of every task waits 45 ms to be acknowledged.
    conf.set("spark.python.unix.domain.socket.enabled", "true")
    conf.set("spark.driver.memory", os.environ.get("IMAGEREC_DRIVER_MEMORY", "1g"))
    # The JVM only schedules: quick start-up is worth more than peak speed of compiled code.
    options = f"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile={(PROJECT / 'shared/spark/log4j2.properties').as_uri()}"
    conf.set("spark.driver.extraJavaOptions", options)
    for variable in THREAD_VARIABLES:
        conf.setExecutorEnv(variable, "1")
    return _cluster_conf(conf) if is_cluster(master) else _local_conf(conf)


def _local_conf(conf: SparkConf) -> SparkConf:
    conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
    return conf.set("spark.python.daemon.module", "shared.spark.worker_daemon")


def _cluster_conf(conf: SparkConf) -> SparkConf:
    conf.set("spark.driver.host", os.environ.get("IMAGEREC_DRIVER_HOST", socket.gethostname()))
    conf.set("spark.executor.memory", os.environ.get("IMAGEREC_EXECUTOR_MEMORY", "1g"))
    secret_file = os.environ.get("IMAGEREC_SPARK_SECRET_FILE")
    if secret_file:
        conf.set("spark.authenticate", "true").set("spark.authenticate.secret", _read_secret(Path(secret_file)))
        conf.set("spark.network.crypto.enabled", "true")
    return conf


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise CannotProceedError(f"IMAGEREC_SPARK_SECRET_FILE: {path} cannot be read ({error.strerror})") from error


def _prepare_environment() -> None:
    """Workers run this interpreter, find this code, and Java is one that Spark can use."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    paths = [str(PROJECT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
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
