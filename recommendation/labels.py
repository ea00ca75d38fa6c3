"""Which pictures belong together, for measuring: the folder, a tag, the category, or a CSV file of the user's."""

import csv
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from shared.errors import UsageError

KINDS = ("folder", "tag", "category")
KEYS = ("image_id", "location", "filename")


class Labels(NamedTuple):
    """How a picture gets its label.

    Args:
        kind: of KINDS, or the path of a CSV file.
        table: label by image_id, location or file name; for a CSV file.
    """

    kind: str
    table: Mapping[str, str] = {}

    def label(self, metadata: Mapping[str, Any]) -> str:
        """The label of a picture; empty for one without."""
        if self.kind == "folder":
            return str(PurePosixPath(metadata["location"]).parent)
        if self.kind == "tag":
            return str(next(iter(metadata["tags"]), ""))
        if self.kind == "category":
            return str(metadata["category"])
        return next((self.table[metadata[key]] for key in KEYS if metadata[key] in self.table), "")


def read_labels(kind: str) -> Labels:
    """The labels of a kind, or of a CSV file with a header and two columns: picture and label.

    Raises:
        UsageError: there is neither; or the file cannot be read or has other columns.
    """
    if kind in KINDS:
        return Labels(kind)
    path = Path(kind).expanduser()
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[1:]
    except (OSError, ValueError) as error:
        raise UsageError(f"--labels: expected {', '.join(KINDS)} or a CSV file, got {kind!r} ({error})") from error
    if any(len(row) < 2 for row in rows):
        raise UsageError(f"--labels: expected two columns in {path}, the picture's file name and its label")
    return Labels(kind, {row[0]: row[1] for row in rows})
