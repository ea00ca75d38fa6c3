"""Contracts of the tables about people: the only place that names their columns, types and units."""

import pyarrow as pa

from shared.tables.columns import FLOATS, IMAGE_ID, STRINGS, Contract, column

USER_ID = column("user_id", pa.string(), "the person, free text")

#: What a person said last of a tag of a picture.
HAND_TAG = pa.struct(
    [
        pa.field("tag", pa.string(), nullable=False),
        pa.field("is_removed", pa.bool_(), nullable=False),  # taken out, not added
        pa.field("user_id", pa.string(), nullable=False),  # who said so; empty for a person who was forgotten
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)

#: One row per person and picture: what everybody said, as of the last run. Taken from the store people/likes.sqlite.
LIKES = Contract(
    "likes",
    pa.schema(
        [
            USER_ID,
            IMAGE_ID,
            column("value", pa.float32(), "-1..1: from 0.5 on a like, up to -0.5 a dislike"),
            column("time", pa.timestamp("us", tz="UTC"), "when it was said"),
            column("source", pa.string(), "command, http, simulated, import:csv, ..."),
            column("user_source", pa.string(), "where the person was first heard of"),
            column("family", pa.string(), "kind of taste of a simulated person, empty for a real one"),
            column("seed", pa.int64(), "of the simulation, -1 for a real person"),
        ]
    ),
    row_group_rows=65_536,
)

#: One row per person, by user_id.
PROFILES = Contract(
    "profiles",
    pa.schema(
        [
            USER_ID,
            column("favorite_colors", STRINGS, "names of colours that most of the liked pictures have, at most 5"),
            column("favorite_color_shares", FLOATS, "share of the liked pictures that have each, 0..1"),
            column("favorite_orientation", pa.string(), "of most liked pictures; empty without likes"),
            column("orientation_shares", FLOATS, "share of the likes that is landscape, portrait, square"),
            column("favorite_size", pa.string(), "of most liked pictures; empty without likes"),
            column("size_shares", FLOATS, "share of the likes that is thumbnail, medium, large"),
            column("favorite_tags", STRINGS, "tags that most of the liked pictures have, at most 10"),
            column("favorite_tag_shares", FLOATS, "share of the liked pictures that have each, 0..1"),
            column("favorite_images", STRINGS, "file names of the liked pictures, by image_id"),
            column("dislikes", STRINGS, "file names of the disliked pictures, by image_id"),
            column(
                "removed", pa.int32(), "pictures that something was said of and that are not in the collection any more"
            ),
            column("cluster", pa.int32(), "of people with similar tastes, from 0; -1 without likes"),
            column("source", pa.string(), "where the person was first heard of"),
            column("family", pa.string(), "as in likes"),
            column("seed", pa.int64(), "as in likes"),
        ]
    ),
)

#: What people have in common.
PATTERNS = Contract(
    "patterns",
    pa.schema(
        [
            column("kind", pa.string(), "color, tag, orientation, size, cluster or similar"),
            column("value", pa.string(), "the colour, the tag, ..., the cluster's number, or a person"),
            column("other", pa.string(), "the other person of a similar pair, else empty"),
            column("people", pa.int64(), "likes of such a picture by anybody; people of the cluster; 2 for a pair"),
            column("share", pa.float32(), "share of all likes; share of the people; cosine of a pair's tastes"),
        ]
    ),
)

#: What might please each person, by user_id and rank.
RECOMMENDATIONS = Contract(
    "recommendations",
    pa.schema(
        [
            USER_ID,
            column("rank", pa.int32(), "1 = best"),
            IMAGE_ID,
            column("file_name", pa.string(), "as in images"),
            column("score", pa.float32(), "sum of the parts; comparable for one person only"),
            column("part_names", STRINGS, "the parts of the score"),
            column("part_values", FLOATS, "the parts of the score, in the same order"),
            column("reason", pa.string(), "why, computed from the parts"),
            column("because_of", STRINGS, "file names of the liked pictures that the reason names"),
            column("licence", pa.string(), "licence as the source states it"),
            column("attribution", pa.string(), "author as the source states it"),
        ]
    ),
)

#: One row per file of a group of copies, best picture first; a picture at several places has a row for each.
DUPLICATES = Contract(
    "duplicates",
    pa.schema(
        [
            column("group_id", pa.string(), "image_id of the picture of the group that is proposed to be kept"),
            IMAGE_ID,
            column("location", pa.string(), "as in locations"),
            column("filename", pa.string(), "as in locations"),
            column(
                "kind",
                pa.string(),
                "original (to keep), exact (the same bytes), near, mirrored, rotated, cropped or framed",
            ),
            column("score", pa.float32(), "how sure that is: correlation of the edges, 0..1"),
            column("reason", pa.string(), "why the picture to keep is the one"),
            column("width_px", pa.int32(), "as in images"),
            column("height_px", pa.int32(), "as in images"),
            column("format", pa.string(), "as in images"),
            column("size_bytes", pa.int64(), "as in images"),
            column("has_exif", pa.bool_(), "whether it has a camera or a date in its EXIF data"),
            column("sharpness", pa.float32(), "as in labels"),
        ]
    ),
)
