"""A cluster runs tasks twice and loses executors: each slice is still there once."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.chaos.cluster import cluster, environment
from tests.chaos.parts import speculate
from tests.commands import ROOT, python

SECRET = "not-for-the-list-of-processes"
AUTHENTICATED = (
    "spark.authenticate true",
    f"spark.authenticate.secret {SECRET}",
    "spark.network.crypto.enabled true",
)
#: Sums an RDD, and waits in its tasks for a file; prints what Spark has for `spark.authenticate`.
SUM_AN_RDD = """
import sys, time
from pathlib import Path
from shared.command import cli
from shared.settings import Settings
from shared.spark import session
def main():
    with session.context(Settings.resolve({"master": sys.argv[1]}, None), "secret") as sc:
        folder = sys.argv[2]
        def wait(number):
            Path(folder, f"task-{number}").touch()
            while not Path(folder, "seen").exists():
                time.sleep(0.1)
            return number
        print(sc.getConf().get("spark.authenticate"), sc.parallelize(range(4), 2).map(wait).sum())
    return 0
sys.exit(cli.run_command(main))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on 127.0.0.2 unasked")
@pytest.mark.slow
def test_two_speculative_attempts_of_one_task_leave_one_part(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(speculate.DEFAULTS)
    environ = {**environment(), "SPARK_CONF_DIR": str(tmp_path / "conf")}
    with cluster(tmp_path / "cluster") as master:
        done = python("-m", "tests.chaos.parts.speculate", master, tmp_path, environ=environ)
    assert done.stdout == "rows 80, parts 4, attempts 2\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on 127.0.0.2 unasked")
@pytest.mark.slow
def test_the_secret_is_on_no_command_line_and_without_it_nothing_runs(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(f"{SECRET}\n")
    wrong.write_text("a guess\n")
    marks = tmp_path / "marks"
    marks.mkdir()
    with cluster(tmp_path / "cluster", *AUTHENTICATED) as master:
        with subprocess.Popen(
            [sys.executable, "-c", SUM_AN_RDD, master, str(marks)],
            cwd=ROOT,
            env={**environment(), "IMAGEREC_SPARK_SECRET_FILE": str(right)},
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            while not list(marks.iterdir()) and running.poll() is None:
                time.sleep(0.1)
            lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
            (marks / "seen").touch()
            printed = running.stdout.read() if running.stdout else ""
        refused = subprocess.run(
            [sys.executable, "-c", SUM_AN_RDD, master, str(marks)],
            cwd=ROOT,
            env={**environment(), "IMAGEREC_SPARK_SECRET_FILE": str(wrong)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert printed == "true 6\n"
    assert [line for line in lines if "CoarseGrainedExecutorBackend" in line]
    assert [line for line in lines if SECRET in line] == []
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "cannot be reached or refused us" in refused.stderr
