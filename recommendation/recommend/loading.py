"""The view of the collection that recommenders use, made from the index."""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from recommendation.index.pictures import gather
from recommendation.scoring.pictures import ORIENTATIONS, SIZES, Floats, Pictures, Rows, Words
from recommendation.search.engine import Engine
from shared.licenses import is_permitted
from shared.people.clustering import kmeans, nearest_centre

MOST_CLUSTERS = 128
CLUSTERED = 20_000  # pictures that clusters are learnt from
COLUMNS = ("filename", "orientation", "size_category", "tags", "color_names", "license", "author", "attribution")


class View(NamedTuple):
    """The collection for recommenders, and where its pictures are in the index.

    Args:
        index_rows: the index's row of each picture, shape (pictures,).
        of_index: the picture of each row of the index, -1 for none.
    """

    pictures: Pictures
    index_rows: Rows
    of_index: Rows


def load_view(engine: Engine) -> View:
    """The pictures of an index, in the order of their image_ids; memory: 1 KB a picture, for vectors."""
    rows = engine.pictures.rows
    ids = engine.pictures.ids(rows)
    order = np.argsort(ids, kind="stable")
    rows, ids = rows[order], ids[order]
    columns = {name: engine.pictures.column(name) for name in COLUMNS}
    labels = [{name: values[place] for name, values in columns.items()} for place in order.tolist()]
    vectors = {name: _reduced(engine, name, rows) for name in ("embedding", "color", "structure")}
    hashes = np.ascontiguousarray(engine.searchers["hash"].vectors(rows))
    texts = [bytes(one).ljust(16, b"\0").hex() for one in ids]
    of_index = np.full(int(rows.max()) + 1 if len(rows) else 0, -1, np.int64)
    of_index[rows] = np.arange(len(rows))
    return View(make_pictures(texts, vectors, hashes, labels), rows, of_index)


def _reduced(engine: Engine, measure: str, rows: Rows) -> Floats:
    searcher = engine.searchers[measure]
    found = gather([one.reduced for one in searcher.shards], searcher.starts, rows)
    return cast("Floats", np.asarray(found, np.float32))


def make_pictures(
    ids: list[str], vectors: dict[str, NDArray[np.float32]], hashes: NDArray[np.uint8], labels: list[dict[str, Any]]
) -> Pictures:
    """Pictures from rows in the order of their ids."""
    return Pictures(
        ids=np.array(ids, np.str_),
        subject=vectors["embedding"],
        color=vectors["color"],
        structure=vectors["structure"],
        hashes=hashes,
        orientation=np.array([ORIENTATIONS.index(one["orientation"]) for one in labels], np.int8),
        size=np.array([SIZES.index(one["size_category"]) for one in labels], np.int8),
        tags=Words.of([one["tags"] for one in labels]),
        colors=Words.of([one["color_names"] for one in labels]),
        clusters=clusters_of(vectors["embedding"]),
        allowed=np.array([is_permitted(one["license"]) for one in labels], np.bool_),
        filenames=[one["filename"] for one in labels],
        licenses=[one["license"] for one in labels],
        credits=[one.get("attribution") or one["author"] for one in labels],
    )


def clusters_of(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """The cluster of each picture: KMeans over the collection, sqrt(n / 2) clusters, at most MOST_CLUSTERS."""
    n_pictures = len(vectors)
    if not n_pictures:
        return np.zeros(0, np.int32)
    k = int(np.clip(round(np.sqrt(n_pictures / 2)), 1, MOST_CLUSTERS))
    _, centres = kmeans(vectors[:: -(-n_pictures // CLUSTERED)], k)
    return nearest_centre(vectors, centres.astype(np.float32)).astype(np.int32)
