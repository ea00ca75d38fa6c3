"""Files of a local file system: how the kinds of source that list paths read one."""

import os
from pathlib import Path

from acquisition.sources.entries import Entry, file_state
from acquisition.sources.source import FetchedFile
from shared.errors import BadInputError
from shared.storage import locations
from shared.storage.regular import open_regular


def fetch_file(entry: Entry, max_bytes: int) -> FetchedFile:
    """The file of an entry; errors as `read_file`."""
    return read_file(locations.decode(entry["location"]), max_bytes)


def read_file(path: Path, max_bytes: int) -> FetchedFile:
    """A regular file's bytes; never waits for a pipe or a device.

    Raises:
        BadInputError: vanished, unreadable, or too_many_bytes before any is read.
    """
    try:
        file = open_regular(path)
        if file is None:
            raise BadInputError("unreadable", "expected a file, got a folder, pipe or device")
        with file:
            status = os.fstat(file.fileno())
            if status.st_size > max_bytes:
                raise BadInputError("too_many_bytes", f"expected at most {max_bytes} bytes, got {status.st_size}")
            return FetchedFile(file.read(max_bytes + 1), file_state(status))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadInputError("vanished", f"the file is not there: {error.strerror}") from error
    except OSError as error:
        raise BadInputError("unreadable", f"the file cannot be read: {error.strerror}") from error
