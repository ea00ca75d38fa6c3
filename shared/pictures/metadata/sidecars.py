"""Sidecars: files beside a picture that describe it."""

import json
import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean, join_tags, merge
from shared.pictures.metadata.xmp import xmp_description
from shared.storage.regular import read_regular

LARGEST_BYTES = 4 << 20
#: Google Takeout shortens names of sidecars to this many characters, the ending .json not counted.
TAKEOUT_NAME_LENGTH = 46
ENDINGS = (".xmp", ".json")


def read_sidecars(path: Path) -> Description:
    """What the sidecars of a picture's file say; nothing of those that are not there, cannot be read or are huge."""
    try:
        there = names_in(path.parent, path.parent.stat().st_mtime_ns)
    except OSError:
        return NO_DESCRIPTION
    found = (path.with_name(name) for name in sidecar_names(path.name) if name in there) if there else ()
    return merge([sidecar_description(one.name, read_start(one)) for one in found]) if found else NO_DESCRIPTION


@lru_cache(maxsize=8)
def names_in(folder: Path, _modified_ns: int) -> frozenset[str]:
    """Names in a folder that sidecars may have."""
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries if entry.name.lower().endswith(ENDINGS))


def read_start(path: Path) -> bytes:
    """The first bytes of a regular file, one more than any sidecar may have; nothing of one that cannot be read."""
    return read_regular(path, LARGEST_BYTES + 1) or b""


def sidecar_names(name: str) -> list[str]:
    """Names that a sidecar of a picture may have, the most likely first."""
    stem = PurePath(name).stem
    xmp = [f"{name}.xmp", f"{stem}.xmp", f"{name}.XMP", f"{stem}.XMP"]
    supplemental = f"{name}.supplemental-metadata"[:TAKEOUT_NAME_LENGTH]
    json_names = [f"{name}.json", f"{name}.supplemental-metadata.json", f"{supplemental}.json"]
    json_names += [f"{name[:TAKEOUT_NAME_LENGTH]}.json", f"{stem}.json"]
    return list(dict.fromkeys([*xmp, *json_names]))


def sidecar_description(name: str, data: bytes) -> Description:
    """What a sidecar says; nothing of one that is broken or of another kind."""
    if len(data) > LARGEST_BYTES:
        return NO_DESCRIPTION
    return xmp_description(data) if name.lower().endswith(".xmp") else json_description(data)


def json_description(data: bytes) -> Description:
    """What a sidecar of Google Takeout or img2dataset says."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return NO_DESCRIPTION
    if not isinstance(content, dict):
        return NO_DESCRIPTION
    return download_description(content) if "key" in content and "status" in content else takeout_description(content)


def download_description(content: dict[str, Any]) -> Description:
    """What img2dataset wrote about a picture: its address, caption, and columns of the list that it was given.

    Source: https://github.com/rom1504/img2dataset, README, "Output format".
    """
    tags = content.get("tags") or content.get("keywords") or []
    return NO_DESCRIPTION._replace(
        source_url=clean(content.get("url")),
        title=clean(content.get("caption")),
        author=clean(content.get("author")),
        license=clean(content.get("license") or content.get("LICENSE")),
        tags=join_tags(tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []),
    )


def takeout_description(content: dict[str, Any]) -> Description:
    """What the JSON of a Google Takeout says: description, page and date; never the place."""
    if not isinstance(content.get("photoTakenTime"), dict):
        return NO_DESCRIPTION
    url = clean(content.get("url"))
    return NO_DESCRIPTION._replace(
        title=clean(content.get("description")) or clean(content.get("title")),
        source_url=url if url.startswith("https://") else "",
        date_taken=to_iso(content["photoTakenTime"].get("timestamp")),
    )


def to_iso(timestamp: Any) -> str:
    """ISO 8601 of seconds since 1970; empty for nonsense."""
    try:
        return datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
