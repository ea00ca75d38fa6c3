"""What must not empty a collection: a source that is gone, a disk that is not mounted, a list that lost its lines."""

from acquisition.sources import registry, sample
from acquisition.sources.source import EMPTY, NO_FILTERS, Filters, Notes, Source
from acquisition.sources.web.registry import service_of
from shared import tables
from shared.errors import CannotProceedError, UsageError
from shared.storage import Storage, locations
from shared.tables.contracts import LOCATIONS

#: A run may remove this many pictures whatever their share of the source is.
REMOVABLE_PICTURES = 20
REMOVABLE_SHARE = 0.5

UNCHANGED = "Nothing was changed"
ALLOW = "to remove the pictures, run again with --allow-removal"


def check_source(volume: Storage, source: str, filters: Filters = NO_FILTERS, *, allowed: bool = False) -> None:
    """Do nothing if there is such a source and something in it; looks no further than the first entry.

    Args:
        allowed: an empty source that had pictures is wanted.

    Raises:
        UsageError: there is none of that name, or it is a file that is no list.
        CannotProceedError: it is empty, or it had pictures and is gone.
    """
    opened = open_source(volume, source, filters)
    is_made = source == sample.KIND or opened.web is not None  # by the run
    if not is_made and next(opened.entries(Notes()), None) is None:
        refuse_empty(volume, opened, allowed=allowed)


def open_source(volume: Storage, source: str, filters: Filters) -> Source:
    """The source that a setting names.

    Raises:
        UsageError: there is none of that name, and never was.
        CannotProceedError: there is none any more.
    """
    try:
        return registry.open_source(volume, source, filters)
    except UsageError:
        source_id = registry.id_of(source)
        if locations.decode(source_id).exists() or not has_pictures(volume, source_id):
            raise
        raise CannotProceedError(
            f"{source} is not there, and there are pictures of it; {mounted(source)}{UNCHANGED}. "
            f"To remove them, run `imagerec remove --source {source}`"
        ) from None


def refuse_empty(volume: Storage, source: Source, *, allowed: bool) -> None:
    """Refuse a source without entries, unless it had some and they are to go.

    Raises:
        CannotProceedError: as said.
    """
    if not has_pictures(volume, source.id):
        raise CannotProceedError(EMPTY.format(source.name))
    if not allowed:
        raise CannotProceedError(
            f"found no pictures in {source.name}, where there were some; {mounted(source.name)}{UNCHANGED}; {ALLOW}"
        )


def mounted(source: str) -> str:
    """The first question about a source that is gone; empty for one of the web."""
    return "" if service_of(source) else "is its disk mounted? "


def has_pictures(volume: Storage, source_id: str) -> bool:
    """Whether pictures of a source are stored, or of the same place before sources had an identity."""
    parts = tables.open_snapshot(volume).parts(LOCATIONS)
    return any(
        row["source_id"] == source_id or (not row["source_id"] and row["location"].startswith(f"{source_id}/"))
        for part in parts
        for row in tables.read_rows(volume, part, ["source_id", "location"])
    )


def refuse_loss(source: str, lost: int, before: int, after: int) -> None:
    """Refuse a run that would leave nothing of a source, or remove more than a stated number and share.

    Args:
        source: its name.
        lost: pictures that would be removed.
        before, after: pictures that the source has.

    Raises:
        CannotProceedError: as said.
    """
    if after == 0 or (lost > REMOVABLE_PICTURES and lost > before * REMOVABLE_SHARE):
        raise CannotProceedError(
            f"{lost} of {before} pictures of {source} are not there any more; {mounted(source)}{UNCHANGED}; {ALLOW}"
        )
