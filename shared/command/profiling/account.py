"""What was seen, for people: seconds of each stage, and which functions took them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import NamedTuple

from shared.command.profiling.stacks import IMPORTS, Function, Stacks, owner
from shared.project import STAGES

MOST_ROWS, MOST_IMPORTS = 10, 3
LEAST_SHARE = 0.01  # what is below it says nothing
PACKAGE = re.compile(r"(\w+)/__init__\.py")
COLUMNS = (
    "own s: in a function and in the libraries it calls; all s: in this program's other functions that it calls, too"
)
REST = "everything else"

#: What time in a package or file of ours is spent on, where its name does not say so; any other function is a row by itself.
MEANINGS = {
    IMPORTS: "importing modules",
    "py4j/": "waiting for Spark and its workers",
    "pyspark/java_gateway.py": "starting Java",
    "pyspark/": "passing rows between Spark and Python",
    "shared/pictures/sandbox.py": "waiting for the decoder, the child process that opens pictures",
    "shared/models/session.py": "the network, in ONNX Runtime",
    "shared/tables/parquet.py": "writing and reading Parquet",
    "shared/storage/files.py": "the disk: writing, flushing, moving files",
}

Place = tuple[str, str]
"""File and name of a function."""

SPARK = "Spark's start and end"
#: The parts of a command, and the function that each is all of.
PHASES: Mapping[str, Mapping[Place, str]] = {
    "run": {
        ("shared/spark/session.py", "context"): SPARK,
        **{(f"{stage}/job.py", "run"): stage for stage in STAGES},
        ("shared/tables/catalog.py", "rebuild"): "the catalog",
    },
    "query": {
        ("<frozen importlib._bootstrap>", "_find_and_load"): "importing modules",
        ("shared/spark/session.py", "context"): SPARK,
        ("recommendation/search/answerer.py", "open_live"): "opening the index and the network",
        ("shared/pictures/sandbox.py", "decode"): "decoding, the decoder's start included",
        ("recommendation/search/query_picture.py", "features_of"): "features, the network's among them",
        ("recommendation/search/engine.py", "search"): "searching",
    },
}


class Row(NamedTuple):
    """What a table says of a function or a group of them: own seconds, and those with all that it calls."""

    name: str
    own_s: float
    all_s: float


def command_lines(command: str, stacks: Stacks, workers: Mapping[str, Stacks], start_s: float) -> Iterator[str]:
    """The account of a command.

    Args:
        stacks: what this process did.
        workers: what the Python workers of each stage did.
        start_s: how long Python took to start before.
    """
    total, phases = sum(stacks.values()), phase_seconds(command, stacks)
    yield f"{command}: {total:.2f} s, after {start_s:.2f} s for Python's own start"
    for name in (*PHASES[command].values(), REST):
        if name in phases:
            yield f"{_seconds(phases[name])} {phases[name] / total:6.0%}  {name}"
    for stage, seen in workers.items():
        work = sum(seen.values())
        at_a_time = work / phases.get(stage, total)
        yield from ("", f"{stage}, Python workers: {work:.1f} s of work, {at_a_time:.1f} workers at a time")
        yield from table_lines(seen)
    yield from ("", "this process:", *table_lines(stacks), *import_lines(stacks), "", COLUMNS)


def phase_seconds(command: str, stacks: Stacks) -> dict[str, float]:
    """Seconds of each phase that was seen; all together are all seconds."""
    names, seconds = PHASES[command], defaultdict[str, float](float)
    for stack, seen in stacks.items():
        seconds[next((names[file, name] for file, _, name in stack if (file, name) in names), REST)] += seen
    return dict(seconds)


def table_lines(stacks: Stacks) -> Iterator[str]:
    """The functions that took most, largest first."""
    rows, total = table_rows(stacks), sum(stacks.values())
    shown = [row for row in rows[:MOST_ROWS] if row.own_s >= LEAST_SHARE * total]
    yield "     own s  share      all s"
    for row in shown:
        yield f"{_seconds(row.own_s)} {row.own_s / total:6.0%} {_seconds(row.all_s)}  {row.name}"
    if len(rows) > len(shown):
        rest = sum(row.own_s for row in rows[len(shown) :])
        yield f"{_seconds(rest)} {rest / total:6.0%} {'':10}  {len(rows) - len(shown)} more"


def table_rows(stacks: Stacks) -> list[Row]:
    """A row for each meaning and for each other function that owns time, largest first."""
    own, together = defaultdict[str, float](float), defaultdict[str, float](float)
    for stack, seconds in stacks.items():
        own[label(owner(stack))] += seconds
        for name in {label(function) for function in stack}:
            together[name] += seconds
    return [Row(name, seconds, together[name]) for name, seconds in largest(own)]


def label(function: Function) -> str:
    """What MEANINGS says of a function, else its name and file."""
    file, _, name = function
    if name == "<module>":
        return MEANINGS[IMPORTS]
    return next((meaning for start, meaning in MEANINGS.items() if file.startswith(start)), f"{name} ({file})")


def import_lines(stacks: Stacks) -> Iterator[str]:
    """The packages whose import took longest, in one line; none if imports do not matter."""
    packages = defaultdict[str, float](float)
    for stack, seconds in stacks.items():
        for package in {
            found[1] for file, _, name in stack if (found := PACKAGE.fullmatch(file)) and name == "<module>"
        }:
            packages[package] += seconds
    least = LEAST_SHARE * sum(stacks.values())
    texts = [f"{name} {seconds:.2f} s" for name, seconds in largest(packages)[:MOST_IMPORTS] if seconds >= least]
    if texts:
        yield f"the longest imports, with what they import: {', '.join(texts)}"


def largest(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    """Names and seconds, most seconds first."""
    return sorted(seconds.items(), key=itemgetter(1), reverse=True)


def _seconds(seconds: float) -> str:
    return f"{seconds:10.2f}"
