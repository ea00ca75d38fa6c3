"""Sidecars: files beside a picture that describe it."""

import json
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean
from shared.pictures.metadata.xmp import xmp_description

LARGEST_BYTES = 4 << 20
#: Google Takeout shortens names of sidecars to this many characters, the ending .json not counted.
TAKEOUT_NAME_LENGTH = 46
TAKEOUT_ENDINGS = (".json", ".supplemental-metadata.json")


def sidecar_names(name: str) -> list[str]:
    """Names that a sidecar of a picture may have, the most likely first."""
    stem = PurePath(name).stem
    xmp = [f"{name}.xmp", f"{stem}.xmp", f"{name}.XMP", f"{stem}.XMP"]
    supplemental = f"{name}.supplemental-metadata"[:TAKEOUT_NAME_LENGTH]
    json_names = [f"{name}.json", f"{name}.supplemental-metadata.json", f"{supplemental}.json"]
    json_names.append(f"{name[:TAKEOUT_NAME_LENGTH]}.json")
    return list(dict.fromkeys([*xmp, *json_names]))


def sidecar_description(name: str, data: bytes) -> Description:
    """What a sidecar says; nothing of one that is broken or of another kind."""
    if len(data) > LARGEST_BYTES:
        return NO_DESCRIPTION
    return xmp_description(data) if name.lower().endswith(".xmp") else takeout_description(data)


def takeout_description(data: bytes) -> Description:
    """What the JSON of a Google Takeout says: description, page and date; never the place."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return NO_DESCRIPTION
    if not isinstance(content, dict) or not isinstance(content.get("photoTakenTime"), dict):
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
