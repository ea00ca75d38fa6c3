"""`imagerec sources`: the sources of a volume, with what each has brought and when it was last listed."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from acquisition.fetching.journal import Journal, ListingState
from shared import tables
from shared.command import cli
from shared.command.cli import printable
from shared.errors import CannotProceedError
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import to_json
from shared.tables import catalog
from shared.tables.contracts import RUNS

#: What is shown for places that were stored before sources had an identity; the next run of their source claims them.
UNCLAIMED = "(none yet)"

PICTURES = """
    SELECT source_id, min(source) AS kind, count(DISTINCT image_id) AS pictures, count(*) AS files
    FROM locations GROUP BY source_id ORDER BY source_id
"""
LICENSES = """
    SELECT source_id, license_id, count(DISTINCT image_id) FROM locations WHERE license_id <> ''
    GROUP BY ALL ORDER BY count(DISTINCT image_id) DESC, license_id
"""
DOWNLOADS = "SELECT source_id, min(source), outcome, count(*) FROM fetches GROUP BY source_id, outcome ORDER BY count(*) DESC, outcome"
#: Outcomes of downloads with a picture, and those that the next run asks for again.
STORED, LEFT = frozenset({"ok", "not_modified"}), "transient"
FAILURES = """
    SELECT source_id, reason, count(*) FROM failures WHERE stage = 'acquisition' GROUP BY ALL ORDER BY count(*) DESC, reason
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when there is a source, 1 for a volume that is empty or damaged, 2 on wrong usage."""
    return cli.run_command(lambda: show(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec sources`."""
    made = cli.parser("imagerec sources", "List the sources of a volume.", Settings)
    made.add_argument("--json", action="store_true", help="print a JSON list")
    return made


def show(arguments: argparse.Namespace) -> int:
    """Print the sources."""
    found = sources(cli.settings_of(Settings, arguments).volume)
    sys.stdout.write(to_json(found).decode() if arguments.json else "\n".join(lines(found)) + "\n")
    return cli.OK


def sources(volume: Storage) -> list[dict[str, Any]]:
    """Each source: its identity, kind, pictures, files, failures by reason, and start of its last run in UTC.

    Of the web also the licences of its pictures, what was refused by reason, what is left to be asked for, and whether it
    was listed to its end.

    Raises:
        CannotProceedError: nothing was ever stored there, or a part is missing or damaged.
    """
    snapshot = tables.open_snapshot(volume)
    if not snapshot.tables:
        raise CannotProceedError(f"nothing is stored in {volume.locate('')} yet; run `imagerec run --source FOLDER`")
    found: dict[str, dict[str, Any]] = {}

    def entry(source_id: str) -> dict[str, Any]:
        empty = {"source": source_id, "kind": "", "pictures": 0, "files": 0, "failures": {}, "last_run": None}
        empty |= {"licenses": {}, "refused": {}, "left": 0, "is_listed": is_listed(volume, source_id)}
        return found.setdefault(source_id, empty)

    for source_id, kind, pictures, files in catalog.query_tables(volume, snapshot, PICTURES):
        entry(source_id).update(kind=kind, pictures=pictures, files=files)
    for source_id, reason, count in catalog.query_tables(volume, snapshot, FAILURES):
        entry(source_id)["failures"][reason] = count
    for source_id, license_id, count in catalog.query_tables(volume, snapshot, LICENSES):
        entry(source_id)["licenses"][license_id] = count
    add_downloads(entry, catalog.query_tables(volume, snapshot, DOWNLOADS))
    runs = [row for part in snapshot.parts(RUNS, tables.FIRST_STAGE) for row in tables.read_rows(volume, part)]
    for run in sorted(filter(itemgetter("source_id"), runs), key=itemgetter("started")):
        entry(run["source_id"])["last_run"] = run["started"].isoformat(timespec="seconds")
    return [found[source_id] for source_id in sorted(found)]


def is_listed(volume: Storage, source_id: str) -> bool:
    """Whether no listing of a source stopped in the middle, at a limit or a quota."""
    state = Journal.of(volume, source_id).state()
    return state.is_complete or state == ListingState()


def add_downloads(entry: Callable[[str], dict[str, Any]], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add what became of the addresses of sources of the web."""
    for source_id, kind, outcome, count in rows:
        one = entry(source_id)
        one["kind"] = one["kind"] or kind
        if outcome == LEFT:
            one["left"] = count
        elif outcome not in STORED:
            one["refused"][outcome] = count


def lines(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The same for people."""
    names = [printable(one["source"]) or UNCLAIMED for one in found]
    width = max(len("source"), *map(len, names)) if found else 0
    yield f"{'source':<{width}}  {'kind':<7} {'pictures':>9}  {'last run':<25}  failures"
    for one, name in zip(found, names, strict=True):
        failures = ", ".join(f"{reason} {count:,}" for reason, count in one["failures"].items()) or "-"
        last_run = one["last_run"] or "-"
        yield f"{name:<{width}}  {one['kind'] or '-':<7} {one['pictures']:>9,}  {last_run:<25}  {failures}"
        for what in ("licenses", "refused"):
            if one[what]:
                yield f"  {what}: " + ", ".join(f"{printable(key)} {count:,}" for key, count in one[what].items())
        if one["left"]:
            yield f"  left: {one['left']:,}, asked for again by the next run"
        if not one["is_listed"]:
            yield "  not listed to its end; the next run goes on from there, as far as its --limit"
