"""Java's messages reach the user, but for the one it prints every time."""

import os
from pathlib import Path

import pytest

from shared.spark import jvm
from tests.commands import imagerec


def test_only_the_expected_warning_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as java:
        java.write(b"first\n\tsecond\n" + jvm.EXPECTED + b"WARNING: something else\nlast, and cut o")
    jvm.pass_on(reading, [])
    assert capfd.readouterr().err == "first\n\tsecond\nWARNING: something else\nlast, and cut o"


def test_why_spark_refuses_to_start_is_kept_without_its_stack_trace(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as java:
        java.write(
            b'Exception in thread "main" org.apache.spark.SparkException: no such master\n\tat a\n\tat b\nlast\n'
        )
    refusals: list[str] = []
    jvm.pass_on(reading, refusals)
    assert (refusals, capfd.readouterr().err) == (["no such master"], "last\n")


def test_a_java_that_does_not_start_is_one_sentence_after_its_own(tmp_path: Path) -> None:
    ran = imagerec("run", "--data", tmp_path / "volume", IMAGEREC_DRIVER_MEMORY="much")
    lines = ran.stderr.splitlines()
    assert lines[1] == "Invalid maximum heap size: -Xmxmuch"
    assert lines[-1] == "imagerec: Java does not start; its own message is above"
    assert ran.returncode == 1
