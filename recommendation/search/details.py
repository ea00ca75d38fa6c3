"""Everything that the volume holds about one picture: metadata, palette, camera, categories, places, near-copies."""

from typing import Any

from recommendation.search.engine import Engine
from recommendation.search.ranking.query import COPIES, COPY_SCORE
from recommendation.search.request import Options
from recommendation.search.stored_rows import StoredRows
from shared import tables
from shared.storage import Storage
from shared.tables.contracts import CATEGORIES, IMAGES, LABELS, LOCATIONS, Contract

IMAGE_COLUMNS = ("size_bytes", "mode", "exif", "rating")
LABEL_COLUMNS = ("palette", "palette_shares", "color_names", "contrast", "sharpness")
LOCATION_COLUMNS = (
    *("image_id", "location", "filename", "source", "license", "author", "title", "source_url"),
    *("license_id", "license_url", "author_url", "attribution"),
)
CATEGORY_COLUMNS = ("image_id", "category", "probability")
MOST_COPIES = 24


class Details:
    """Reads what is known of a picture; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._images = StoredRows(volume, IMAGES, IMAGE_COLUMNS)
        self._labels = StoredRows(volume, LABELS, LABEL_COLUMNS)

    def read(self, engine: Engine, image_id: str) -> dict[str, Any]:
        """All that is known; errors as `StoredRows.read`."""
        metadata = engine.metadata(image_id)
        image, label = self._images.read(engine, image_id), self._labels.read(engine, image_id)
        exif = {name: value for name, value in (image.pop("exif") or {}).items() if value is not None}
        return {
            **metadata,
            **image,
            "exif": exif,
            "palette": palette_of(label),
            "contrast": label["contrast"],
            "sharpness": label["sharpness"],
            "categories": self._rows_of(CATEGORIES, metadata, CATEGORY_COLUMNS),
            "locations": self._rows_of(LOCATIONS, metadata, LOCATION_COLUMNS),
            "copies": copies_of(engine, image_id),
        }

    def _rows_of(self, contract: Contract, metadata: dict[str, Any], columns: tuple[str, ...]) -> list[dict[str, Any]]:
        """The rows of a table that are about a picture, without its id."""
        found: list[dict[str, Any]] = []
        for part in tables.open_snapshot(self._volume).parts(contract):
            if part.slice != metadata["slice"]:
                continue
            rows = tables.iterate_rows(self._volume, part, columns)
            found += [row for row in rows if row.pop("image_id") == metadata["image_id"]]
        return found


def palette_of(label: dict[str, Any]) -> list[dict[str, Any]]:
    """The predominant colours of a row of LABELS, largest share first."""
    colors = zip(label["palette"], label["palette_shares"], label["color_names"], strict=True)
    return [{"rgb": list(rgb), "share": round(share, 4), "name": name} for rgb, share, name in colors]


def copies_of(engine: Engine, image_id: str) -> list[dict[str, Any]]:
    """Pictures that are copies or near-copies of a stored one, as answers show them."""
    options = Options(top_k=MOST_COPIES, measure=(COPIES,), min_score=(f"{COPIES}={COPY_SCORE}",))
    return [dict(one) for one in engine.search([engine.features_of(image_id)], options)[COPIES]]
