"""Contracts of the tables of the map: the only place that names their columns, types and units."""

import pyarrow as pa

from shared.tables.columns import IMAGE_ID, Contract, column

COORDINATE = "0..1, a multiple of 1/65535; all axes have the same scale"

#: One row per picture: its place among pictures that are like it. In the slices of IMAGES.
MAP = Contract(
    "map",
    pa.schema(
        [
            IMAGE_ID,
            column("x", pa.float32(), f"place in the plane, from the left: {COORDINATE}"),
            column("y", pa.float32(), f"place in the plane, from below: {COORDINATE}"),
            column("x3", pa.float32(), f"place in space: {COORDINATE}"),
            column("y3", pa.float32(), f"place in space: {COORDINATE}"),
            column("z3", pa.float32(), f"place in space: {COORDINATE}"),
            column("cluster", pa.int32(), "of the places in the plane, from 0, the largest first; -1 between clusters"),
            column("vector_cluster", pa.int32(), "of the vectors, before they were reduced to a plane, from 0"),
            column(
                "is_fitted", pa.bool_(), "part of the fit; else placed at the median of its nearest fitted pictures"
            ),
        ]
    ),
)

#: One row per cluster of the map, and of the vectors.
CLUSTERS = Contract(
    "clusters",
    pa.schema(
        [
            column("kind", pa.string(), "map: of places in the plane; vectors: before the reduction"),
            column("cluster", pa.int32(), "its number, as in map"),
            column("name", pa.string(), "the tag or category that is most typical of it"),
            column("pictures", pa.int64(), "how many there are"),
            column("image_id", pa.string(), "the picture that is most like all of them"),
            column("x", pa.float32(), f"median of the places, from the left: {COORDINATE}"),
            column("y", pa.float32(), f"median of the places, from below: {COORDINATE}"),
        ]
    ),
)
