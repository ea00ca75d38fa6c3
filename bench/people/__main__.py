"""Recommenders on semi-synthetic people: nDCG@10 of each by family of tastes, and the gates that the hybrid must pass.

`python -m bench.people VOLUME`: a volume with labelled photographs of many classes, each class in a folder of its own.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench import report
from bench.people import tastes
from bench.people.tastes import FAMILIES, Person, World
from recommendation.quality import metrics, run
from recommendation.quality.evaluation import Listed, Split, check_list, crowd_without, measure, split_at
from recommendation.recommend.loading import load_view
from recommendation.scoring.crowd import crowd_of
from recommendation.scoring.pictures import Pictures
from recommendation.scoring.recommenders import RECOMMENDERS, Model, evidence_of
from recommendation.scoring.taste import Taste
from recommendation.search.engine import Engine
from shared import tables
from shared.pictures import pixels
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, THUMBNAILS

SIDE_PX = 64
SINGLES = tuple(
    name for name in RECOMMENDERS if name not in {"hybrid", "collaborative"}
)  # 30 people overlap too little
NAMES = ("hybrid", *SINGLES, "random")
WORLD_SEED = 5

Values = dict[str, list[float]]
"""Recommender -> nDCG@10 of each person, of all seeds."""


class Family(NamedTuple):
    """What was measured of one family."""

    values: Values
    listed: list[Listed]


def load_world(volume: LocalStorage, pictures: Pictures) -> World:
    """Classes, hues and orientations of a volume's pictures, in the order of `pictures`; appeal is drawn."""
    snapshot, classes, hues, portraits = tables.open_snapshot(volume), {}, {}, {}
    for part in snapshot.parts(IMAGES):
        for row in tables.read_rows(volume, part, ("image_id", "location", "width_px", "height_px")):
            classes[row["image_id"]] = Path(row["location"]).parent.name
            portraits[row["image_id"]] = row["height_px"] > row["width_px"]
    for part in snapshot.parts(THUMBNAILS):
        for row in tables.iterate_rows(volume, part, ["image_id", "jpeg"]):
            rgb = pixels.average(pixels.open_thumbnail(row["jpeg"]), SIDE_PX, SIDE_PX)
            hues[row["image_id"]] = tastes.hue_histogram(rgb)
    names = sorted(set(classes.values()))
    return World(
        np.array([names.index(classes[one]) for one in pictures.ids.tolist()]),
        np.array([hues[one] for one in pictures.ids.tolist()]),
        np.array([portraits[one] for one in pictures.ids.tolist()]),
        np.random.default_rng(WORLD_SEED).normal(size=len(pictures)),
    )


def taste_of_rows(rows: Sequence[int]) -> Taste:
    """The taste of somebody who likes some rows."""
    return Taste.of(np.asarray(rows, np.int64), np.ones(len(rows)))


def people_of(family: str, pictures: Pictures, world: World, seed: int) -> Iterator[tuple[Person, Model, Split]]:
    """Each person of a family with the split and the model of everybody else."""
    people = list(tastes.people(family, world, seed))
    wholes = [taste_of_rows(one.likes.tolist()) for one in people]
    crowd = crowd_of(len(pictures), wholes)
    for one, whole in zip(people, wholes, strict=True):
        person = split_at(len(pictures), whole, taste_of_rows(one.profile.tolist()), rated_only=False)
        yield one, Model(pictures, crowd_without(crowd, person)), person


def measure_family(family: str, pictures: Pictures, world: World, seeds: int) -> Family:
    """nDCG@10 of every recommender for the people of a family; everybody's weights come from the other half of them."""
    values: Values = {name: [] for name in (*NAMES, "oracle")}
    listed: list[Listed] = []
    for seed in range(seeds):
        found = list(people_of(family, pictures, world, seed))
        common = common_of(found)
        for number, (one, model, person) in enumerate(found):
            model = run.with_common(model, common[1 - number % 2])
            for name in ("hybrid", *SINGLES):
                values[name].append(measure(model, person, name).values["ndcg@10"])
            values["random"].append(chance(person.relevant, 10))
            order = np.argsort(-one.chances[person.candidates], kind="stable")
            values["oracle"].append(metrics.ndcg(person.relevant[order], 10))
            listed.append(check_list(model, person))
    return Family(values, listed)


