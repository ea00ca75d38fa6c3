"""images_labels.json and features.csv: labels and features for people and other programs."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pyspark import SparkContext

from shared.csv_text import csv_line
from shared.pictures.measures import MEASURES, Measure
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.volume import REPORTS
from shared.tables import Snapshot, live
from shared.tables.contracts import FEATURES, LABELS
from shared.tables.live import LivePart

LABELS_JSON = "images_labels.json"
FEATURES_CSV = f"{REPORTS}/features.csv"

HASHES = ("ahash", "dhash", "phash")


def feature_names(measure: Measure) -> list[str]:
    """Columns of features.csv for one measure: each component of a vector; bits as hex, the three hashes apart."""
    if measure.feature is None:
        return []
    if measure.name == "hash":
        return list(HASHES)
    if measure.kind == "bits":
        return [measure.name]
    return [f"{measure.name}_{number}" for number in range(measure.feature.width)]


LABEL_NAMES = ("image_id", "filename", "location")
NUMBER_NAMES = ("brightness", "contrast", "sharpness")
BITS = [measure for measure in MEASURES.values() if measure.kind == "bits"]
VECTORS = [measure for measure in MEASURES.values() if measure.feature and measure.kind == "vector"]
CSV_COLUMNS = [*LABEL_NAMES, *NUMBER_NAMES, *(name for one in [*BITS, *VECTORS] for name in feature_names(one))]


def refresh_labels(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, repeated: Callable[[], frozenset[str]]
) -> None:
    """Write images_labels.json if LABELS has changed since it was written.

    Args:
        repeated: the file names that more than one picture has; called only when the file is written.
    """
    content = live.digest(snapshot, LABELS)
    if not exports.is_current(volume, LABELS_JSON, content):
        lines_of, parts = partial(label_lines, volume, repeated()), live.live_parts(snapshot, LABELS)
        exports.write(sc, volume, LABELS_JSON, content, parts, lines_of, exports.JSON_OBJECT)


def label_lines(volume: Storage, repeated: frozenset[str], part: LivePart) -> Iterator[bytes]:
    """A member of the object for each live picture of a part."""
    for label in live.read_rows(volume, part):
        yield exports.to_line(key_of(label, repeated)) + b": " + exports.to_line(to_record(label))


def key_of(label: dict[str, Any], repeated: frozenset[str]) -> str:
    """The picture's file name; its location where another picture has the same name."""
    key: str = label["location" if label["filename"] in repeated else "filename"]
    return key


def to_record(label: dict[str, Any]) -> dict[str, Any]:
    """A row of LABELS in the fields that were agreed on, and what people said of its tags where they did."""
    agreed = {
        "predominant_colors": label["palette"],
        **{name: label[name] for name in ("color_names", "orientation", "size_category", "tags")},
    }
    said = [{**one, "time": one["time"].isoformat(timespec="seconds")} for one in label["tags_by_hand"]]
    return {**agreed, "tags_by_hand": said} if said else agreed


def refresh_features(sc: SparkContext, volume: Storage, snapshot: Snapshot, *, wanted: bool) -> None:
    """Write reports/features.csv if it is wanted or there already, and FEATURES has changed since it was written."""
    if not wanted and volume.stat(FEATURES_CSV) is None:
        return
    content = live.digest(snapshot, LABELS, FEATURES)
    if not exports.is_current(volume, FEATURES_CSV, content):
        features_of = {one.part.slice: one for one in live.live_parts(snapshot, FEATURES)}
        pairs = [(one, features_of[one.part.slice]) for one in live.live_parts(snapshot, LABELS)]
        enclosure = exports.csv_table(csv_line(CSV_COLUMNS))
        exports.write(sc, volume, FEATURES_CSV, content, pairs, partial(feature_lines, volume), enclosure)


def feature_lines(volume: Storage, parts: tuple[LivePart, LivePart]) -> Iterator[bytes]:
    """A line of CSV for each live picture of a slice, from its parts of LABELS and FEATURES."""
    labels, features = (live.read_rows(volume, part) for part in parts)
    return (csv_line(csv_fields(label, feature)) for label, feature in zip(labels, features, strict=True))


def csv_fields(label: dict[str, Any], feature: dict[str, Any]) -> list[str]:
    """A picture's values in the order of CSV_COLUMNS; bits in hex, numbers to five digits."""
    numbers = (number for measure in VECTORS for number in feature[measure.column])
    return [
        *(label[name] for name in LABEL_NAMES),
        *(f"{label[name]:.5g}" for name in NUMBER_NAMES),
        *(text for measure in BITS for text in hex_texts(measure, feature[measure.column])),
        *(f"{number:.5g}" for number in numbers),
    ]


def hex_texts(measure: Measure, bits: bytes) -> list[str]:
    """The values of `feature_names` for a measure of bits."""
    digits, length = bits.hex(), 2 * len(bits) // len(feature_names(measure))
    return [digits[start : start + length] for start in range(0, len(digits), length)]
