"""A cluster runs tasks twice and loses executors: each slice is still there once."""

import sys
from pathlib import Path

import pytest

from tests.chaos.cluster import cluster, environment
from tests.chaos.parts import speculate
from tests.commands import python


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on 127.0.0.2 unasked")
@pytest.mark.slow
def test_two_speculative_attempts_of_one_task_leave_one_part(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "spark-defaults.conf").write_text(speculate.DEFAULTS)
    environ = {**environment(), "SPARK_CONF_DIR": str(tmp_path / "conf")}
    with cluster(tmp_path / "cluster") as master:
        done = python("-m", "tests.chaos.parts.speculate", master, tmp_path, environ=environ)
    assert done.stdout == "rows 80, parts 4, attempts 2\n", done.stderr
