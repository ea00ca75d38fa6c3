"""The queries that went worst, drawn: what was asked, what was answered, and which answers are wrong."""

from collections.abc import Iterable

from recommendation import metrics
from recommendation.gallery.pictures import tiles_of
from recommendation.gallery.sheet import GREY, Row, Sheet, Tile, draw_sheet
from recommendation.labels import Labels
from recommendation.quality.judging import judged, padded, possible_of
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.search.weights import DEFAULT
from recommendation.steps import DEPTH, Asked
from shared.storage import Storage

SHOWN_QUERIES, SHOWN_ANSWERS = 12, 8
RIGHT, WRONG = "#2c8a4b", "#c8372d"


def draw(volume: Storage, labels: Labels, asked: Iterable[Asked]) -> bytes:
    """A PNG with a row for each of the queries that went worst: the query, then its answers, green those with its label.

    Raises:
        CannotProceedError: the index or a thumbnail is missing or damaged.
    """
    asked, engine = list(asked), Engine.open(volume)
    rows = [row_of(volume, engine, labels, one, value) for one, value in worst(asked)]
    title = f"The {len(rows)} worst of {len(judged(asked)):,} queries"
    footer = "first the query, then its answers, best first; green: its label, red: another one"
    return draw_sheet(Sheet(title, rows, footer=footer))


def row_of(volume: Storage, engine: Engine, labels: Labels, asked: Asked, value: float) -> Row:
    """A query and its answers."""
    options = Options(top_k=SHOWN_ANSWERS, measure=(DEFAULT,))
    found = [item["image_id"] for item in engine.search([engine.features_of(asked.image_id)], options)[DEFAULT]]
    tiles = tiles_of(volume, engine, [asked.image_id, *found])
    query = tiles[asked.image_id]._replace(note="query", note_color=GREY)
    answers = [judged_tile(tiles[one], labels.label(engine.metadata(one)), asked.label) for one in found]
    return Row(asked.label, [query, *answers], f"mAP@{DEPTH} {value:.2f}")


def judged_tile(tile: Tile, label: str, wanted: str) -> Tile:
    """An answer's tile with its label as the note."""
    return tile._replace(note=label or "no label", note_color=RIGHT if label == wanted else WRONG)


def worst(asked: Iterable[Asked]) -> list[tuple[Asked, float]]:
    """The queries that went worst by the default measure, with their average precision; among equals by image_id."""
    queries = judged(asked)
    hits = padded([one.hits[DEFAULT] for one, _ in queries])
    values = metrics.average_precision_at_k(hits, DEPTH, possible_of(queries))
    found = [(one, float(value)) for (one, _), value in zip(queries, values, strict=True)]
    return sorted(found, key=lambda pair: (pair[1], pair[0].image_id))[:SHOWN_QUERIES]
