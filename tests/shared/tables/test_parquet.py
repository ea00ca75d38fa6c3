"""Reading Parquet leaves nothing behind that could outlive the interpreter."""

from pathlib import Path

import pytest

from tests.commands import python

COUNT_THREADS = """
import os
from shared.tables import parquet
from shared.tables.contracts import TOTALS
from tests.rows import row
data = parquet.encode(TOTALS, [row(TOTALS)]).finish()
before = len(os.listdir("/proc/self/task"))
parquet.decode(data)
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_starts_no_thread() -> None:
    """A thread that lets go of Python's bytes while the interpreter ends aborts the process: exit code 134 or 139."""
    ran = python("-c", COUNT_THREADS)
    assert (ran.returncode, ran.stdout) == (0, "0\n"), ran.stderr
