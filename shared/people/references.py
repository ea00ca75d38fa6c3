"""References: what people call a picture (image_id, path, URL, file name, name without extension) and which picture that is."""

from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import NamedTuple

from shared import tables
from shared.errors import UsageError
from shared.storage import Storage
from shared.tables import Snapshot
from shared.tables.contracts import IMAGES, LOCATIONS

IMAGE_COLUMNS = ("image_id", "location", "source_url", "filename")
LOCATION_COLUMNS = ("image_id", "location", "filename")
SHOWN = 10  # unknown references in a message


class Resolved(NamedTuple):
    """What references mean.

    Args:
        ids: image_id of each reference that means one picture.
        ambiguous: references that are the name of several pictures.
    """

    ids: dict[str, str]
    ambiguous: frozenset[str]


def resolve(volume: Storage, snapshot: Snapshot, references: Collection[str]) -> Resolved:
    """Find pictures; of the ways to read a reference the most exact one that finds any counts: id, path, URL, name, stem.

    Memory grows with the references, not with the collection.
    """
    wanted = set(references)
    found: dict[str, dict[int, set[str]]] = {}
    for image_id, names in _names(volume, snapshot):
        for exactness, name in enumerate(names):
            if name in wanted:
                found.setdefault(name, {}).setdefault(exactness, set()).add(image_id)
    best = {name: kinds[min(kinds)] for name, kinds in found.items()}
    ids = {name: next(iter(pictures)) for name, pictures in best.items() if len(pictures) == 1}
    return Resolved(ids, frozenset(best.keys() - ids.keys()))


def _names(volume: Storage, snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of every picture all it can be called, most exact first: id, path, URL, file name, stem."""
    alive: set[str] = set()
    for part in snapshot.parts(IMAGES):
        columns = tables.read_columns(volume, part, IMAGE_COLUMNS)
        alive.update(columns["image_id"])
        for image_id, location, url, filename in zip(*(columns[name] for name in IMAGE_COLUMNS), strict=True):
            yield image_id, (image_id, location, url, filename, PurePath(filename).stem)
    for part in snapshot.parts(LOCATIONS):
        columns = tables.read_columns(volume, part, LOCATION_COLUMNS)
        for image_id, location, filename in zip(*(columns[name] for name in LOCATION_COLUMNS), strict=True):
            if image_id in alive:
                yield image_id, (image_id, location, "", filename, PurePath(filename).stem)


def picture_ids(volume: Storage, references: Collection[str]) -> dict[str, str]:
    """The image_id of each reference.

    Raises:
        UsageError: one means no picture of the collection, or several; the message names it.
    """
    if not references:
        return {}
    resolved = resolve(volume, tables.open_snapshot(volume), references)
    unknown = [one for one in references if one not in resolved.ids]
    if unknown:
        what = (
            "the name of one picture, not of several: use its path or id"
            if unknown[0] in resolved.ambiguous
            else ("the id, path, URL or file name of a picture in the collection")
        )
        raise UsageError(
            f"picture: expected {what}; got {unknown[0]!r}" + (f" and {len(unknown) - 1} more" if unknown[1:] else "")
        )
    return resolved.ids
