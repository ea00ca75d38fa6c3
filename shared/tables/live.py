"""The live collection: rows of other tables as the slice's part of IMAGES is now.

A picture that is removed or moved changes IMAGES alone, and that part gets a revision. Rows of removed pictures stay in
the other tables until the slice is compacted, and LABELS keeps the location that the picture had when it was labelled.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.storage import Storage
from shared.tables import parts
from shared.tables.contracts import IMAGES, LABELS, Contract
from shared.tables.parts import Part
from shared.tables.snapshot import Snapshot

#: Columns of LABELS that are copies of what IMAGES had.
COPIED = ("filename", "location", "tags")


class LivePart(NamedTuple):
    """A part of a table.

    Args:
        images: the part of IMAGES that says which of its rows are live; None: all are, as they are stored.
    """

    part: Part
    images: Part | None


def live_parts(snapshot: Snapshot, contract: Contract) -> list[LivePart]:
    """The parts of a table whose slices have pictures."""
    images_of = {part.slice: part for part in snapshot.parts(IMAGES)}
    found = [(part, images_of.get(part.slice)) for part in snapshot.parts(contract)]
    return [LivePart(part, images if images.revision else None) for part, images in found if images]


def digest(snapshot: Snapshot, *contracts: Contract) -> str:
    """Identity of the live content of some tables."""
    is_revised = any(part.revision for part in snapshot.parts(IMAGES))
    return snapshot.digest(*contracts, *([IMAGES] if is_revised else []))


def read_rows(volume: Storage, live: LivePart, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The live rows of a part, in its order; errors as `tables.read_table`."""
    if live.images is None:
        return parts.read_rows(volume, live.part, columns)
    copied = [name for name in COPIED if live.part.table == LABELS.name and (columns is None or name in columns)]
    images = {row["image_id"]: row for row in parts.read_rows(volume, live.images, ["image_id", *copied])}
    needed = ["image_id", *(["tags_by_hand"] if "tags" in copied else [])]
    asked = None if columns is None else list(dict.fromkeys([*columns, *needed]))
    rows = parts.read_rows(volume, live.part, asked)
    return list(_overlaid(rows, images, columns))


def _overlaid(
    rows: Sequence[dict[str, Any]], images: dict[str, dict[str, Any]], columns: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["image_id"] in images:
            current = {**row, **images[row["image_id"]]}
            if "tags_by_hand" in row:
                current["tags"] = merged_tags(current["tags"], row["tags_by_hand"])
            yield current if columns is None else {name: current[name] for name in columns}


def merged_tags(source_tags: Iterable[str], by_hand: Iterable[Mapping[str, Any]]) -> list[str]:
    """The tags of a picture: those of its source without what people took out, then what they added, by name.

    Args:
        by_hand: dictionaries with the fields `tag` and `is_removed` of HAND_TAG.
    """
    said = {one["tag"]: bool(one["is_removed"]) for one in by_hand}
    kept = [tag for tag in source_tags if not said.get(tag, False)]
    return kept + sorted(tag for tag, is_removed in said.items() if not is_removed and tag not in kept)
