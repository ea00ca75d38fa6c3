"""Paths as lists write them: quoted, from the home folder, as file:// URIs, from Windows."""

import os
import re
from pathlib import Path, PureWindowsPath
from typing import Any

from shared.errors import BadInputError
from shared.storage import locations

URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
NUL = "expected a path, got one with a NUL character"
DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)


def absolute(base: Path, value: Any) -> Path:
    """The path that a list means: as it stands, or relative to the list's folder.

    Raises:
        BadInputError: it is no path on this machine.
    """
    if not isinstance(value, str | bytes) or not value:
        raise BadInputError("bad_entry", "expected a path, got none")
    text = os.fsdecode(value)
    if "\0" in text:
        raise BadInputError("bad_entry", NUL)
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise BadInputError("bad_entry", f"expected a path, got one with half a character: {text!a}") from error
    if URL.match(text):
        raise BadInputError("bad_entry", f"expected a path, got the URL {text}")
    if text.lower().startswith("file:/"):
        return from_uri(text)
    return from_text(base, text)


def from_uri(text: str) -> Path:
    """The path of a file URI, `file:///a%20b.jpg`, `file://localhost/a.jpg` or `file:/a.jpg`; errors as `absolute`."""
    rest = text[len("file:") :]
    if rest.startswith("//"):
        host, _, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            raise BadInputError("bad_entry", f"expected a file of this machine, got one of {host}")
        rest = f"/{path}"
    path_on_disk = locations.decode(locations.SCHEME + rest)
    if "\0" in str(path_on_disk):
        raise BadInputError("bad_entry", NUL)
    return windows_path(str(path_on_disk)[1:]) if DRIVE.match(str(path_on_disk)[1:]) else path_on_disk


def from_text(base: Path, text: str) -> Path:
    """The path of plain text; a name that is there as it is written comes first. Errors as `absolute`."""
    as_written = Path(os.path.normpath(base / text))
    if os.path.lexists(as_written):
        return as_written
    plain = unquoted(text)
    if DRIVE.match(plain) or plain.startswith("\\\\"):
        return windows_path(plain)
    if plain.startswith("~"):
        return Path(os.path.normpath(Path(plain).expanduser())) if is_home(plain) else as_written
    found = Path(os.path.normpath(base / plain))
    if "\\" in plain and not os.path.lexists(found):
        return Path(os.path.normpath(base / plain.replace("\\", "/")))
    return found


def is_home(text: str) -> bool:
    """Whether a path that starts with a tilde starts at somebody's home folder."""
    try:
        Path(text).expanduser()
    except RuntimeError:
        return False
    return True


def unquoted(text: str) -> str:
    """The text between quotes, or without the blanks around it."""
    bare = text.strip()
    is_quoted = len(bare) > 2 and bare[0] == bare[-1] and bare[0] in "\"'"
    return bare[1:-1] if is_quoted else bare


def windows_path(text: str) -> Path:
    r"""Where a path such as ``C:\Users\a.jpg`` is on this machine: below /mnt/c, as Windows' own Linux has it.

    Raises:
        BadInputError: it is not there.
    """
    windows = PureWindowsPath(text)
    drive = windows.drive.removesuffix(":").lower()
    path = Path("/mnt", drive, *windows.parts[1:]) if len(drive) == 1 else None
    if path is None or not os.path.lexists(path):
        raise BadInputError("bad_entry", f"expected a path on this machine, got the Windows path {text}")
    return path
