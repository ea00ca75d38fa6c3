"""The part of `imagerec status` about the index."""

from collections.abc import Iterator
from typing import Any

from recommendation.index import generation
from recommendation.index.objects import BUILD
from shared.storage import Storage


def facts(volume: Storage) -> dict[str, Any]:
    """The document and timings of the live index generation; None before the first build.

    Raises:
        CannotProceedError: a file of it is missing or damaged.
    """
    return {"index": generation.read_live_document(volume)}


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The generation for people, with recall and latency of each measure."""
    index = found["index"]
    if index is None:
        yield f"no index yet; {BUILD}"
        return
    weights = " + ".join(
        name if weight == 1 else f"{weight:g} {name}" for name, weight in index["default"]["weights"].items()
    )
    yield f"index generation {index['generation']}: {index['pictures']:,} pictures; default = {weights}"
    networks = index.get("networks", [])
    if len(networks) > 1:
        yield "embedding of " + " + ".join(f"{one['weight']:g} {one['name']}" for one in networks)
    yield f"default measure chosen by {index['default']['chosen_by']}"
    yield f"whitening {index['whitening']}"
    if neighbours := index["settings"].get("expand_neighbours"):
        yield f"embeddings averaged with their {neighbours} nearest neighbours; near-copies come first all the same"
    yield f"{'measure':<12} {'search':<8} {'search_k':>9} {'recall@5':>9} {'p50 ms':>8} {'p99 ms':>8}"
    for name, one in index["measures"].items():
        latency = index["timings"]["latency_ms"][name]
        search_k = one["search_k"] if one["search"] == "annoy" else "-"
        yield f"{name:<12} {one['search']:<8} {search_k:>9} {one['recall']:>9.3f} {latency['p50']:>8.2f} {latency['p99']:>8.2f}"
