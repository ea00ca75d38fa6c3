"""Reading Parquet leaves nothing behind that could outlive the interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COUNT_THREADS = """
import os
from shared.tables import parquet
from shared.tables.contracts import TOTALS
data = parquet.encode(TOTALS, [{"kind": "tag", "value": "sea", "pictures": 1}]).finish()
before = len(os.listdir("/proc/self/task"))
parquet.decode(data)
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_starts_no_thread() -> None:
    """A thread that lets go of Python's bytes while the interpreter ends aborts the process: exit code 134 or 139."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", COUNT_THREADS], env=environ, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "0\n"
