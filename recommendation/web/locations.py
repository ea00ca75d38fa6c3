"""Paths of the host, which answers over HTTP leave out unless the settings include them."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from recommendation.search.answer import Answer
from shared.storage import locations

#: The folders of an absolute path, up to its last slash.
FOLDERS = re.compile(r"(?<![\w.~:/-])/(?:[^\s/'\",;()]+/)+")
WEB = re.compile(r"https?://", re.IGNORECASE)

Metadata = TypeVar("Metadata", bound=Mapping[str, Any])


def hide_folders(answer: Answer) -> Answer:
    """An answer whose locations are file names."""
    results = {name: [hide_folder(item) for item in items] for name, items in answer["results"].items()}
    return {**answer, "results": results}


def hide_folder(metadata: Metadata) -> Metadata:
    """A picture's metadata with a file name for a location; addresses on the web stay."""
    location = metadata["location"]
    shown = location if WEB.match(location) else locations.filename(location)
    return {**metadata, "location": shown}  # type: ignore[return-value] # the same keys


def hide_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """All that is known of a picture with file names for locations."""
    lists = {name: [hide_folder(one) for one in details[name]] for name in ("locations", "copies")}
    return {**hide_folder(details), **lists}


def hide_paths(message: str, volume: str) -> str:
    """A message whose paths start at the volume, or are file names alone."""
    return FOLDERS.sub("", message.replace(f"{volume.rstrip('/')}/", "").replace(volume, "the volume"))