def chance(relevant: NDArray[np.bool_], k: int) -> float:
    """The mean nDCG of all orders of the candidates, which is what a random list has on average."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    return float(relevant.mean() * discounts.sum() / discounts[: int(relevant.sum())].sum())


def common_of(people: Sequence[tuple[Person, Model, Split]]) -> list[run.Common]:
    """What each half of some people has in common."""
    weights = run.common_weights([evidence_of(model, person.known) for _, model, person in people])
    models = [run.with_common(model, weights[number % 2]) for number, (_, model, _) in enumerate(people)]
    again = [evidence_of(model, person.known) for model, (_, _, person) in zip(models, people, strict=True)]
    return run.common_strengths(again, weights)


def gates(found: Mapping[str, Family]) -> list[tuple[str, str, str]]:
    """Every gate: what it asks, the figures, and whether it holds."""
    means = {family: {name: float(np.mean(one)) for name, one in row.values.items()} for family, row in found.items()}
    rows = [_beats_best(family, means[family], 0.95) for family in means if family != "none"]
    if "mixed" in means:
        rows.append(_beats_best("mixed", means["mixed"], 1.0))
    if "none" in found:
        rows.append(_like_random(found["none"].values))
    if "crowd" in means:
        gap = means["crowd"]["popular"] - means["crowd"]["hybrid"]
        rows.append(("crowd: hybrid within 0.05 of popular", f"{gap:.3f} below", _verdict(gap <= 0.05)))
    listed = [one for row in found.values() for one in row.listed]
    shown, untrue, forbidden = (sum(getattr(one, name) for one in listed) for name in ("shown", "untrue", "forbidden"))
    rows.append(("all reasons are true", f"{untrue} of {shown} are not", _verdict(untrue == 0)))
    rows.append(("no forbidden picture", f"{forbidden} of {shown}", _verdict(forbidden == 0)))
    return rows


def _beats_best(family: str, means: Mapping[str, float], share: float) -> tuple[str, str, str]:
    best = max(SINGLES, key=lambda name: means[name])
    figures = f"{means['hybrid']:.3f} against {means[best]:.3f} ({best})"
    return f"{family}: hybrid >= {share:g} x best single", figures, _verdict(means["hybrid"] >= share * means[best])


def _like_random(values: Values) -> tuple[str, str, str]:
    paired = np.array(values["hybrid"]) - np.array(values["random"])
    error = metrics.standard_error(paired.tolist())
    is_near = abs(paired.mean()) <= 2 * error
    return "none: hybrid within 2 standard errors of random", f"{paired.mean():+.4f}, se {error:.4f}", _verdict(is_near)


def _verdict(holds: bool) -> str:
    return "yes" if holds else "NO"


def sections(found: Mapping[str, Family], seeds: int) -> Iterator[str]:
    """The tables of the report."""
    names = (*NAMES, "oracle")
    rows = [[family, *(float(np.mean(one.values[name])) for name in names)] for family, one in found.items()]
    errors = [float(np.mean([metrics.standard_error(one.values[name]) for name in NAMES])) for one in found.values()]
    title = f"Recommending to semi-synthetic people: nDCG@10, {tastes.USERS} people a family, {seeds} seeds"
    yield report.table(title, ("family", *names, "mean se"), [[*row, se] for row, se in zip(rows, errors, strict=True)])
    shown = [[family, float(np.mean([listed.ndcg for listed in one.listed]))] for family, one in found.items()]
    yield report.table("The hybrid's list as shown, with diversity: nDCG@10", ("family", "nDCG@10"), shown)
    yield report.table("Gates", ("gate", "figures", "holds"), gates(found))


def main() -> int:
    """Print the tables; 1 when a gate does not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.people", description=__doc__)
    parser.add_argument("volume", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--family", choices=FAMILIES, nargs="+", default=list(FAMILIES))
    arguments = parser.parse_args()
    volume = LocalStorage(arguments.volume.absolute())
    pictures = load_view(Engine.open(volume)).pictures
    pictures = replace(pictures, tags=pictures.tags.of([[]] * len(pictures)))  # the class must not be given
    world = load_world(volume, pictures)
    found = {}
    for family in arguments.family:
        found[family] = measure_family(family, pictures, world, arguments.seeds)
        means = {name: round(float(np.mean(one)), 3) for name, one in found[family].values.items()}
        print(family, means, file=sys.stderr, flush=True)
    print("\n".join(sections(found, arguments.seeds)))
    return int(any(verdict == "NO" for _, _, verdict in gates(found)))


if __name__ == "__main__":
    raise SystemExit(main())
