"""What the report says, as data: every number is read from tables, index and charts of the volume."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from recommendation.index import generation
from recommendation.index.document import Summary
from recommendation.map.explore import files
from recommendation.map.quality import K
from recommendation.quality import stored
from recommendation.recommend import saved
from shared import tables
from shared.drawing.lettering import plain_text
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES
from shared.pipeline import totals
from shared.storage import Storage
from shared.storage.volume import CHARTS, REPORTS
from shared.tables import Snapshot
from shared.tables.contracts import FAILURES, IMAGES, LIKES, PROFILES, RECOMMENDATIONS, RUNS

STAGES = ("acquisition", "labeling", "embedding")
#: What each measure is good and bad at, as docs/quality.md says.
TRAITS = {
    "embedding": ("kinds of things, whatever their colours and places", "what the network never saw, fine differences"),
    "color": ("the same palette", "content"),
    "structure": ("the same layout and pose", "moved and mirrored things"),
    "hash": ("copies: recompressed, resized, brightened", "everything else"),
}
#: The charts that a report shows, as far as they are there; the first of each group.
SHOWN = (("palettes",), ("tags", "colors"), ("people_colors",))
MAP = f"{REPORTS}/map.png"
LARGEST_CLUSTERS = 8
#: Recommenders that the report compares.
COMPARED = ("hybrid", "content", "classifier:forest", "popular", "random")
LARGE = (100_000, 1_000_000)  # pictures that times are extrapolated to
LEAST_MEASURED = 100  # pictures: with fewer, start-up is all that is measured

Facts = dict[str, Any]


def gather(volume: Storage, snapshot: Snapshot) -> tuple[Facts, dict[str, bytes]]:
    """The report's data, and the drawings that it shows, by file name.

    Raises:
        CannotProceedError: there is no index, or a table is damaged.
    """
    index = generation.read_live_document(volume)
    if index is None:
        raise CannotProceedError("there is no index to report on; `imagerec run` makes one")
    counted_by_kind = totals.by_kind(volume, snapshot)
    charts, drawings = charts_of(volume)
    runs = [row for part in snapshot.parts(RUNS) for row in tables.read_rows(volume, part)]
    stages = [*stage_times(runs), recommendation_time(index)]
    facts: Facts = {
        "pictures": counted(snapshot.rows(IMAGES), "picture"),
        "data": data_of(counted_by_kind, snapshot),
        "measures": measures_of(index),
        "default": default_of(index),
        "model": index["model"],
        "whitening": index["whitening"],
        "stages": stages,
        "slowest": max(stages, key=lambda one: one["per_picture"])["name"] if stages else "",
        "build": [[name, f"{seconds:.1f}"] for name, seconds in index["timings"]["build_s"].items()],
        "cores": cores_of(runs),
        "people": people_of(volume, snapshot, index["generation"]),
        "charts": charts,
        "map": map_of(volume),
        "searched": searched_of(stored.read(volume, stored.SEARCH, index["generation"])),
        "generation": index["generation"],
    }
    if facts["map"]:
        drawings["map.png"] = volume.read(MAP)
    shown: Facts = cleaned(facts)
    return shown, drawings


def cleaned(value: Any) -> Any:
    """The same with texts that the report's fonts can show."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {key: cleaned(one) for key, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def data_of(counts: Mapping[str, Sequence[tuple[str, int]]], snapshot: Snapshot) -> Facts:
    """What the collection is made of: a line a kind, the most frequent values."""
    kinds = (
        *(("Formats", "format"), ("Orientation", "orientation"), ("Size", "size_category"), ("Years", "year")),
        *(("Cameras", "camera"), ("Tags", "tag"), ("Licences", "license"), ("Authors", "author")),
    )
    rows = [[name, most_frequent(counts[kind])] for name, kind in kinds if counts.get(kind)]
    licensed = sum(count for _, count in counts.get("license", ()))
    return {
        "rows": rows,
        "sources": [[short(value), number(count)] for value, count in counts.get("source", ())[:6]],
        "unlicensed": counted(max(snapshot.rows(IMAGES) - licensed, 0), "picture"),
        "failed": counted(snapshot.rows(FAILURES), "file"),
        "reasons": [[value.replace("_", " "), number(count)] for value, count in counts.get("failure", ())],
    }


def most_frequent(some: Sequence[tuple[str, int]], most: int = 4) -> str:
    """The most frequent values with their numbers, and how many others there are."""
    listed = ", ".join(f"{short(value)} {number(count)}" for value, count in some[:most])
    return f"{listed}, {len(some) - most:,} others" if len(some) > most else listed


def short(text: str, most: int = 40) -> str:
    """A value that fits into a column; of a path the last part."""
    name = text.rstrip("/").rsplit("/", 1)[-1] or text
    return name if len(name) <= most else f"{name[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def measures_of(index: Summary) -> list[list[str]]:
    """A row for each measure: its name, what it compares, its traits, and what was measured of it."""
    rows = []
    for name, facts in index["measures"].items():
        latency = index["timings"]["latency_ms"][name]
        good, bad = TRAITS.get(name, ("", ""))
        figures = (f"{facts['recall']:.3f}", f"{latency['p50']:.2f}", f"{latency['p99']:.2f}")
        rows.append([name, MEASURES[name].caption, good, bad, facts["search"], *figures])
    return rows


