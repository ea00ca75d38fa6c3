"""Ctrl-C and SIGTERM: one sentence, the exit code of the signal, no process left, and the same command goes on."""

import os
import signal
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.chaos.points import session
from tests.commands import start_imagerec

GOES_ON = "what is finished is kept, and the same command goes on from there\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find the processes of a command")


def said_until(said: IO[str], word: str) -> str:
    """The line with the word; what was said before is skipped."""
    return next((line for line in said if word in line), f"never said {word!r}")


@pytest.mark.parametrize(
    ("word", "number", "name", "to_all"),
    [
        ("starting Spark", signal.SIGINT, "Ctrl-C", True),
        ("drawing the sample", signal.SIGINT, "Ctrl-C", True),
        ("drawing the sample", signal.SIGTERM, "SIGTERM", False),
        ("drawing the sample", signal.SIGTERM, "SIGTERM", True),
    ],
)
def test_a_stopped_run_says_one_sentence_and_leaves_no_process(
    tmp_path: Path, word: str, number: signal.Signals, name: str, to_all: bool
) -> None:
    with start_imagerec("run", "--source", "sample", "--data", tmp_path / "volume") as running:
        assert running.stderr
        assert word in said_until(running.stderr, word)
        (os.killpg if to_all else os.kill)(running.pid, number)
        said = running.stderr.read()
    assert said == f"imagerec: stopped by {name}; {GOES_ON}"
    assert running.returncode == 128 + number
    assert session(running.pid) == []
