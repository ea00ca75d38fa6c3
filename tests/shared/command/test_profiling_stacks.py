"""Short names of files, whose time a library's is, and the form that pstats reads."""

import pstats
from pathlib import Path

import pytest

from shared.command.profiling.stacks import Function, Stack, add, owner, read, short, to_bytes, to_pstats
from shared.project import PROJECT

WORKER = ("pyspark/worker.py", 1, "process")
OPEN = ("shared/pictures/decoding.py", 1, "open_thumbnail")
LISTED = ("shared/pictures/decoding.py", 2, "<listcomp>")
LOAD = ("PIL/Image.py", 1, "load")
INIT = ("PIL/Image.py", 2, "init")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (f"{PROJECT}/labeling/palette.py", "labeling/palette.py"),
        (f"{PROJECT}/.venv/lib/python3.13/site-packages/PIL/Image.py", "PIL/Image.py"),
        ("/usr/lib/python3.11/json/decoder.py", "json/decoder.py"),
        ("/tmp/spark-1/userFiles-2/imagerec_code.zip/labeling/palette.py", "labeling/palette.py"),
        ("/opt/pyspark/python/lib/pyspark.zip/pyspark/worker.py", "pyspark/worker.py"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
    ],
)
def test_a_file_is_named_from_its_package_on(file: str, name: str) -> None:
    assert short((file, 7, "f")) == (name, 7, "f")


@pytest.mark.parametrize(
    ("stack", "owns"),
    [((LOAD, OPEN, WORKER), OPEN), ((LOAD, LISTED, OPEN, WORKER), OPEN), ((WORKER,), WORKER), ((INIT, LOAD), INIT)],
)
def test_a_librarys_time_is_that_of_the_function_of_ours_that_calls_it(stack: Stack, owns: Function) -> None:
    assert owner(stack) == owns


def test_stacks_add_up_and_survive_a_file(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == {}
    seen = add({(OPEN, WORKER): 1.0}, {(OPEN, WORKER): 0.5, (WORKER,): 2.0})
    (tmp_path / "some").write_bytes(to_bytes(seen))
    assert read(tmp_path / "some") == seen == {(OPEN, WORKER): 1.5, (WORKER,): 2.0}


def test_pstats_reads_own_and_all_seconds_and_recursion_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.prof").write_bytes(to_pstats({(INIT, LOAD, INIT, LOAD, OPEN): 2.0, (LOAD, OPEN): 1.0}))
    assert vars(pstats.Stats(str(tmp_path / "a.prof")))["stats"] == {
        INIT: (1000, 1000, 2.0, 2.0, {LOAD: (1000, 1000, 2.0, 2.0)}),
        LOAD: (1500, 1500, 1.0, 3.0, {INIT: (1000, 1000, 0.0, 2.0), OPEN: (1500, 1500, 1.0, 3.0)}),
        OPEN: (1500, 1500, 0.0, 3.0, {}),
    }