def default_of(index: Summary) -> Facts:
    """The default measure: its weights, how they were chosen, and the figures of that."""
    default = index["default"]
    kind = "precision_at_5" if default["precision_at_5"] else "agreement_at_5"
    figures = default["precision_at_5"] or default["agreement_at_5"]
    return {
        "weights": " + ".join(
            name if weight == 1 else f"{weight:g} {name}" for name, weight in default["weights"].items()
        ),
        "kind": kind.replace("_at_", "@"),
        "figures": [[name, f"{value:.3f}"] for name, value in figures.items()],
    }


def stage_times(runs: Sequence[Mapping[str, Any]]) -> list[Facts]:
    """The largest run of each stage that did something."""
    found = []
    for stage in STAGES:
        some = [row for row in runs if row["stage"] == stage and row["done"]]
        if some:
            best = max(some, key=lambda row: (row["done"], row["started"]))
            found.append(time_of(stage, best["done"], best["seconds"]))
    return found


def recommendation_time(index: Summary) -> Facts:
    """The build of the live index."""
    return time_of("recommendation", index["pictures"], sum(index["timings"]["build_s"].values()))


def time_of(stage: str, pictures: int, seconds: float) -> Facts:
    """A stage's throughput, and times for larger collections at the same pace."""
    pace = seconds / max(pictures, 1)
    return {
        "name": stage,
        "pictures": number(pictures),
        "seconds": f"{seconds:.1f}",
        "rate": f"{1 / pace:.3g}" if pace > 0 else "-",
        "per_picture": round(pace, 6),
        "larger": [duration(pace * n) if pictures >= LEAST_MEASURED else "-" for n in LARGE],
    }


def duration(seconds: float) -> str:
    """Seconds, minutes or hours with two digits or more."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def people_of(volume: Storage, snapshot: Snapshot, index: str) -> Facts:
    """People, their likes, what is recommended to them, and how good that is if it was evaluated; empty without people."""
    if not snapshot.rows(PROFILES):
        return {}
    recommended: set[str] = set()
    for part in snapshot.parts(RECOMMENDATIONS):
        recommended.update(tables.read_columns(volume, part, ["image_id"])["image_id"])
    shown, pictures = snapshot.rows(RECOMMENDATIONS), snapshot.rows(IMAGES)
    weights = sorted(saved.load(volume).everybody.items(), key=lambda one: (-one[1], one[0]))
    return {
        "people": number(snapshot.rows(PROFILES)),
        "opinions": number(snapshot.rows(LIKES)),
        "recommended": number(shown),
        "different": number(len(recommended)),
        "coverage": f"{len(recommended) / max(pictures, 1):.0%}".replace("%", " %"),
        "weights": [[name, f"{weight:.2f}"] for name, weight in weights[:4]],
        "evaluated": evaluated_of(stored.read(volume, stored.PEOPLE, index)),
    }


def evaluated_of(found: Mapping[str, Any] | None) -> Facts:
    """Quality of some recommenders, as `imagerec evaluate --users` measured it last for this index; empty without that."""
    if found is None:
        return {}
    rows = [(name, found["recommenders"][name]) for name in COMPARED if name in found["recommenders"]]
    return {
        "people": number(found["people"]),
        "seeds": str(found["seeds"]),
        "rows": [
            [name, *(f"{one[metric][0]:.3f}" for metric in ("ndcg@10", "precision@5", "auc")), f"{one['coverage']:.2f}"]
            for name, one in rows
        ],
        "untrue": number(found["hybrid_list"]["untrue_reasons"]),
        "shown": number(found["hybrid_list"]["pictures"]),
    }


def searched_of(found: Mapping[str, Any] | None) -> Facts:
    """Quality of every measure, as `imagerec evaluate` measured it last for this index; empty without that."""
    if found is None:
        return {}
    names = ("precision_at_1", "precision_at_5", "map_at_10")
    return {
        "queries": number(found["queries"]),
        "labels": short(found["labels"]),
        "rows": [[measure, *(f"{found[name][measure]:.3f}" for name in names)] for measure in found[names[0]]],
    }


def map_of(volume: Storage) -> Facts:
    """The largest clusters of the map and how far it can be trusted; empty without a map, and of few pictures."""
    found = files.read_document(volume)
    if found is None or volume.stat(MAP) is None or found["pictures"] <= K:
        return {}
    quality = found["quality"]
    return {
        "layout": found["layout"],
        "clusters": counted(len(found["clusters"]), "cluster"),
        "largest": [[one["name"], number(one["pictures"])] for one in found["clusters"][:LARGEST_CLUSTERS]],
        "trustworthiness": f"{quality['trustworthiness']:.3f}",
        "kept": f"{quality['kept']:.0%}".replace("%", " %"),
        "agreement": f"{found['agreement']:.2f}",
    }


def cores_of(runs: Sequence[Mapping[str, Any]]) -> str:
    """On how many cores the last run ran; empty before the first."""
    return str(max(runs, key=lambda row: row["started"])["cores"]) if runs else ""


def charts_of(volume: Storage) -> tuple[list[list[str]], dict[str, bytes]]:
    """Name, title and note of each chart to show, and the charts; none where labeling drew none."""
    try:
        there = {
            one["name"]: (one["title"], one["note"])
            for one in json.loads(volume.read(f"{CHARTS}/charts.json"))["charts"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return [], {}
    names = [name for group in SHOWN for name in [one for one in group if one in there][:1]]
    return [[name, *there[name]] for name in names], {
        f"{name}.svg": volume.read(f"{CHARTS}/{name}.svg") for name in names
    }


def number(value: int) -> str:
    """A number with thousands apart."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A number of things."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"
