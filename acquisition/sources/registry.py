"""Sources by name: what `--source` may be."""

from pathlib import Path

from acquisition.sources.folder import FOLDER
from acquisition.sources.ignored import is_named_as_picture
from acquisition.sources.lists import LIST
from acquisition.sources.sample import KIND as SAMPLE_NAME
from acquisition.sources.sample import SAMPLE
from acquisition.sources.source import NO_FILTERS, Filters, Source, SourceKind, path_id
from acquisition.sources.web.downloads import service_kind
from acquisition.sources.web.registry import SERVICES, service_of
from acquisition.sources.webdataset import SHARDS
from shared.errors import UsageError
from shared.storage import Storage

#: Every kind of source; the first that a name belongs to is taken.
SERVICE_KINDS = tuple(map(service_kind, SERVICES.values()))
KINDS: dict[str, SourceKind] = {kind.name: kind for kind in (SAMPLE, *SERVICE_KINDS, SHARDS, FOLDER, LIST)}


def open_source(volume: Storage, source: str, filters: Filters = NO_FILTERS) -> Source:
    """The source that a setting names.

    Raises:
        UsageError: there is none of that name.
    """
    for kind in KINDS.values():
        opened = kind.open(volume, source, filters)
        if opened is not None:
            return opened
    path = Path(source).expanduser()
    services = "".join(f", {name}:..." for name in SERVICES)
    raise UsageError(
        f"--source: expected a folder, a list of paths or addresses, sample{services}; got {source!r}, {what_it_is(path)}"
    )


def what_it_is(path: Path) -> str:
    """What a path is that is no source, and what to do."""
    if path.is_file():
        is_picture = is_named_as_picture(path.name)
        return "a picture by its name; give the folder it is in, or a list that names it" if is_picture else "no list"
    return "which is neither" if path.exists() else "which is not there"


def id_of(source: str) -> str:
    """The identity in the tables of a source that need not be there any more."""
    if (named := service_of(source)) is not None:
        return f"{named[0].name}:{named[1]}"
    return source if source == SAMPLE_NAME else path_id(Path(source).expanduser())
