"""Contact sheets of stored pictures: thumbnails, names, licences and authors by image_id, and the sheet of a query's answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recommendation.gallery.sheet import Row, Sheet, Tile, draw_sheet
from recommendation.search.engine import Engine
from recommendation.search.thumbnails import Thumbnails
from shared.pictures.measures import MEASURES
from shared.storage import Storage

#: What a measure's row is about, for those who do not know its name.
CAPTIONS = {
    "default": "all together",
    "text": "words that fit",
    **{name: measure.caption for name, measure in MEASURES.items()},
}


def tiles_of(volume: Storage, engine: Engine, image_ids: Iterable[str]) -> dict[str, Tile]:
    """A tile for each picture of the live index, by image_id; `Tile._replace` adds a note or a score.

    Raises:
        UsageError: a picture is not in the index.
        CannotProceedError: a thumbnail has been lost or is damaged.
    """
    asked = list(dict.fromkeys(image_ids))
    thumbnails = Thumbnails(volume).read(engine, asked)
    return {one: tile_of(engine.metadata(one), thumbnails[one]) for one in asked}


def tile_of(metadata: Mapping[str, Any], jpeg: bytes | None) -> Tile:
    """A picture's tile from its metadata in the index."""
    return Tile(jpeg, metadata["filename"], metadata["license"], metadata["author"])


def draw_answer(volume: Storage, engine: Engine, answer: Mapping[str, Any], query_thumbnails: Sequence[bytes]) -> bytes:
    """Draw a query's answer: the query pictures on the left, one row for each measure; errors as `tiles_of`.

    Args:
        answer: the object that a query is answered with.
        query_thumbnails: JPEG of each query picture, in the answer's order; empty for stored ones that are seen whole.
    """
    asked = [one["image_id"] for one in answer["queries"]]
    whole = Thumbnails(volume).read(
        engine, [one for one, jpeg in zip(asked, query_thumbnails, strict=True) if not jpeg]
    )
    query_thumbnails = [jpeg or whole[one] for one, jpeg in zip(asked, query_thumbnails, strict=True)]
    tiles = tiles_of(volume, engine, (item["image_id"] for items in answer["results"].values() for item in items))
    return draw_sheet(answer_sheet(answer, tiles, query_thumbnails))


def answer_sheet(answer: Mapping[str, Any], tiles: Mapping[str, Tile], query_thumbnails: Sequence[bytes]) -> Sheet:
    """The sheet of a query's answer; the default measure first.

    Args:
        tiles: of every picture of the answer, by image_id.
    """
    results: Mapping[str, Sequence[Mapping[str, Any]]] = answer["results"]
    names = sorted(results, key=lambda name: name != "default")  # stable: the others keep their order
    side = [Tile(jpeg, one["filename"]) for one, jpeg in zip(answer["queries"], query_thumbnails, strict=True)]
    return Sheet(
        title="Most similar pictures",
        rows=[Row(name, ranked(results[name], tiles), CAPTIONS.get(name, "")) for name in names],
        side_title={0: "Query in words", 1: "Query"}.get(len(side), f"Query of {len(side)} pictures"),
        side=side,
        footer=f"model {answer['model']}   index {answer['generation']}   {answer['seconds'] * 1000:.0f} ms",
    )


def ranked(items: Sequence[Mapping[str, Any]], tiles: Mapping[str, Tile]) -> list[Tile]:
    """Tiles with the rank and score of each item of a ranking."""
    return [tiles[one["image_id"]]._replace(note=f"{one['rank']}.", score=one["score"]) for one in items]
