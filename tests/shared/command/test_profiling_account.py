"""The account of a run that was made up: every second has one place, and the tables say whose it is."""

from shared.command.profiling.account import COLUMNS, command_lines
from shared.command.profiling.stacks import Stack

JOB: Stack = (("labeling/job.py", 1, "run"), ("shared/command/main.py", 1, "main"))
WAITING: Stack = (("socket.py", 1, "readinto"), ("py4j/java_gateway.py", 1, "send"), *JOB)
IMPORTING: Stack = (
    ("numpy/__init__.py", 1, "<module>"),
    ("<frozen importlib._bootstrap>", 1, "_find_and_load"),
    ("shared/command/main.py", 1, "main"),
)
TASK: Stack = (("labeling/steps.py", 1, "label_picture"), ("pyspark/worker.py", 1, "process"))
DECODING: Stack = (("PIL/Image.py", 1, "load"), ("shared/pictures/decoding.py", 1, "open_thumbnail"), *TASK)


def test_an_account() -> None:
    here = {WAITING: 6.0, JOB: 1.0, IMPORTING: 1.0}
    workers = {"labeling": {DECODING: 10.0, TASK: 3.9, TASK[1:]: 0.1}}
    assert list(command_lines("run", here, workers, start_s=0.05)) == [
        "run: 8.00 s, after 0.05 s for Python's own start",
        "      7.00    88%  labeling",
        "      1.00    12%  everything else",
        "",
        "labeling, Python workers: 14.0 s of work, 2.0 workers at a time",
        "     own s  share      all s",
        "     10.00    71%      10.00  open_thumbnail (shared/pictures/decoding.py)",
        "      3.90    28%      13.90  label_picture (labeling/steps.py)",
        "      0.10     1%             1 more",
        "",
        "this process:",
        "     own s  share      all s",
        "      6.00    75%       6.00  waiting for Spark and its workers",
        "      1.00    12%       7.00  run (labeling/job.py)",
        "      1.00    12%       1.00  importing modules",
        "the longest imports, with what they import: numpy 1.00 s",
        "",
        COLUMNS,
    ]


def test_nothing_seen_is_no_error() -> None:
    assert next(command_lines("query", {}, {}, start_s=0.05)) == "query: 0.00 s, after 0.05 s for Python's own start"
