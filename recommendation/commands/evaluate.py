"""Retrieval quality: every picture as a query against all others, through the engine that answers users."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from recommendation.search.engine import Engine
from recommendation.search.request import Options
from shared.command import cli
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import to_json

K = 5
#: What two pictures must share to belong together.
LABELS = ("folder",)

Tally = dict[str, int]
"""Measure -> how many of its answers have their query's label; `queries` -> how many were asked."""


def main(argv: Sequence[str]) -> int:
    """Return 0 when measured, 1 when there is no index, 2 on wrong usage."""
    return cli.run_command(lambda: evaluate(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec evaluate`."""
    made = cli.parser("imagerec evaluate", "Ask every picture as a query; count answers that have its label.", Settings)
    made.add_argument(
        "--labels",
        choices=LABELS,
        default="folder",
        help="what says which pictures belong together",
    )
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure and print precision@5 of every measure."""
    from recommendation import job  # pulls in Spark
    from shared.spark import session

    settings = cli.settings_of(Settings, arguments)
    rows = Engine.open(settings.volume).count
    with session.context(settings, "evaluate") as sc:
        found = report(job.tally_hits(sc, settings.volume, rows))
    sys.stdout.write(to_json(found).decode() if arguments.json else to_text(found))
    return cli.OK


def count_hits(volume: Storage, rows: Iterable[int]) -> Iterator[Tally]:
    """Ask some rows of the live index as queries; one tally for each."""
    engine = Engine.open(volume)
    for row in rows:
        known = engine.known(row)
        answers = engine.search([engine.features_of(known["image_id"])], Options(top_k=K))
        yield {
            "queries": 1,
            **{name: sum(folder_of(one) == folder_of(known) for one in items) for name, items in answers.items()},
        }


def folder_of(known: Mapping[str, Any]) -> str:
    """The folder a picture is in."""
    return str(PurePosixPath(known["location"]).parent)


def add_tallies(left: Tally, right: Tally) -> Tally:
    """Two tallies as one."""
    return {name: count + right[name] for name, count in left.items()}


def report(tally: Tally) -> dict[str, Any]:
    """Precision@5 of each measure and of the default one, 0..1."""
    answers = {name: count for name, count in tally.items() if name != "queries"}
    return {
        "precision_at_5": {name: round(count / (K * tally["queries"]), 4) for name, count in answers.items()},
        "queries": tally["queries"],
    }


def to_text(found: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [f"precision@5 of {found['queries']} queries, the folder as label"]
    return "\n".join([*lines, *(f"  {name:<10} {value:.4f}" for name, value in found["precision_at_5"].items()), ""])
