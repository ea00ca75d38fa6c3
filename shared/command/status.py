"""`imagerec status`: the tables and runs of a volume, and what the stages add to that."""

import argparse
import importlib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from shared import tables
from shared.command import cli
from shared.command.commands import COMMANDS
from shared.errors import CannotProceedError
from shared.project import STAGES
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import to_json
from shared.tables import Snapshot, catalog, presence
from shared.tables.contracts import CONTRACTS, FAILURES, IMAGES, RUNS

#: Modules with a part of the status: ``facts(volume)`` gives its keys and values, ``lines(facts)`` the same for people.
PARTS = ("shared.models.status", *(f"{stage}.status" for stage in STAGES))


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when something is stored, 1 for a volume that is empty or damaged, 2 on wrong usage."""
    return cli.run_command(lambda: print_status(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec status`."""
    made = cli.parser("imagerec status", COMMANDS["status"].help, Settings)
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def print_status(arguments: argparse.Namespace) -> int:
    """Print what is on the volume, as the flags ask."""
    found = status(cli.settings_of(Settings, arguments).volume)
    sys.stdout.write(to_json(found).decode() if arguments.json else "\n".join(status_lines(found)) + "\n")
    return cli.OK


def status(volume: Storage) -> dict[str, Any]:
    """What is on a volume, as one JSON-able object.

    Raises:
        CannotProceedError: nothing was ever stored there, or a file is missing or damaged.
    """
    snapshot = tables.open_snapshot(volume)
    root = volume.locate("")
    if not snapshot.tables:
        raise CannotProceedError(f"nothing is stored in {root} yet; run `imagerec run --source FOLDER --data {root}`")
    catalog.refresh_moved(volume)
    presence.check_all(volume, snapshot.all_parts())
    return {
        "volume": root,
        "pictures": snapshot.rows(IMAGES),
        "failures": failures_by_reason(volume, snapshot),
        "tables": {name: table_size(snapshot, name) for name in CONTRACTS if name in snapshot.tables},
        **{key: value for part in parts() for key, value in part.facts(volume).items()},
        "runs": last_runs(volume, snapshot),
    }


def parts() -> list[ModuleType]:
    """The modules of PARTS that are installed: a stage's container lacks the other stages."""
    return [importlib.import_module(name) for name in PARTS if is_installed(name)]


def is_installed(module: str) -> bool:
    """Whether there is a module of this name in a package that need not be there."""
    return all(importlib.util.find_spec(name) for name in (module.partition(".")[0], module))


def table_size(snapshot: Snapshot, name: str) -> dict[str, int]:
    """Rows, files and bytes of a table."""
    parts = snapshot.parts(CONTRACTS[name])
    return {
        "rows": sum(part.rows for part in parts),
        "parts": len(parts),
        "bytes": sum(part.size_bytes for part in parts),
    }


def failures_by_reason(volume: Storage, snapshot: Snapshot) -> dict[str, int]:
    """How many failures are stored for each reason, most frequent first."""
    counts = Counter[str]()
    for part in snapshot.parts(FAILURES):
        counts.update(tables.read_columns(volume, part, ["reason"])["reason"])
    return dict(counts.most_common())


def last_runs(volume: Storage, snapshot: Snapshot) -> list[dict[str, Any]]:
    """The last run of each stage, in the order of the stages, with its pictures per second."""
    latest: dict[str, dict[str, Any]] = {}
    for part in snapshot.parts(RUNS):
        for row in tables.read_rows(volume, part):
            if row["stage"] not in latest or row["started"] >= latest[row["stage"]]["started"]:
                latest[row["stage"]] = row
    return [run_facts(latest[stage]) for stage in STAGES if stage in latest]


def run_facts(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `runs` as JSON, with its speed."""
    speed = row["done"] / row["seconds"] if row["seconds"] else 0.0
    return {**row, "started": row["started"].isoformat(timespec="seconds"), "pictures_per_s": round(speed, 1)}


def status_lines(found: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    yield f"{found['pictures']:,} pictures in {found['volume']}"
    yield from failure_lines(found["failures"])
    yield ""
    yield f"{'table':<12} {'rows':>12} {'size':>10}"
    for name, size in found["tables"].items():
        yield f"{name:<12} {size['rows']:>12,} {readable(size['bytes']):>10}"
    yield ""
    for part in parts():
        yield from part.lines(found)
    yield ""
    yield f"{'last run':<15} {'started':<26} {'seconds':>8} {'done':>9} {'skipped':>9} {'failed':>7} {'pictures/s':>11}"
    for run in found["runs"]:
        counts = f"{run['done']:>9,} {run['skipped']:>9,} {run['failed']:>7,} {run['pictures_per_s']:>11.1f}"
        yield f"{run['stage']:<15} {run['started']:<26} {run['seconds']:>8.1f} {counts}"


def failure_lines(failures: dict[str, int]) -> Iterable[str]:
    """How many files could not be used, by reason."""
    total = sum(failures.values())
    if total:
        yield f"{total:,} could not be used: " + ", ".join(f"{reason} {count:,}" for reason, count in failures.items())


def readable(size_bytes: float) -> str:
    """A size for people: three digits and a unit."""
    for unit in ("B", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f} GiB"
