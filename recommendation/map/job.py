"""Wire the map: a fit of a sample, a place for every picture, clusters and quality. No logic here, see `tasks`."""

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from operator import add
from typing import Any

import numpy as np
from py4j.protocol import Py4JJavaError
from pyspark import RDD, SparkContext

from recommendation.index import objects
from recommendation.map import clusters, landmarks, layouts, naming, quality, tasks, vectors
from recommendation.map.explore import job as explore
from recommendation.map.layouts import Problem
from recommendation.map.naming import Cluster
from recommendation.map.neighbours import Neighbours
from recommendation.map.positions import Grid
from recommendation.map.tasks import STAGE, Chosen, Placed
from recommendation.map.vectors import SliceRows, slices_of
from recommendation.settings import Settings
from shared import tables
from shared.errors import CannotProceedError
from shared.spark import session
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import CLUSTERS, MAP

log = logging.getLogger("recommendation")

VERSION = 1  # raise it when maps become others than before
BLOCK_ROWS = 1024  # whose neighbours one task finds
SKETCHED_PARTS = 4  # partitions a core

Document = dict[str, Any]


def refresh(sc: SparkContext, settings: Settings, volume: Storage) -> None:
    """Bring MAP, CLUSTERS and what is drawn of them up to date with the index; a map that cannot be made ends no run."""
    if not settings.map:
        return
    try:
        layouts.check_installed(settings.layout)
        bring_up_to_date(sc, settings.layout, volume)
    except (CannotProceedError, OSError) as error:
        log.warning("no map: %s", error)
    except Py4JJavaError as error:
        if not session.is_alive(sc):
            raise
        log.warning("no map: %s", session.worker_error(str(error)) or last_line(str(error)))


def last_line(text: str) -> str:
    """The last line of the first Python traceback in a message of Spark."""
    lines = [line.strip() for line in text.splitlines()]
    errors = [line for line in lines if "Error" in line and not line.startswith(("at ", "py4j", "Traceback", "File"))]
    return errors[0] if errors else lines[0]


def bring_up_to_date(sc: SparkContext, layout: str, volume: Storage) -> Document:
    """The document of the map, after what was missing of it was made.

    Raises:
        CannotProceedError: there is no index, or something of it is missing or damaged.
    """
    slices = slices_of(volume)
    document = kept_fit(volume, layout) or fit(sc, layout, volume, slices)
    document, placed = publish(sc, volume, document, slices)
    explore.write(sc, volume, document, placed, vectors.live(volume).name)
    return document


def kept_fit(volume: Storage, layout: str) -> Document | None:
    """The fit that is there, if it was made of the same kind of vectors: then new pictures are placed and no old one moves."""
    found = landmarks.read_current(volume)
    return found if found and found["made_of"] == made_of(volume, layout) else None


def made_of(volume: Storage, layout: str) -> str:
    """Digest of what a fit is only valid for: the basis of the index is another one when the collection has grown by half."""
    return digest(VERSION, layout, vectors.live(volume).document["basis"])


def spread(sc: SparkContext, slices: Sequence[Any]) -> "RDD[Any]":
    """Slices over partitions, a few a core; neighbours stay together, since they are in one shard."""
    return sc.parallelize(slices, max(1, min(len(slices), SKETCHED_PARTS * sc.defaultParallelism)))


def fit(sc: SparkContext, layout: str, volume: Storage, slices: Sequence[SliceRows]) -> Document:
    """Lay out a sample of the collection and store it; it becomes the fit that pictures are placed by."""
    rows = spread(sc, slices)
    total = sum(one.stop - one.start for one in slices)
    sampled = rows.map(partial(tasks.sample_vectors, volume, clusters.MOST_SAMPLED / total)).collect()
    centres = clusters.centres_of(np.concatenate(sampled), total)
    counts = rows.flatMap(partial(tasks.group_counts, volume, centres)).reduceByKey(add).collectAsMap()
    chosen = join(rows.map(partial(tasks.choose, volume, centres, landmarks.shares(counts))).collect())
    name = landmarks.fit_name(made_of(volume, layout), chosen.ids)
    hashes = landmarks.put(volume, name, {"vectors": chosen.vectors, "ids": chosen.ids, "centres": centres})
    log.info("recommendation: laying out %s of %s pictures", f"{len(chosen.ids):,}", f"{sum(counts.values()):,}")
    places = lay_out(sc, layout, volume, name, chosen)
    one = sc.parallelize([places], 1).map(partial(tasks.cluster_map, before=chosen.groups))
    after, agreement = one.first()
    both = np.column_stack([chosen.groups, after]).astype(np.int32)
    hashes |= landmarks.put(volume, name, {"places": places, "clusters": both})
    document = {
        "name": name,
        "made_of": made_of(volume, layout),
        "layout": layouts.effective(layout, len(chosen.ids)),
        "fitted": len(chosen.ids),
        "pictures": sum(counts.values()),
        "agreement": agreement,
        "objects": hashes,
    }
    objects.put_document(volume, landmarks.CURRENT, document)
    landmarks.sweep(volume, name)
    return document


