"""Table contracts: the only place that names columns, types and units."""

import pyarrow as pa

from shared.pictures.measures import MEASURES, Measure
from shared.tables.columns import FLOATS, IMAGE_ID, STRINGS, Addition, Contract, column
from shared.tables.fetches import CANDIDATES, FETCHES, OF_THE_WEB, ORIGIN_COLUMNS, OUTCOMES, SOURCE_ID
from shared.tables.map import CLUSTERS, MAP
from shared.tables.people import DUPLICATES, HAND_TAG, LIKES, PATTERNS, PROFILES, RECOMMENDATIONS

#: Every field may be null: most pictures carry few of them. GPS is never kept.
EXIF = pa.struct(
    [
        pa.field("camera_make", pa.string()),
        pa.field("camera_model", pa.string()),
        pa.field("lens", pa.string()),
        pa.field("date_taken", pa.string()),  # ISO 8601, with fraction and zone where they are known
        pa.field("orientation", pa.int32()),  # 1..8
        pa.field("exposure_s", pa.float64()),
        pa.field("aperture_f", pa.float64()),
        pa.field("iso", pa.int32()),
        pa.field("focal_length_mm", pa.float64()),
    ]
)

# Metadata from the source, before the file is opened.
FILE_COLUMNS = [
    column("location", pa.string(), "where the file is: a path, or a file:// URI when the path is not UTF-8"),
    column("filename", pa.string(), "last part of the path, undecodable bytes shown as \\xNN"),
    column("source", pa.string(), "kind of source: folder, list, sample, webdataset or the name of a service"),
    column("size_bytes", pa.int64(), "size when listed, -1 if unknown"),
    column("mtime_ns", pa.int64(), "modification time when listed, ns since 1970, -1 if unknown"),
]
ENTRY_COLUMNS = [*FILE_COLUMNS, *ORIGIN_COLUMNS]

FILE_ID_COLUMNS = [
    column("ctime_ns", pa.int64(), "time of the last change of the file's inode, ns since 1970, -1 if unknown"),
    column("inode", pa.int64(), "number of the file's inode, -1 if unknown"),
]
LISTED_COLUMNS = [
    SOURCE_ID,
    *FILE_ID_COLUMNS,
    column("is_link", pa.bool_(), "reached through a symbolic link; the file itself is preferred"),
    column("stated", pa.string(), "digest of the metadata that the source states, without what the file adds"),
]

#: One row per entry of a source, before anyone has opened it. Never published.
LISTING = Contract(
    "listing",
    pa.schema(
        [
            *ENTRY_COLUMNS,
            *LISTED_COLUMNS,
            column(
                "reason", pa.string(), "why the entry names no picture, one of shared.errors.REASONS; empty if it may"
            ),
            column("detail", pa.string(), "what exactly is wrong with the entry, empty if nothing is"),
        ]
    ),
)

PICTURE_COLUMNS = [
    IMAGE_ID,
    *ENTRY_COLUMNS,
    column("width_px", pa.int32(), "width after the EXIF turn, px"),
    column("height_px", pa.int32(), "height after the EXIF turn, px"),
    column("format", pa.string(), "JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, JPEG2000, PSD, HEIF or RAW"),
    column("mode", pa.string(), "Pillow's pixel mode of the original, e.g. RGB"),
    column("exif", EXIF, "camera settings; never GPS"),
    column("rating", pa.int32(), "stars that somebody gave it, 1 to 5; -1 rejected, 0 unknown"),
]
THUMBNAIL_COLUMNS = [
    column("thumbnail_width_px", pa.int32(), "px"),
    column("thumbnail_height_px", pa.int32(), "px"),
    column("jpeg", pa.binary(), "the thumbnail as JPEG: sRGB, shorter side at most 256 px, EXIF turn applied"),
]

#: One row per decoded file of a slice, before duplicates are found; its thumbnail is beside it. Never published.
STAGED = Contract("staged", pa.schema([*PICTURE_COLUMNS, *LISTED_COLUMNS]))

