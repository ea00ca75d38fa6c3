"""`imagerec evaluate --users`: quality of the recommendations of all people, beside baselines."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from recommendation.quality import run, stored
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
    "calibration",
    "gini",
)
WITH_ERROR = ("ndcg@10", "auc")


def evaluate_users(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 when nobody likes enough pictures."""
    from recommendation.quality import job  # imports Spark
    from shared.spark import session

    settings = cli.settings_of(Settings, arguments)
    engine = Engine.open(settings.volume)
    pictures = load_view(engine).pictures
    tastes = read_tastes(settings.volume, pictures)
    tasks, n_enough = run.chosen(tastes, arguments.people)
    crowd = run.whole_crowd(len(pictures), tastes)
    rated_only = crowd.is_rated if arguments.candidates == "auto" else arguments.candidates == "rated"
    plan = run.Plan(run.names_of(arguments.recommender), arguments.seeds, rated_only)
    model = Model(pictures, crowd, {}, appeal_of(pictures, crowd))
    with session.context(settings, "evaluate") as sc:
        results = job.evaluate(sc, settings.volume, model, tasks, plan)
    found = {"everybody": n_enough, **run.report(pictures, results, plan)}
    stored.keep(settings.volume, stored.PEOPLE, engine.generation, found)
    sys.stdout.write(to_json(found).decode() if arguments.json else to_text(found))
    return cli.OK


def read_tastes(volume: Storage, pictures: Pictures) -> list[Taste]:
    """Everybody's taste, by user id, from the store."""
    people = by_person(PeopleStore(volume).all_events())
    return [taste_of(pictures, {one.image_id: one.value or 0.0 for one in events}) for _, events in people]


def to_text(found: Mapping[str, Any]) -> str:
    """The report for people: means with the standard errors of some, and paired differences."""
    width = max(map(len, found["recommenders"]))
    cells = [(column, 15 if column in WITH_ERROR else max(6, len(column))) for column in COLUMNS]
    cells += [(f"- {against}", 16) for against in found["differences"]]
    lines = [
        f"{found['people']} of {found['everybody']} people with enough likes, {found['seeds']} seeds, candidates: {found['candidates']}; "
        "mean over people (standard error); the last columns are differences of ndcg@10 for the same people",
        f"{'':{width}}  " + "  ".join(f"{name:>{wide}}" for name, wide in cells),
    ]
    for name, values in found["recommenders"].items():
        shown = [_cell(column, values[column]) for column in COLUMNS]
        shown += [_difference(values[f"ndcg@10 - {against}"]) for against in found["differences"]]
        row = "  ".join(f"{text:>{wide}}" for text, (_, wide) in zip(shown, cells, strict=True))
        lines.append(f"{name:{width}}  {row}")
    checked = found["hybrid_list"]
    lines.append(
        f"list as shown (hybrid with diversity): ndcg@10 {checked['ndcg@10']:.3f}, {checked['pictures']} pictures, "
        f"{checked['untrue_reasons']} untrue reasons, {checked['forbidden_pictures']} forbidden pictures"
    )
    return "\n".join([*lines, ""])


def _cell(column: str, value: Any) -> str:
    if not isinstance(value, list):
        return f"{value:.3f}"
    return f"{value[0]:.3f} ({value[1]:.3f})" if column in WITH_ERROR else f"{value[0]:.3f}"


def _difference(value: list[float]) -> str:
    return f"{value[0]:+.3f} ({value[1]:.3f})"
