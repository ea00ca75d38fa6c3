"""`imagerec evaluate --users`: quality of the recommendations of all people, beside baselines."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from recommendation.quality import run
from recommendation.recommend.loading import load_view
from recommendation.recommend.saved import appeal_of
from recommendation.scoring.pictures import Pictures
from recommendation.scoring.recommenders import Model
from recommendation.scoring.taste import Taste, taste_of
from recommendation.search.engine import Engine
from shared.command import cli
from shared.people.current import by_person
from shared.people.store import PeopleStore
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import to_json

COLUMNS = (
    "ndcg@10",
    "precision@5",
    "precision@10",
    "recall@10",
    "hit_rate@10",
    "auc",
    "coverage",
    "diversity",
    "novelty",
)


def evaluate_users(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 when nobody likes enough pictures."""
    from recommendation.quality import job  # imports Spark
    from shared.spark import session

    settings = cli.settings_of(Settings, arguments)
    pictures = load_view(Engine.open(settings.volume)).pictures
    tastes = read_tastes(settings.volume, pictures)
    tasks = run.chosen(tastes, arguments.people)
    crowd = run.whole_crowd(len(pictures), tastes)
    rated_only = crowd.is_rated if arguments.candidates == "auto" else arguments.candidates == "rated"
    plan = run.Plan(run.names_of(arguments.recommender), arguments.seeds, rated_only)
    model = Model(pictures, crowd, {}, appeal_of(pictures, crowd))
    with session.context(settings, "evaluate") as sc:
        results = job.evaluate(sc, settings.volume, model, tasks, plan)
    found = run.report(pictures, results, plan)
    sys.stdout.write(to_json(found).decode() if arguments.json else to_text(found))
    return cli.OK


def read_tastes(volume: Storage, pictures: Pictures) -> list[Taste]:
    """Everybody's taste, by user id, from the store."""
    people = by_person(PeopleStore(volume).all_events())
    return [taste_of(pictures, {one.image_id: one.value or 0.0 for one in events}) for _, events in people]


def to_text(found: Mapping[str, Any]) -> str:
    """The report for people: means, and the standard error of ndcg@10."""
    width = max(map(len, found["recommenders"]))
    lines = [
        f"{found['people']} people, {found['seeds']} seeds, candidates: {found['candidates']}; mean over people (se of ndcg@10)",
        f"{'':{width}}  " + "  ".join(f"{name:>12}" for name in COLUMNS) + "  - popular (se)",
    ]
    for name, values in found["recommenders"].items():
        cells = [_cell(column, values[column]) for column in COLUMNS]
        difference, error = values["ndcg@10 - popular"]
        lines.append(
            f"{name:{width}}  " + "  ".join(f"{cell:>12}" for cell in cells) + f"  {difference:+.3f} ({error:.3f})"
        )
    shown = found["hybrid_list"]
    lines.append(
        f"list as shown (hybrid with diversity): ndcg@10 {shown['ndcg@10']:.3f}, {shown['pictures']} pictures, "
        f"{shown['untrue_reasons']} untrue reasons, {shown['forbidden_pictures']} forbidden pictures"
    )
    return "\n".join([*lines, ""])


def _cell(column: str, value: Any) -> str:
    if not isinstance(value, list):
        return f"{value:.3f}"
    return f"{value[0]:.3f} ({value[1]:.3f})" if column == "ndcg@10" else f"{value[0]:.3f}"
