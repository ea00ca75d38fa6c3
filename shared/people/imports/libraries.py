"""Readers of photo libraries' favourites: Google Takeout, Flickr, Immich, PhotoPrism, XMP sidecars. One person each."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.errors import UsageError
from shared.people.imports.opinions import Opinion

YAML_FAVORITE = re.compile(r"^Favorite:\s*true\s*$", re.MULTILINE)
YAML_NAME = re.compile(r"^OriginalName:\s*['\"]?(.+?)['\"]?\s*$", re.MULTILINE)
XMP_RATING = re.compile(r"xmp:Rating(?:=[\"']|>)\s*(-?\d+)")
XMP_LIKE, XMP_DISLIKES = 4, (-1, 1)  # -1 is "rejected"


def read_takeout(folder: Path) -> Iterator[Opinion]:
    """Favourites of a Google Photos Takeout: sidecars with ``"favorited": true`` name their picture in ``title``."""
    for path in _files(folder, "*.json"):
        sidecar = _json(path)
        if isinstance(sidecar, dict) and sidecar.get("favorited") is True and sidecar.get("title"):
            yield Opinion("", str(sidecar["title"]), 1)


def read_flickr(path: Path) -> Iterator[Opinion]:
    """Favourites of Flickr: ``faves`` of the account's data, or photos as ``flickr.favorites.getPublicList`` answers."""
    for file in _files(path, "*.json"):
        content = _json(file)
        content = content if isinstance(content, dict) else {}
        photos = content.get("faves") or content.get("photos", {}).get("photo", [])
        for photo in photos if isinstance(photos, list) else []:
            names = ("photo_url", "url_o", "url_l", "url", "photo_id", "id")
            yield Opinion("", next((str(photo[name]) for name in names if photo.get(name)), ""), 1)


def read_immich(path: Path) -> Iterator[Opinion]:
    """Favourites of Immich: assets as its API answers, ``isFavorite`` true; in a list or below ``assets.items``."""
    for file in _files(path, "*.json"):
        content = _json(file)
        assets = content if isinstance(content, list) else (content or {}).get("assets", {}).get("items", [])
        for asset in assets:
            if isinstance(asset, dict) and asset.get("isFavorite") is True:
                yield Opinion("", str(asset.get("originalFileName") or asset.get("originalPath") or ""), 1)


def read_photoprism(folder: Path) -> Iterator[Opinion]:
    """Favourites of PhotoPrism: YAML sidecars with ``Favorite: true``; named as their picture, or ``OriginalName``."""
    for path in _files(folder, "*.yml"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if YAML_FAVORITE.search(text):
            named = YAML_NAME.search(text)
            yield Opinion("", Path(named[1]).name if named else path.stem, 1)


def read_xmp(folder: Path) -> Iterator[Opinion]:
    """Ratings of XMP sidecars: 4 and 5 stars like, 1 star and rejected dislike, 2 and 3 neutral, 0 is not rated."""
    for path in _files(folder, "*.xmp"):
        found = XMP_RATING.search(path.read_text(encoding="utf-8", errors="replace"))
        stars = int(found[1]) if found else 0
        if stars:
            yield Opinion("", path.stem, 1 if stars >= XMP_LIKE else -1 if stars in XMP_DISLIKES else 0)


def _files(path: Path, pattern: str) -> Iterator[Path]:
    if not path.exists():
        raise UsageError(f"expected a file or folder, got {path}, which is not there")
    yield from sorted(path.rglob(pattern)) if path.is_dir() else [path]


def _json(path: Path) -> Any:
    """The content of a JSON file; None where it is not JSON: folders hold other files, too."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