#: One row per picture (per image_id) that is at some source now, described as its preferred location is: the smallest
#: that is no link.
IMAGES = Contract(
    "images",
    pa.schema(PICTURE_COLUMNS),
    additions=(
        Addition("rating", version=1, default=0),
        *(Addition(name, version=2, default="") for name in OF_THE_WEB),
    ),
)

#: One row per picture, in the order of IMAGES within a slice.
THUMBNAILS = Contract("thumbnails", pa.schema([IMAGE_ID, *THUMBNAIL_COLUMNS]), row_group_rows=64)

#: One row per file and source that lists it, duplicates included: every place a picture is at now.
LOCATIONS = Contract(
    "locations",
    pa.schema([IMAGE_ID, *FILE_COLUMNS, *LISTED_COLUMNS, *ORIGIN_COLUMNS]),
    additions=(
        Addition("source_id", version=1, default=""),
        Addition("ctime_ns", version=1, default=-1),
        Addition("inode", version=1, default=-1),
        Addition("is_link", version=1, default=False),
        Addition("stated", version=1, default=""),
        *(Addition(name, version=1, default="") for name in ("source_url", "license", "author", "title")),
        Addition("tags", version=1, default=()),
        *(Addition(name, version=2, default="") for name in OF_THE_WEB),
    ),
)

FAILURES = Contract(
    "failures",
    pa.schema(
        [
            column("stage", pa.string(), "the stage that could not use it"),
            column("item", pa.string(), "the location or image_id that failed"),
            column("reason", pa.string(), "one of shared.errors.REASONS"),
            column("detail", pa.string(), "what exactly was wrong"),
            column("size_bytes", pa.int64(), "size when listed, -1 if not a file"),
            column("mtime_ns", pa.int64(), "modification time when listed, -1 if not a file"),
            SOURCE_ID,
            *FILE_ID_COLUMNS,
        ]
    ),
    additions=(
        Addition("item", version=1, formerly="source"),
        Addition("source_id", version=2, default=""),
        Addition("ctime_ns", version=2, default=-1),
        Addition("inode", version=2, default=-1),
    ),
)

#: Pictures that `imagerec remove --id` took out: files with these bytes are not stored again.
REMOVALS = Contract(
    "removals",
    pa.schema([IMAGE_ID, column("removed", pa.timestamp("us", tz="UTC"), "when it was removed")]),
)

RGB = pa.list_(pa.field("item", pa.uint8(), nullable=False), 3)

LABELS = Contract(
    "labels",
    pa.schema(
        [
            IMAGE_ID,
            column("filename", pa.string(), "as in images"),
            column("location", pa.string(), "as in images"),
            column(
                "palette",
                pa.list_(pa.field("item", RGB, nullable=False)),
                "3 to 5 predominant colours (fewer only if no more differ), sRGB 0..255, largest share first",
            ),
            column("palette_shares", FLOATS, "share of the pixels of each colour of the palette, sums to 1"),
            column("color_names", STRINGS, "name of each colour of the palette"),
            column("orientation", pa.string(), "landscape, portrait or square"),
            column("size_category", pa.string(), "thumbnail, medium or large"),
            column("format", pa.string(), "as in images"),
            column("tags", STRINGS, "as in images, with what people said of them by hand"),
            column("brightness", pa.float32(), "mean CIELAB lightness, 0..100"),
            column("contrast", pa.float32(), "standard deviation of CIELAB lightness, 0..50"),
            column("sharpness", pa.float32(), "standard deviation of the Laplacian of lightness, 0 = no edge"),
            column(
                "tags_by_hand",
                pa.list_(pa.field("item", HAND_TAG, nullable=False)),
                "what people said of its tags, by tag; taken from the store people/tags.sqlite",
            ),
        ]
    ),
    additions=(Addition("tags_by_hand", version=1, default=()),),
)


