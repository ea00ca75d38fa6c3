"""The environment variables that Spark's Java and Python processes get."""

import os
import pwd
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from shared.project import PROJECT

#: Variables of another Spark on this machine: they choose its programs, settings and interpreter. Not among them are a
#: folder for scratch files, and two that PySpark itself sets in this process.
FOREIGN = re.compile(r"(PYSPARK|SPARK)_(?!(LOCAL_DIRS|AUTH_SOCKET_TIMEOUT|BUFFER_SIZE)$)\w+|(HADOOP|YARN)_CONF_DIR")
#: Set by `spark-submit`, which has started Java already.
STARTED = "PYSPARK_GATEWAY_PORT"
LOOPBACK = "127.0.0.1"
#: Longest folder whose Unix sockets have a path of at most 103 bytes, as macOS demands; Spark's names have 42.
LONGEST_SOCKET_DIR = 60


def spark_environment(environ: Mapping[str, str], is_cluster: bool) -> dict[str, str]:
    """The environment for Spark, given one to start from.

    Workers run this interpreter and find this code, whatever the working directory holds. On one machine variables of
    another Spark do not count, and neither does a host name that cannot be resolved.
    """
    paths = [str(PROJECT), *filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))]
    ours = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONSAFEPATH": "1", **user_variables()}
    interpreter = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    if is_cluster or STARTED in environ:
        return interpreter | dict(environ) | ours
    kept = {name: value for name, value in environ.items() if not FOREIGN.fullmatch(name)}
    return kept | interpreter | {"SPARK_LOCAL_IP": LOOPBACK} | ours


def ignored(environ: Mapping[str, str], prepared: Mapping[str, str]) -> list[str]:
    """Names of the variables that `spark_environment` left out or replaced by others."""
    return sorted(name for name, value in environ.items() if FOREIGN.fullmatch(name) and prepared.get(name) != value)


def has_user_name() -> bool:
    """Whether the system has a name for the user; a container may run as any number."""
    try:
        return bool(pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        return False


def user_variables() -> dict[str, str]:
    """A name for a user without one, whom Spark and Hadoop would refuse."""
    name = f"user{os.getuid()}"
    return {} if has_user_name() else {"SPARK_USER": name, "HADOOP_USER_NAME": name}


def java_options() -> list[str]:
    """A home for a user that the system has none for, which Java would call `?`."""
    return [] if has_user_name() else [f"-Duser.home={home_dir()}"]


def home_dir() -> Path:
    """The user's home; the folder for temporary files where there is none."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir())


def socket_dir() -> str:
    """A folder for Spark's Unix sockets, whose paths have a limit."""
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= LONGEST_SOCKET_DIR else "/tmp"
