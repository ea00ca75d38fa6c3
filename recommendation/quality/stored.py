"""The last evaluations on the volume, for the report: reports/evaluation.json and reports/evaluation_people.json."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from shared.storage import Storage
from shared.storage.files import to_json
from shared.storage.volume import REPORTS

log = logging.getLogger(__name__)

SEARCH, PEOPLE = f"{REPORTS}/evaluation.json", f"{REPORTS}/evaluation_people.json"


def keep(volume: Storage, key: str, generation: str, found: Mapping[str, Any]) -> None:
    """Store what was measured of an index generation; a volume that cannot be written costs a line in the log."""
    try:
        volume.put(key, to_json({"generation": generation, **found}))
    except OSError as error:
        log.warning("%s is not stored: %s", key, error)


def read(volume: Storage, key: str, generation: str) -> Mapping[str, Any] | None:
    """What `keep` stored of a generation; None without it."""
    try:
        found = json.loads(volume.read(key))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("generation") == generation else None
