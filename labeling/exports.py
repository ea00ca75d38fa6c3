"""images_labels.json and features.csv: what the stage found out, for people and other programs."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared import tables
from shared.pictures.features import color, structure
from shared.storage.volume import reports_dir
from shared.tables import Snapshot
from shared.tables.contracts import FEATURES, LABELS
from shared.tables.exports import refresh, refresh_mapping

LABELS_JSON = "images_labels.json"
FEATURES_CSV = "features.csv"

HASHES = ("ahash", "dhash", "phash")
CSV_COLUMNS = [
    *("image_id", "filename", "location", "brightness", "contrast", "sharpness"),
    *HASHES,
    *(f"color_{number}" for number in range(color.LENGTH)),
    *(f"structure_{number}" for number in range(structure.LENGTH)),
]


def refresh_labels(volume: Path, snapshot: Snapshot, repeated: Callable[[], frozenset[str]]) -> bool:
    """Write images_labels.json if LABELS has changed since it was written; say whether it was.

    Args:
        repeated: tells the file names that more than one picture has; asked only when the file is written.
    """
    content = snapshot.digest(LABELS)
    return refresh_mapping(volume, LABELS_JSON, content, told_pictures(volume, snapshot, repeated))


def told_pictures(
    volume: Path, snapshot: Snapshot, repeated: Callable[[], frozenset[str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every picture as the file tells it, a part in memory at a time."""
    shared_names = repeated()
    for part in snapshot.parts(LABELS):
        for label in tables.read_rows(volume, part):
            yield key_of(label, shared_names), tell(label)


def key_of(label: dict[str, Any], repeated: frozenset[str]) -> str:
    """The picture's file name; its location where another picture has the same name."""
    key: str = label["location" if label["filename"] in repeated else "filename"]
    return key


def tell(label: dict[str, Any]) -> dict[str, Any]:
    """One picture, in the fields that were agreed on; the rest is in LABELS."""
    return {
        "predominant_colors": label["palette"],
        **{name: label[name] for name in ("color_names", "orientation", "size_category", "tags")},
    }


def refresh_features(volume: Path, snapshot: Snapshot, *, wanted: bool) -> bool:
    """Write reports/features.csv if it is wanted or there already, and FEATURES has changed; say whether it was."""
    path = reports_dir(volume) / FEATURES_CSV
    if not wanted and not path.exists():
        return False
    content = snapshot.digest(LABELS, FEATURES)
    return refresh(volume, str(path.relative_to(volume)), content, csv_lines(volume, snapshot))


def csv_lines(volume: Path, snapshot: Snapshot) -> Iterator[bytes]:
    """The header, then every picture; a part in memory at a time."""
    yield csv_line(CSV_COLUMNS)
    features_of = {part.slice: part for part in snapshot.parts(FEATURES)}
    for part in snapshot.parts(LABELS):
        labels, features = (tables.read_rows(volume, one) for one in (part, features_of[part.slice]))
        for label, feature in zip(labels, features, strict=True):
            yield csv_line(csv_fields(label, feature))


def csv_fields(label: dict[str, Any], feature: dict[str, Any]) -> list[str]:
    """A picture's values in the order of CSV_COLUMNS; hashes in hex, vectors to five digits."""
    hashes = feature["hash"].hex()
    numbers = [*feature["color"], *feature["structure"]]
    return [
        *(label[name] for name in ("image_id", "filename", "location")),
        *(f"{label[name]:.5g}" for name in ("brightness", "contrast", "sharpness")),
        *(hashes[start : start + 16] for start in (0, 16, 32)),
        *(f"{number:.5g}" for number in numbers),
    ]


def csv_line(fields: list[str]) -> bytes:
    """A line of CSV; quotes, commas and line feeds in names are safe. Source: RFC 4180."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(fields)
    return buffer.getvalue().encode()
