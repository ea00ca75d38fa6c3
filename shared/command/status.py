"""`imagerec status`: what is on a volume, read from its files alone."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shared import tables
from shared.command import cli
from shared.errors import CannotProceedError
from shared.models import store
from shared.project import STAGES
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import to_json
from shared.storage.volume import INDEX
from shared.tables import Snapshot, catalog, presence
from shared.tables.contracts import CONTRACTS, FAILURES, IMAGES, RUNS

BUILD = "run `imagerec recommendation build`"


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when there is something to tell, 1 for a volume that is empty or damaged, 2 on wrong usage."""
    return cli.run_command(lambda: tell(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec status`."""
    made = cli.parser("imagerec status", "Say what is on the volume.", Settings)
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def tell(arguments: argparse.Namespace) -> int:
    """Print what is on the volume."""
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
        "model": read_model(volume),
        "index": read_index(volume),
        "runs": last_runs(volume, snapshot),
    }


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


def read_model(volume: Storage) -> dict[str, str] | None:
    """The network that the volume's embeddings are made with, and why this precision; None before the first one.

    Raises:
        CannotProceedError: a file that says so is damaged.
    """
    choice = store.read_choice(volume)
    if choice is None:
        return None
    model = store.load_model(volume, choice.sha256)
    check_exists(store.model_path(volume, model.sha256), "run `imagerec embedding`, which installs it again")
    known = {"name": model.name, "sha256": model.sha256, "precision": model.precision}
    return {**known, "reason": choice.reason, "source": model.source, "license": model.license}


def read_index(volume: Storage) -> dict[str, Any] | None:
    """What the live index generation says of itself; None before the first build.

    Raises:
        CannotProceedError: a file of it cannot be read.
    """
    current = volume.local_path(INDEX) / "CURRENT"
    if not current.exists():
        return None
    folder = volume.local_path(INDEX) / read_text(current).strip()
    document, timings = read_object(folder / "generation.json"), read_object(folder / "timings.json")
    for name in document["files"]:
        check_exists(folder / name, BUILD)
    return {"generation": folder.name, **document, "timings": timings}


def check_exists(path: Path, advice: str) -> None:
    """Do nothing if a file is there.

    Raises:
        CannotProceedError: it is not; the message ends with the advice.
    """
    if not path.exists():
        raise CannotProceedError(f"{path} is missing; {advice}")


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file; errors as `read_index`."""
    try:
        content: dict[str, Any] = json.loads(read_text(path))
    except ValueError as error:
        raise CannotProceedError(f"{path} is damaged ({error}); {BUILD}") from error
    return content


def read_text(path: Path) -> str:
    """The text of a file of the index; errors as `read_index`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CannotProceedError(f"{path} cannot be read ({error}); {BUILD}") from error


def status_lines(found: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    yield f"{found['pictures']:,} pictures in {found['volume']}"
    yield from failure_lines(found["failures"])
    yield ""
    yield f"{'table':<12} {'rows':>12} {'size':>10}"
    for name, size in found["tables"].items():
        yield f"{name:<12} {size['rows']:>12,} {readable(size['bytes']):>10}"
    yield ""
    yield from model_lines(found["model"])
    yield from index_lines(found["index"])
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


def model_lines(model: dict[str, str] | None) -> Iterable[str]:
    """The network, and why it has the precision it has."""
    if model is None:
        yield "no model yet; run `imagerec embedding`"
    else:
        yield f"model {model['name']} ({model['reason']})" if model["reason"] else f"model {model['name']}"


def index_lines(index: dict[str, Any] | None) -> Iterable[str]:
    """The live index generation, and how well and how fast each of its measures finds."""
    if index is None:
        yield f"no index yet; {BUILD}"
        return
    weights = " + ".join(
        name if weight == 1 else f"{weight:g} {name}" for name, weight in index["default"]["weights"].items()
    )
    yield f"index generation {index['generation']}: {index['pictures']:,} pictures; default = {weights}"
    yield f"{'measure':<12} {'search':<8} {'search_k':>9} {'recall@5':>9} {'p50 ms':>8} {'p99 ms':>8}"
    for name, one in index["measures"].items():
        latency = index["timings"]["latency_ms"][name]
        search_k = one["search_k"] if one["search"] == "annoy" else "-"
        yield f"{name:<12} {one['search']:<8} {search_k:>9} {one['recall']:>9.3f} {latency['p50']:>8.2f} {latency['p99']:>8.2f}"


def readable(size_bytes: float) -> str:
    """A size for people: three digits and a unit."""
    for unit in ("B", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f} GiB"
