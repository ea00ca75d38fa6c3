"""What was part of a table until it was replaced: kept for a while, for readers of the snapshot that named it.

tables/retired.json    key -> when it was replaced, s since 1970
"""

import json
import time
from collections.abc import Iterable

from shared.storage import Storage
from shared.storage.files import to_json
from shared.storage.volume import TABLES

RETIRED = f"{TABLES}/retired.json"
#: How long a replaced object stays, s. A query or a DuckDB statement that began before has ended by then.
GRACE_S = 3600


def add(volume: Storage, keys: Iterable[str]) -> None:
    """Note that these objects are replaced now."""
    added = sorted(keys)
    if added:
        now = int(time.time())
        volume.put(RETIRED, to_json({**recent(volume), **dict.fromkeys(added, now)}))


def recent(volume: Storage) -> dict[str, int]:
    """The replaced objects that are to stay for now; a note that is damaged or missing keeps none."""
    try:
        noted = json.loads(volume.read(RETIRED))
    except (FileNotFoundError, ValueError):
        return {}
    oldest = time.time() - GRACE_S
    return {key: moment for key, moment in noted.items() if moment > oldest}
