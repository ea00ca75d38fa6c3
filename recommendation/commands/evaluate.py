"""Retrieval quality: every picture as a query against all others, through the engine that answers users."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation import metrics
from recommendation.commands.people.quality import evaluate_users
from recommendation.index import generation
from recommendation.index.generation import Generation
from recommendation.labels import KINDS, Labels, read_labels
from recommendation.quality import stored
from recommendation.quality.evaluation import SCORERS
from recommendation.quality.judging import judged, padded, possible_of
from recommendation.search.weights import DEFAULT
from recommendation.steps import Asked
from shared.command import cli
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.settings import Settings
from shared.storage.files import to_json, write_atomically

Metric = Callable[[NDArray[np.bool_], int, NDArray[np.int64]], NDArray[np.float64]]
METRICS: dict[str, tuple[Metric, int]] = {
    "precision_at_1": (metrics.precision_at_k, 1),
    "precision_at_5": (metrics.precision_at_k, 5),
    "precision_at_10": (metrics.precision_at_k, 10),
    "recall_at_10": (metrics.recall_at_k, 10),
    "map_at_10": (metrics.average_precision_at_k, 10),
    "ndcg_at_10": (metrics.ndcg_at_k, 10),
}
MAIN = "precision_at_5"
SHOWN_LABELS = 3  # worst and best
PLAIN = "plain"  # the vectors of a network as they are


def main(argv: Sequence[str]) -> int:
    """Return 0 when measured, 1 when there is no index or nothing to measure, 2 on wrong usage."""
    return cli.run_command(lambda: evaluate(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec evaluate`."""
    made = cli.parser("imagerec evaluate", "Ask every picture as a query; count answers that have its label.", Settings)
    made.add_argument(
        "--labels",
        default="folder",
        metavar="|".join([*KINDS, "FILE.csv"]),
        help="what says which pictures belong together; a CSV file has a header and two columns, file name and label",
    )
    made.add_argument("--gallery", type=Path, metavar="FILE.png", help="also draw the queries that went worst")
    made.add_argument("--users", action="store_true", help="evaluate recommendations to people instead")
    made.add_argument(
        "--people", type=int, default=200, metavar="N", help="--users: at most so many people; default 200"
    )
    made.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="--users: how often likes are left out; default 5"
    )
    made.add_argument(
        "--recommender", action="append", choices=SCORERS, help="--users: only this one; repeatable; without it, all"
    )
    made.add_argument(
        "--candidates",
        choices=("auto", "all", "rated"),
        default="auto",
        help="--users: what is ranked: all pictures, or only those that a person rated; auto: rated where people rate",
    )
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure and print the quality of every measure, or with --users of recommendations to people."""
    if arguments.users:
        if min(arguments.people, arguments.seeds) < 1:
            raise UsageError(
                f"expected --people and --seeds of 1 or more, got {arguments.people} and {arguments.seeds}"
            )
        return evaluate_users(arguments)
    check_file(arguments.gallery)
    settings, labels = cli.settings_of(Settings, arguments), read_labels(arguments.labels)
    asked, live = ask(settings, labels)
    found = report(labels.kind, asked, is_tuned=bool(live.document["default"]["precision_at_5"]))
    stored.keep(settings.volume, stored.SEARCH, live.name, found)
    sys.stdout.write(to_json(found).decode() if arguments.json else to_text(found))
    if arguments.gallery:
        from recommendation.quality import worst  # pulls in fonts and drawing

        write_atomically(arguments.gallery, worst.draw(settings.volume, labels, asked))
    return cli.OK


def check_file(path: Path | None) -> None:
    """Refuse a gallery that cannot be written, before all is measured."""
    if path and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise UsageError(f"--gallery: expected a file to write in a folder that is there, got {path}")


def ask(settings: Settings, labels: Labels) -> tuple[list[Asked], Generation]:
    """Every picture of the live generation as a query, to each measure and to the plain cosine of each network."""
    from recommendation.quality import job  # pulls in Spark
    from shared.spark import session

    live = generation.open_live(settings.volume)
    models = store.models_of(settings.volume, live.document["model_sha256"])
    with session.context(settings, "evaluate") as sc:
        asked = job.ask_all(sc, settings.volume, live.name, labels, live.document["pictures"])
        plain = {
            f"{PLAIN} {one.network}": job.ask_plain(sc, settings.volume, live.name, labels, one.sha256)
            for one in models
        }
    return [with_plain(one, plain) if one.label else one for one in asked], live


def with_plain(asked: Asked, plain: Mapping[str, Mapping[str, list[bool]]]) -> Asked:
    """A query with what the plain networks found for it, nothing where its vectors are gone."""
    return asked._replace(hits=asked.hits | {name: some.get(asked.image_id, []) for name, some in plain.items()})


def report(kind: str, asked: Iterable[Asked], *, is_tuned: bool) -> dict[str, Any]:
    """Every figure of every measure, with its 95 % interval; by label for the default measure.

    Queries whose label no other picture has are left out: they have no right answer.

    Args:
        is_tuned: whether the weights of the default measure were chosen with tags.

    Raises:
        CannotProceedError: there are not two labels, or none that two pictures share.
    """
    asked = list(asked)
    labels, queries = {one.label for one in asked if one.label}, judged(asked)
    if len(labels) < 2 or not queries:
        raise CannotProceedError(
            f"expected two labels or more that pictures share, got {len(labels)} of {kind} for {len(asked)} pictures; "
            f"choose others with --labels {'|'.join(KINDS)}|FILE.csv"
        )
    possible = possible_of(queries)
    hits = {name: padded([one.hits[name] for one, _ in queries]) for name in queries[0][0].hits}
    values = {
        name: {measure: metric(some, k, possible) for measure, some in hits.items()}
        for name, (metric, k) in METRICS.items()
    }
    return {
        "labels": kind,
        "queries": len(queries),
        "without_partner": len(asked) - len(queries),
        "weights_chosen_with_tags": is_tuned,
        **{name: {measure: mean(one) for measure, one in some.items()} for name, some in values.items()},
        "interval_95": {
            name: {measure: interval(one) for measure, one in some.items()} for name, some in values.items()
        },
        "by_label": by_label([one.label for one, _ in queries], metrics.precision_at_k(hits[DEFAULT], 5, possible)),
    }


def mean(values: NDArray[np.float64]) -> float:
    """The mean over all queries."""
    return round(float(values.mean()), 4)


def interval(values: NDArray[np.float64]) -> list[float]:
    """The 95 % interval of the mean: its low and its high end."""
    return [round(end, 4) for end in metrics.bootstrap_interval(values)]


def by_label(labels: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    """The mean of each label, worst first."""
    sums: dict[str, list[float]] = {}
    for label, value in zip(labels, values.tolist(), strict=True):
        sums.setdefault(label, []).append(value)
    means = {label: round(float(np.mean(some)), 4) for label, some in sums.items()}
    return dict(sorted(means.items(), key=lambda item: (item[1], item[0])))


def to_text(found: Mapping[str, Any]) -> str:
    """The report for people."""
    left_out = (
        f"; {found['without_partner']} pictures left out, whose label no other has" if found["without_partner"] else ""
    )
    lines = [f"{found['queries']} queries, {found['labels']} as label{left_out}"]
    width = max(10, *map(len, found["interval_95"][MAIN]))
    lines.append(
        f"{'measure':<{width}} " + " ".join(f"{name.replace('_at_', '@'):>12}" for name in METRICS) + "   95 % of P@5"
    )
    for measure, (low, high) in found["interval_95"][MAIN].items():
        means = " ".join(f"{found[name][measure]:>12.4f}" for name in METRICS)
        lines.append(f"{measure:<{width}} {means}   {low:.4f} to {high:.4f}")
    labels = list(found["by_label"].items())
    for title, some in (("worst", labels[:SHOWN_LABELS]), ("best", labels[::-1][:SHOWN_LABELS])):
        lines.append(f"{title}: " + ", ".join(f"{label} {value:.2f}" for label, value in some))
    if found["weights_chosen_with_tags"]:
        lines.append("the weights of the default measure were chosen with the tags of this collection")
    return "\n".join([*lines, ""])