def join(parts: Iterable[Chosen]) -> Chosen:
    """All pictures that are fitted, in the order of their ids."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Chosen(*(column[order] for column in columns))


def lay_out(sc: SparkContext, layout: str, volume: Storage, name: str, chosen: Chosen) -> Grid:
    """Places of the fitted pictures in the plane and in space, shape (rows, 5)."""
    n_rows = len(chosen.ids)
    blocks = [range(start, min(start + BLOCK_ROWS, n_rows)) for start in range(0, n_rows, BLOCK_ROWS)]
    find = partial(tasks.neighbours_of, volume, name, layouts.neighbour_count(layout, n_rows))
    found = sc.parallelize(blocks, len(blocks)).map(find).collect()
    joined = Neighbours(*(np.concatenate(column) for column in zip(*found, strict=True)))
    problem = Problem(layouts.principal_coordinates(chosen.vectors.astype(np.float32)), joined)
    flat, deep = sc.parallelize([2, 3], 2).map(partial(tasks.lay_out, layout, problem)).collect()
    return np.hstack([flat, deep])


def publish(
    sc: SparkContext, volume: Storage, document: Document, slices: Sequence[SliceRows]
) -> tuple[Document, list[Placed]]:
    """Place what is not placed yet, and bring CLUSTERS up to date; the document with the quality in it, and all parts of MAP."""
    snapshot = tables.open_snapshot(volume)
    fingerprint = digest(VERSION, document["name"])
    parts = stored_parts(volume, snapshot, fingerprint, slices)
    todo = [one for one in slices if one.slice not in parts]
    if todo:
        centres = objects.load_array(volume, landmarks.key(document["name"], "centres"))
        put = partial(tasks.place_slice, volume, document["name"], fingerprint, np.array(centres))
        parts |= dict(spread(sc, todo).map(put).collect())
    placed = [Placed(one, parts[one.slice]) for one in slices]
    name = digest(VERSION, document["name"], vectors.live(volume).name, sorted(parts))[:16]
    if todo or "quality" not in document or [part.slice for part in snapshot.parts(CLUSTERS, STAGE)] != [name]:
        document = describe(sc, volume, document, placed)
        rows = [one._asdict() for one in find_clusters(sc, volume, document["name"], placed)]
        one = tables.write_part(volume, CLUSTERS, rows, name, STAGE, fingerprint)
        snapshot = tables.publish(volume, snapshot, STAGE, {MAP.name: list(parts.values()), CLUSTERS.name: [one]})
    orphans.sweep(volume, snapshot, STAGE, [MAP, CLUSTERS])
    return document, placed


def stored_parts(volume: Storage, snapshot: Snapshot, fingerprint: str, slices: Iterable[SliceRows]) -> dict[str, Part]:
    """The parts of MAP that are there, by slice; of one that has lost its file another is made."""
    wanted = {one.slice for one in slices}
    stored = [part for part in snapshot.parts(MAP, STAGE, fingerprint) if part.slice in wanted]
    lost = set(presence.missing(volume, stored))
    return {part.slice: part for part in stored if part not in lost}


def describe(sc: SparkContext, volume: Storage, document: Document, placed: Sequence[Placed]) -> Document:
    """The document with the map's quality, which is measured once for each fit."""
    if "quality" in document:
        return document
    found = measure(sc, volume, placed)
    log.info(
        "recommendation: map of %s pictures, trustworthiness %.3f, %.3f of the %d nearest kept",
        f"{document['pictures']:,}",
        found.trustworthiness,
        found.kept,
        quality.K,
    )
    document = {**document, "quality": found._asdict()}
    objects.put_document(volume, landmarks.CURRENT, document)
    return document


def measure(sc: SparkContext, volume: Storage, placed: Sequence[Placed]) -> quality.Quality:
    """How well the map keeps who is near whom, by a sample of pictures."""
    parts = spread(sc, placed)
    total = sum(one.part.rows for one in placed)
    asked = quality.join(parts.map(partial(tasks.sample_quality, volume, quality.SAMPLE / total * 1.1)).collect())
    near = parts.mapPartitions(partial(tasks.near_of_slices, volume, asked)).treeReduce(quality.nearer)
    ranks = parts.mapPartitions(partial(tasks.ranks_of_slices, volume, asked, near)).treeReduce(np.add)
    return quality.judge(asked, near, ranks, total)


def find_clusters(sc: SparkContext, volume: Storage, name: str, placed: Sequence[Placed]) -> list[Cluster]:
    """The clusters of the vectors and of the map with their names, by kind and number."""
    counted = spread(sc, placed).flatMap(partial(tasks.count_values, volume)).reduceByKey(add).cache()
    sizes = {(kind, number): count for (kind, number, _), count in counted.filter(naming.is_size).collect()}
    total = sum(one.part.rows for one in placed)
    typical = (
        counted.filter(naming.is_value)
        .map(naming.by_value)
        .groupByKey()
        .flatMap(partial(naming.typical_of, total, sizes))
        .groupByKey()
        .mapValues(naming.most_typical)
        .collectAsMap()
    )
    counted.unpersist()
    return naming.clusters_of(landmarks.load(volume, name), sizes, typical)
