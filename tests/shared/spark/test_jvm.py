"""What Java says reaches the user, but for what it says every time."""

import os
from pathlib import Path

import pytest

from shared.spark import jvm
from tests.commands import imagerec


def test_only_the_expected_warning_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as java:
        java.write(b"first\n" + jvm.EXPECTED + b"WARNING: something else\nlast, and cut o")
    jvm.pass_on(reading)
    assert capfd.readouterr().err == "first\nWARNING: something else\nlast, and cut o"


def test_a_java_that_does_not_start_is_one_sentence_after_its_own(tmp_path: Path) -> None:
    ran = imagerec("run", "--data", tmp_path / "volume", IMAGEREC_DRIVER_MEMORY="much")
    lines = ran.stderr.splitlines()
    assert lines[1] == "Invalid maximum heap size: -Xmxmuch"
    assert lines[-1] == "imagerec: Java does not start; what it said is above"
    assert ran.returncode == 1
