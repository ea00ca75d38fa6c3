"""Files and folders that are no pictures of the user: system folders, trash, leftovers of programs, other file kinds."""

import re
from pathlib import PurePath

from pathspec import PathSpec

from acquisition.sources.source import Filters
from shared.errors import UsageError

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
PICTURE_SUFFIXES = """
    .jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .avif .heic .heif .dng .cr2 .nef .arw
"""
PICTURE_KINDS = frozenset(PICTURE_SUFFIXES.split())
OTHER_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
#: Copies that programs leave beside a picture: editors' backups (a.jpg~, #a.jpg#), ExifTool's a.jpg_original.
LEFTOVERS = re.compile(r".*(~|_original)|~\$.*|#.*#", re.IGNORECASE | re.DOTALL)

#: Folders of systems, in lower case. Names that start with a dot are left out as well: .Trash-1000, .thumbnails, .git.
SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp"),  # network storage
        *("$recycle.bin", "recycler", "recycled", "system volume information"),  # Windows
        *("lost+found", "__macosx", "network trash folder", "temporary items"),  # Linux, macOS
    }
)


def is_system_folder(name: str) -> bool:
    """Whether a folder's name says that it holds no pictures of the user."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def is_hidden_file(name: str) -> bool:
    """Whether a file is hidden or a copy that a program left: .DS_Store, ._a.jpg, a.jpg~."""
    return name.startswith(".") or LEFTOVERS.fullmatch(name) is not None


def may_be_picture(name: str) -> bool:
    """Whether a file's name leaves open that it is a picture."""
    lower = name.lower()
    return lower not in OTHER_NAMES and PurePath(lower).suffix not in OTHER_SUFFIXES


def is_named_as_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture."""
    return PurePath(name.lower()).suffix in PICTURE_KINDS


class Patterns:
    """The user's patterns of files and folders to leave out or to list."""

    def __init__(self, filters: Filters) -> None:
        """Raises UsageError for a pattern that gitignore does not have."""
        try:
            lines = [*filters.exclude, *(f"!{pattern}" for pattern in filters.include)]
            self._spec = PathSpec.from_lines("gitignore", lines) if lines else None
        except ValueError as error:
            raise UsageError(f"--exclude, --include: expected gitignore patterns, got: {error}") from error

    def verdict(self, path: str) -> bool | None:
        """True: leave it out; False: list it; None: no pattern matches.

        Args:
            path: below the source, separated by slashes; ends with one for a folder.
        """
        return self._spec.check_file(path).include if self._spec else None
