"""A folder as a source: its pictures and those of its subfolders, in an order that is always the same."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from acquisition.sources.entries import Entry, Origin, bad_entry, file_entry
from shared.storage import locations

SOURCE = "folder"

#: Files that are plainly no pictures. Whatever else is no picture fails when it is opened, and says so.
OTHER_KINDS = """
    .txt .md .rst .log .csv .tsv .json .jsonl .ndjson .xml .html .htm .css .js .ts .py .ipynb .sh .c .h .cpp .java .r
    .yaml .yml .toml .ini .cfg .conf .db .sqlite .sqlite3 .duckdb .parquet .npy .npz .pkl .h5 .onnx .mat
    .pdf .doc .docx .odt .rtf .xls .xlsx .ods .ppt .pptx .odp .tex .epub .eml
    .zip .tar .gz .tgz .bz2 .xz .zst .7z .rar .iso .dmg .exe .dll .so .dylib .jar .whl .apk .deb .rpm
    .mp3 .m4a .aac .wav .flac .ogg .opus .wma .mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .mts .m2ts .wmv .3gp .flv
    .xmp .aae .thm .lrcat .lrprev .lnk .url .bak .part .crdownload .tmp .torrent .ttf .otf .woff .woff2
"""
OTHER_SUFFIXES = frozenset(OTHER_KINDS.split())
PICTURE_KINDS = ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .avif .heic .heif .dng .cr2 .nef .arw"
OTHER_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})


def folder_entries(root: Path, volume: Path) -> Iterator[Entry]:
    """An entry for each file that may be a picture; links are followed, each folder is visited once, the volume never.

    Memory grows with the largest single folder, not with the collection. A folder that cannot be listed is an entry
    that fails.
    """
    pending = [root.resolve()]
    visited: set[tuple[int, int]] = set()
    if volume.exists():
        _is_first_visit(volume, visited)
    while pending:
        folder = pending.pop()
        try:
            if not _is_first_visit(folder, visited):
                continue
            files, folders = _list_folder(folder)
        except OSError as error:
            yield bad_entry(
                SOURCE, locations.encode(folder), "unreadable", f"the folder cannot be listed: {error.strerror}"
            )
            continue
        origin = Origin(tags=[locations.filename(locations.encode(folder))])
        yield from (file_entry(SOURCE, folder / name, origin) for name in files)
        pending += [folder / name for name in reversed(folders)]


def _is_first_visit(folder: Path, visited: set[tuple[int, int]]) -> bool:
    """Whether no other path led to this folder; links can form loops."""
    status = folder.stat()
    key = status.st_dev, status.st_ino
    is_first = key not in visited
    visited.add(key)
    return is_first


def _list_folder(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the files and of the subfolders that matter, sorted by their bytes."""
    files, folders = [], []
    with os.scandir(folder) as found:
        for one in found:
            if one.name.startswith("."):  # .DS_Store, ._IMG_1.jpg, .git
                continue
            if _is_folder(one):
                folders.append(one.name)
            elif may_be_picture(one.name):
                files.append(one.name)
    return sorted(files, key=os.fsencode), sorted(folders, key=os.fsencode)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def may_be_picture(name: str) -> bool:
    """Whether a file's name leaves open that it is a picture."""
    lower = name.lower()
    return lower not in OTHER_NAMES and PurePath(lower).suffix not in OTHER_SUFFIXES


def is_named_as_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture."""
    return PurePath(name.lower()).suffix in PICTURE_KINDS.split()
