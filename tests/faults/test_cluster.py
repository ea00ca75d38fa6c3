"""A cluster runs tasks twice and loses executors: each slice is still there once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import speculate
from tests.chaos.cluster import cluster, environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on 127.0.0.2 unasked")
@pytest.mark.slow
def test_two_speculative_attempts_of_one_task_leave_one_part(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(speculate.DEFAULTS)
    settings = {**environment(), "SPARK_CONF_DIR": str(tmp_path / "conf"), "PYTHONPATH": f"{ROOT}{os.pathsep}"}
    with cluster(tmp_path / "cluster") as master:
        command = [sys.executable, "-m", "tests.chaos.speculate", master, str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.stdout == "rows 80, parts 4, attempts 2\n", done.stderr
