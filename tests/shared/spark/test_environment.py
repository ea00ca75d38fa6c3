"""Spark starts on any machine: with another Spark's variables, without a host name, for a user without a name."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.spark import environment
from shared.spark.environment import ignored, socket_dir, spark_environment

ROOT = Path(__file__).resolve().parents[3]
FOREIGN = {
    "PYSPARK_PYTHON": "/bin/false",
    "PYSPARK_SUBMIT_ARGS": "--master yarn nothing",
    "SPARK_HOME": "/nonexistent",
    "SPARK_CONF_DIR": "/nonexistent",
    "HADOOP_CONF_DIR": "/nonexistent",
}
SUM_AN_RDD = """
import sys
from shared.command import cli
from shared.settings import Settings
from shared.spark import session
def main():
    with session.context(Settings.resolve({"master": sys.argv[1]}, None), "machine") as sc:
        print("sum", sc.parallelize(range(100), 4).sum())
    return 0
sys.exit(cli.run_command(main))
"""
WITHOUT_NAME = ["unshare", "--user", "--map-user=54321", "env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME"]
WITHOUT_HOST = ["unshare", "--user", "--map-root-user", "--uts", "sh", "-c", 'hostname nosuch; exec "$@"', "sh"]


def run(
    master: str, prefix: Sequence[str] = (), folder: Path = ROOT, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"PYTHONPATH": str(ROOT)} | dict(variables or {})
    command = [*prefix, sys.executable, "-P", "-c", SUM_AN_RDD, master]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def can(prefix: Sequence[str]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_foreign_variables_do_not_count_on_one_machine_and_are_named() -> None:
    kept = {"HOME": "/home/me", "SPARK_LOCAL_DIRS": "/scratch"}
    environ = kept | FOREIGN
    prepared = spark_environment(environ, is_cluster=False)
    assert kept.items() <= prepared.items()
    assert not prepared.keys() & (FOREIGN.keys() - {"PYSPARK_PYTHON"})
    assert prepared["PYSPARK_PYTHON"] == prepared["PYSPARK_DRIVER_PYTHON"] == sys.executable
    assert prepared["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert ignored(environ, prepared) == sorted(FOREIGN)
    assert ignored(prepared, spark_environment(prepared, is_cluster=False)) == []


@pytest.mark.parametrize("environ", [FOREIGN, FOREIGN | {"PYSPARK_GATEWAY_PORT": "1"}])
def test_they_count_on_a_cluster_and_under_spark_submit(environ: Mapping[str, str]) -> None:
    prepared = spark_environment(environ, is_cluster="PYSPARK_GATEWAY_PORT" not in environ)
    assert environ.items() <= prepared.items()
    assert "SPARK_LOCAL_IP" not in prepared


def test_code_is_found_before_other_code_and_never_in_the_working_directory() -> None:
    prepared = spark_environment({"PYTHONPATH": f"/mine{os.pathsep}{ROOT}"}, is_cluster=True)
    assert prepared["PYTHONPATH"] == f"{ROOT}{os.pathsep}/mine"
    assert prepared["PYTHONSAFEPATH"] == "1"


def test_a_long_folder_for_temporary_files_holds_no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/short")
    assert socket_dir() == "/short"
    monkeypatch.setattr(tempfile, "tempdir", f"/{'long' * 25}")
    assert socket_dir() == "/tmp"


def test_a_user_without_a_name_gets_one_and_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    assert environment.user_variables() == {}
    assert environment.java_options() == []
    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.delenv("HOME", raising=False)
    assert environment.user_variables().keys() == {"SPARK_USER", "HADOOP_USER_NAME"}
    assert environment.java_options() == [f"-Duser.home={tempfile.gettempdir()}"]


@pytest.mark.spark
def test_what_the_first_context_sets_is_not_foreign_to_the_second(sc: SparkContext) -> None:
    assert ignored(os.environ, spark_environment(os.environ, is_cluster=False)) == []


@pytest.mark.spark
@pytest.mark.skipif(not can(WITHOUT_NAME), reason="no user namespaces here")
def test_spark_runs_for_a_user_id_without_a_name_or_a_home() -> None:
    ran = run("local[2]", WITHOUT_NAME)
    assert ran.stdout == "sum 4950\n", ran.stderr


@pytest.mark.spark
@pytest.mark.skipif(not can(WITHOUT_HOST), reason="no user namespaces here")
def test_spark_runs_where_the_host_name_cannot_be_resolved() -> None:
    ran = run("local[2]", WITHOUT_HOST)
    assert ran.stdout == "sum 4950\n", ran.stderr


@pytest.mark.spark
def test_neither_the_working_directory_nor_foreign_variables_nor_a_long_tmpdir_disturb_spark(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    for name in ("random.py", "shared/__init__.py"):
        (tmp_path / name).write_text("raise ImportError('the wrong module')")
    long = tmp_path / ("long" * 25)
    long.mkdir()
    ran = run(
        "local[2]",
        folder=tmp_path,
        variables=FOREIGN | {"TMPDIR": str(long), "JDK_JAVA_OPTIONS": f"-Djava.io.tmpdir={long}"},
    )
    assert ran.stdout == "sum 4950\n", ran.stderr
    assert f"ignored, since Spark runs on this machine alone: {', '.join(sorted(FOREIGN))}" in ran.stderr


@pytest.mark.spark
@pytest.mark.parametrize(
    ("master", "reason"),
    [
        ("nonsense", "Master must either be yarn or start with spark, k8s, or local"),
        ("local[x]", "Could not parse Master URL: 'local[x,4]'"),
        ("spark://nowhere", "Invalid master URL: spark://nowhere"),
    ],
)
def test_a_master_that_spark_refuses_is_one_sentence(master: str, reason: str) -> None:
    ran = run(master)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == f"imagerec: Spark does not start: {reason}"
    assert len(ran.stderr.splitlines()) == 2
