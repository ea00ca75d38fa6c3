"""Files of the inbox: which are requests, what their answers are called, and how they move without being overwritten."""

import os
import stat
from pathlib import Path

from shared.storage.files import digest

UNFINISHED = (
    ".tmp",
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    "~",
)  # programs name a file so while they write it
SYSTEM_FILES = ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r")
SYSTEM_PREFIXES = (".", "~$")
PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
    *(".heic", ".heif", ".jxl", ".jp2", ".tga", ".ppm", ".pgm", ".ico", ".psd", ".dng", ".nef", ".cr2", ".arw"),
)
REQUEST = ".json"
LONGEST_NAME_BYTES = 180


def is_request(name: str) -> bool:
    """Whether a file's name is that of a request in JSON; other files are query pictures."""
    return name.lower().endswith(REQUEST)


def is_ignored(name: str) -> bool:
    """Whether a file is still being written, or was put there by the system."""
    lower = name.lower()
    return lower.startswith(SYSTEM_PREFIXES) or lower.endswith(UNFINISHED) or lower in SYSTEM_FILES


def waiting(folder: Path) -> dict[str, os.stat_result]:
    """Status of each regular file directly in a folder that may be a query, by name; links are left out."""
    found = {}
    for entry in os.scandir(folder):
        if is_ignored(entry.name):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:  # taken away
            continue
        if stat.S_ISREG(status.st_mode):
            found[entry.name] = status
    return found


def short_name(name: str) -> str:
    """The name itself, or a shorter one that is as unique: `.json` and a temporary ending must fit behind it."""
    if len(os.fsencode(name)) <= LONGEST_NAME_BYTES:
        return name
    stem = os.fsdecode(os.fsencode(name)[: LONGEST_NAME_BYTES // 2])
    return f"{stem}-{digest(name)[:16]}{Path(name).suffix[:8]}"


def answer_name(name: str) -> str:
    """Name of the answer to a file: a request keeps its own, a picture gets `.json` added.

    No two files share one: a request that is named like a picture's answer, and a picture that is not named like a
    picture, get one more `.json`.
    """
    if not is_request(name):
        return f"{name}{REQUEST}" if name.lower().endswith(PICTURES) else f"{name}{REQUEST}{REQUEST}"
    stem = name.lower().removesuffix(REQUEST)
    return f"{name}{REQUEST}" if stem.endswith((*PICTURES, REQUEST)) else name


def free_path(path: Path) -> Path:
    """The path itself, or with the first number that no file has yet: ``a.jpg``, ``a.1.jpg``, ``a.2.jpg``."""
    free, number = path, 0
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return free


def move_newest(path: Path, folder: Path) -> None:
    """Move a file into a folder under its own name; one that has the name there gets a numbered one."""
    target = folder / path.name
    if os.path.lexists(target):
        target.rename(free_path(target))
    path.rename(target)


def is_there(path: Path) -> bool:
    """Whether there is something at a path; False also for names that no file can have."""
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL
        return False
