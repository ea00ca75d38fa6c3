"""Draw some of a person's likes and the pictures recommended to them, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recommendation.gallery.pictures import ranked, tiles_of
from recommendation.gallery.sheet import Row, Sheet, draw_sheet
from recommendation.search.engine import Engine
from shared.people.events import LIKE
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.storage.files import write_atomically

MOST_LIKES, COLUMNS = 5, 5


def draw(volume: Storage, engine: Engine, user_id: str, items: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a PNG: up to MOST_LIKES liked pictures on the left, the recommended ones beside them."""
    values = {one.image_id: one.value or 0.0 for one in PeopleStore(volume).events(user_id)}
    liked = [one for one, value in values.items() if value >= LIKE and engine.pictures.find(one) is not None]
    liked = liked[:MOST_LIKES]
    best = max((one["score"] for one in items), default=0) or 1.0
    shown = [
        {"rank": rank, "image_id": one["image_id"], "score": max(0.0, one["score"] / best)}
        for rank, one in enumerate(items, 1)
    ]
    tiles = tiles_of(volume, engine, [*liked, *(one["image_id"] for one in items)])
    sheet = Sheet(
        title=f"Recommended to {user_id}",
        rows=[Row("", ranked(shown, tiles), empty="no picture is left to recommend")],
        side_title="Likes" if liked else "No likes yet",
        side=[tiles[one] for one in liked],
        footer=f"index {engine.generation}; scores are shares of the best one",
        columns=COLUMNS,
    )
    write_atomically(path, draw_sheet(sheet))
