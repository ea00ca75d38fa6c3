"""Whether parts are on the volume, with the size that they were written with: found by listing, not by reading."""

from collections.abc import Iterable

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.volume import TABLES
from shared.tables.parts import Part, remedy


def is_there(volume: Storage, part: Part) -> bool:
    """Whether one part's object exists and has its size."""
    found = volume.stat(part.key)
    return found is not None and found.size_bytes == part.size_bytes


def missing(volume: Storage, parts: Iterable[Part]) -> list[Part]:
    """Those of the parts that are not there or have another size, by one listing of each table."""
    wanted = list(parts)
    tables = sorted({part.table for part in wanted})
    sizes = {one.key: one.size_bytes for table in tables for one in volume.list(f"{TABLES}/{table}")}
    return [part for part in wanted if sizes.get(part.key) != part.size_bytes]


def check_all(volume: Storage, parts: Iterable[Part]) -> None:
    """Verify that every part is there.

    Raises:
        CannotProceedError: the message names the first that is not, counts all such, and says what to do.
    """
    lost = missing(volume, parts)
    if lost:
        key = lost[0].key
        what = "does not have the size that it was written with" if volume.stat(key) else "is missing"
        more = f" (one of {len(lost)} files that are missing or truncated)" if lost[1:] else ""
        raise CannotProceedError(f"{volume.locate(key)} {what}{more}; {remedy(lost[0], before='')}")
