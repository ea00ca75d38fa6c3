"""Tags of stored pictures as of now: those of the index, with what people said of them since."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.search.weights import DEFAULT
from shared.people.tags import TagStore, current_tags
from shared.storage import Storage

SUGGESTED, NEIGHBOURS = 8, 12


def tags_of(volume: Storage, engine: Engine, pictures: Sequence[str]) -> dict[str, list[str]]:
    """The tags of some pictures as of now; errors as `Engine.metadata`."""
    return current_tags(volume, indexed_tags(engine, pictures))


def indexed_tags(engine: Engine, pictures: Sequence[str]) -> dict[str, list[str]]:
    """The tags of some pictures as the index has them; errors as `Engine.metadata`."""
    return {one: engine.metadata(one)["tags"] for one in pictures}


def described_tags(volume: Storage, engine: Engine, image_id: str) -> list[dict[str, Any]]:
    """The tags of a picture, each with where it is from: the source, or whose hand and when."""
    said = {one.tag: one for one in TagStore(volume).of_pictures([image_id]).get(image_id, ())}
    found = []
    for tag in tags_of(volume, engine, [image_id])[image_id]:
        one = said.get(tag)
        origin = {"origin": "source"} if one is None else {"origin": "hand", "user_id": one.user_id, "time": one.time}
        found.append({"tag": tag, **origin})
    return found


def suggested_tags(volume: Storage, engine: Engine, image_id: str) -> list[str]:
    """Tags that a picture might have: what similar pictures have, and the categories of the network."""
    options = Options(top_k=NEIGHBOURS, measure=(DEFAULT,))
    neighbours = engine.search([engine.features_of(image_id)], options)[DEFAULT]
    tags = tags_of(volume, engine, [image_id, *(one["image_id"] for one in neighbours)])
    own = set(tags.pop(image_id))
    counts = Counter(tag for some in tags.values() for tag in some)
    frequent = [tag for tag, n in counts.most_common() if n > 1]
    proposed = dict.fromkeys([*frequent, engine.metadata(image_id)["category"]])
    return [tag for tag in proposed if tag and tag not in own][:SUGGESTED]
