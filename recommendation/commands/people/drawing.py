"""Draw some of a person's likes and the pictures recommended to them, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recommendation.search.engine import Engine
from recommendation.search.gallery import draw_gallery
from recommendation.search.thumbnails import Thumbnails
from shared.people.events import LIKE
from shared.people.store import PeopleStore
from shared.storage import Storage
from shared.storage.files import write_atomically

MOST_LIKES = 5


def draw(volume: Storage, engine: Engine, user_id: str, items: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a PNG: up to MOST_LIKES liked pictures on the left, the recommended ones beside them."""
    values = {one.image_id: one.value or 0.0 for one in PeopleStore(volume).events(user_id)}
    liked = [one for one, value in values.items() if value >= LIKE and engine.pictures.find(one) is not None][
        :MOST_LIKES
    ]
    best = max((one["score"] for one in items), default=0) or 1.0
    shown = [
        {
            "rank": rank,
            "image_id": one["image_id"],
            "filename": one["file_name"],
            "score": max(0.0, one["score"] / best),
        }
        for rank, one in enumerate(items, 1)
    ]
    thumbnails = Thumbnails(volume).read(engine, [*liked, *(one["image_id"] for one in items)])
    content = {
        "queries": [{"filename": engine.metadata(one)["filename"]} for one in liked],
        "results": {user_id: shown},
        "model": "",
        "generation": engine.generation,
        "seconds": 0.0,
    }
    write_atomically(path, draw_gallery(content, thumbnails, [thumbnails[one] for one in liked]))
