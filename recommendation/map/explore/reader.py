"""Answers for the page at /map, from the files of the map alone: no index is needed."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation.map.explore import files
from shared.people.events import LIKE
from shared.people.store import PeopleStore
from shared.storage import Storage

ID_BYTES = 16
#: Rows of an answer, at most; those of the lowest numbers represent the largest areas.
MOST_ROWS = 50_000


class Explorer:
    """One map; its files may be replaced by another's meanwhile, then it is opened again.

    Raises:
        FileNotFoundError: there is no map.
    """

    def __init__(self, volume: Storage) -> None:
        document = files.read_document(volume)
        if document is None:
            raise FileNotFoundError(volume.locate(files.DOCUMENT))
        self.document, self._volume = document, volume
        self.content: str = document["content"]
        ids = np.fromfile(self._path(document["ids"]), np.uint8)
        self._ids: NDArray[np.void] = ids.view(f"V{ID_BYTES}")
        self._by_id = np.argsort(ids.view(f"S{ID_BYTES}"), kind="stable")
        self._names = volume.read(f"{files.FOLDER}/{document['names']}")
        self._starts = np.append(0, np.flatnonzero(np.frombuffer(self._names, np.uint8) == ord("\n")) + 1)
        self._folded: bytes | None = None
        values = json.loads(volume.read(f"{files.FOLDER}/{document['values']}"))
        self._values = {(kind, text): (count, start) for kind, text, count, start in values["values"]}
        self._data: str = values["data"]

    def _path(self, name: str) -> Any:
        return self._volume.local_path(f"{files.FOLDER}/{name}")

    @property
    def count(self) -> int:
        """Pictures on the map."""
        return len(self._ids)

    def picture(self, row: int) -> dict[str, Any]:
        """The id and the file name of a row."""
        name = self._names[self._starts[row] : self._starts[row + 1] - 1]
        return {"row": row, "image_id": self._ids[row].tobytes().hex(), "filename": name.decode("utf-8", "replace")}

    def rows_of_ids(self, image_ids: Iterable[str]) -> list[int]:
        """The row of each picture; -1 for one that is not on the map."""
        return [self._row(image_id) for image_id in image_ids]

    def _row(self, image_id: str) -> int:
        try:
            wanted = bytes.fromhex(image_id)
        except ValueError:
            return -1
        keys = self._ids.view(f"S{ID_BYTES}")
        place = int(np.searchsorted(keys, np.array(wanted, keys.dtype), sorter=self._by_id))
        row = int(self._by_id[place]) if place < len(keys) else -1
        return row if row >= 0 and self._ids[row].tobytes() == wanted else -1

    def rows_of_name(self, text: str) -> list[int]:
        """Pictures whose file name contains a text, without regard to case."""
        if self._folded is None:
            self._folded = self._names.lower()
        wanted, found, start = text.encode("utf-8", "replace").lower(), list[int](), 0
        while wanted and b"\n" not in wanted and len(found) < MOST_ROWS:
            place = self._folded.find(wanted, start)
            if place < 0:
                break
            found.append(int(np.searchsorted(self._starts, place, "right")) - 1)
            start = int(self._starts[found[-1] + 1])
        return found

    def rows_of_value(self, kind: str, text: str) -> list[int] | None:
        """Pictures with a tag, category or colour; None where there is no such."""
        found = self._values.get((kind, text))
        if found is None:
            return None
        count, start = found
        with self._volume.open(f"{files.FOLDER}/{self._data}") as file:
            file.seek(4 * start)
            rows: list[int] = np.frombuffer(file.read(4 * min(count, MOST_ROWS)), np.uint32).tolist()
        return rows

    def rows_of_user(self, user_id: str) -> list[int]:
        """Pictures that a person likes."""
        events = PeopleStore(self._volume).events(user_id)
        liked = [one.image_id for one in events if (one.value or 0) >= LIKE]
        return sorted(row for row in self.rows_of_ids(liked) if row >= 0)

    def values(self, most: int) -> Sequence[tuple[str, str, int]]:
        """What can be found: kind, text and number of pictures, of most pictures first."""
        return [(kind, text, count) for (kind, text), (count, _) in list(self._values.items())[:most]]