def feature_columns(measure: Measure) -> list[pa.Field]:
    """The column of a measure whose feature is computed of thumbnails; none for the network's."""
    if measure.feature is None:
        return []
    kind = FLOATS if measure.kind == "vector" else pa.binary(measure.feature.width)
    return [column(measure.column, kind, measure.feature.meaning)]


FEATURES = Contract(
    "features", pa.schema([IMAGE_ID, *(field for one in MEASURES.values() for field in feature_columns(one))])
)

TOTALS = Contract(
    "totals",
    pa.schema(
        [
            column("kind", pa.string(), "color, tag, brightness, year, ...: see labeling/totals.py"),
            column("value", pa.string(), "the colour's name, the tag, the lower edge of a class of numbers, ..."),
            column("pictures", pa.int64(), "how many pictures have it; for `failure` and `source`, files"),
        ]
    ),
)

EMBEDDINGS = Contract(
    "embeddings",
    pa.schema(
        [
            IMAGE_ID,
            column("model_sha256", pa.string(), "SHA-256 of the ONNX file that made the vector"),
            column("vector", FLOATS, "the network's pooled features, not centred, not normalised"),
        ]
    ),
)

CATEGORIES = Contract(
    "categories",
    pa.schema(
        [
            IMAGE_ID,
            column("model_sha256", pa.string(), "SHA-256 of the ONNX file that told the category"),
            column("rank", pa.int32(), "1 = most probable"),
            column("category", pa.string(), "ImageNet category, first of its synonyms"),
            column("probability", pa.float32(), "softmax, 0..1"),
        ]
    ),
)

RUNS = Contract(
    "runs",
    pa.schema(
        [
            column("stage", pa.string(), "the stage"),
            column("started", pa.timestamp("us", tz="UTC"), "when the stage began"),
            column("seconds", pa.float64(), "how long it took, Spark's start-up not counted"),
            column("listed", pa.int64(), "entries of the stage's input"),
            column("done", pa.int64(), "entries it finished"),
            column("skipped", pa.int64(), "entries that were done already"),
            column("failed", pa.int64(), "entries that became rows of failures"),
            column("fingerprint", pa.string(), "digest of the settings and models that shape the stage's output"),
            column("master", pa.string(), "Spark master"),
            column("cores", pa.int32(), "tasks that could run at once"),
            SOURCE_ID,
        ]
    ),
    additions=(Addition("source_id", version=1, default=""),),
)

CONTRACTS = {
    contract.name: contract
    for contract in (
        *(IMAGES, THUMBNAILS, LOCATIONS, FAILURES, REMOVALS, FETCHES),
        *(LABELS, FEATURES, TOTALS, EMBEDDINGS, CATEGORIES, RUNS),
        *(LIKES, PROFILES, PATTERNS, RECOMMENDATIONS, MAP, CLUSTERS, DUPLICATES),
    )
}

__all__ = [
    "CANDIDATES",
    "CATEGORIES",
    "CLUSTERS",
    "CONTRACTS",
    "DUPLICATES",
    "EMBEDDINGS",
    "ENTRY_COLUMNS",
    "EXIF",
    "FAILURES",
    "FEATURES",
    "FETCHES",
    "FILE_COLUMNS",
    "FILE_ID_COLUMNS",
    "FLOATS",
    "HAND_TAG",
    "IMAGES",
    "IMAGE_ID",
    "LABELS",
    "LIKES",
    "LISTED_COLUMNS",
    "LISTING",
    "LOCATIONS",
    "MAP",
    "OF_THE_WEB",
    "ORIGIN_COLUMNS",
    "OUTCOMES",
    "PATTERNS",
    "PICTURE_COLUMNS",
    "PROFILES",
    "RECOMMENDATIONS",
    "REMOVALS",
    "RGB",
    "RUNS",
    "SOURCE_ID",
    "STAGED",
    "STRINGS",
    "THUMBNAILS",
    "THUMBNAIL_COLUMNS",
    "TOTALS",
    "Addition",
    "Contract",
    "column",
    "feature_columns",
]
