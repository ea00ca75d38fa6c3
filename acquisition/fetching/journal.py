"""The journal of one source: its candidates, outcomes and cursor until they are published, and what hosts asked for.

fetching/<source>/cursor.json               where the listing stands; replaced after each page
fetching/<source>/candidates/<page>.parquet
fetching/<source>/outcomes/<batch>.parquet
fetching/<source>/progress/<task>           for display only
fetching/hosts/<host>.json                  when a host was asked, and until when it is to be left alone
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import FETCHING
from shared.tables import parquet
from shared.tables.contracts import CANDIDATES, OUTCOMES

CURSOR, CANDIDATES_FOLDER, OUTCOMES_FOLDER, PROGRESS = "cursor.json", "candidates", "outcomes", "progress"

Row = dict[str, Any]


class ListingState(NamedTuple):
    """Where a listing stands.

    Args:
        cursor: what the next page is asked for with; None before the first.
        pages: how many are stored.
        is_complete: the last page was listed.
        accepted: pictures that are to be asked for, of all pages.
        refused: reason -> how many the listing itself left out.
        total: as the service states it, -1 if it does not.
        overlap: pictures of `accepted` that the next page has again, for the limit was in the middle of it.
    """

    cursor: str | None = None
    pages: int = 0
    is_complete: bool = False
    accepted: int = 0
    refused: Mapping[str, int] = {}
    total: int = -1
    overlap: int = 0


class Journal(NamedTuple):
    """Where the journal of a source is; tasks get a copy."""

    folder: Storage
    hosts: Storage

    @classmethod
    def of(cls, volume: Storage, source_id: str) -> Self:
        """The journal of a source."""
        return cls(volume.folder(f"{FETCHING}/{digest(source_id)[:16]}"), volume.folder(f"{FETCHING}/hosts"))

    def state(self) -> ListingState:
        """Where the listing stands; at the start for one that never began."""
        return ListingState(**content) if (content := _read_json(self.folder, CURSOR)) else ListingState()

    def add_page(self, rows: Sequence[Row], state: ListingState) -> ListingState:
        """Store a page, then the state after it; a page that is stored twice is the same page."""
        if rows:
            self.folder.put(_page_key(state.pages), parquet.encode(CANDIDATES, rows).finish())
        after = state._replace(pages=state.pages + 1)
        self.set_state(after)
        return after

    def set_state(self, state: ListingState) -> None:
        """Store where the listing stands."""
        self.folder.put(CURSOR, to_json(state._asdict()))

    def candidate_keys(self) -> list[str]:
        """The pages that were stored whole."""
        pages = self.state().pages
        return [one.key for one in self.folder.list(CANDIDATES_FOLDER) if one.key < _page_key(pages)]

    def outcome_keys(self) -> list[str]:
        """The batches of outcomes."""
        return [one.key for one in self.folder.list(OUTCOMES_FOLDER)]

    def read(self, key: str) -> list[Row]:
        """The rows of a page or batch.

        Raises:
            CannotProceedError: it is damaged.
        """
        try:
            return list(parquet.decode(self.folder.read(key)).to_pylist())
        except (parquet.DamagedError, OSError) as error:
            where = self.folder.locate(key)
            raise CannotProceedError(
                f"{where} cannot be read ({error}); delete it and run the same command again"
            ) from error

    def add_outcomes(self, rows: Iterable[Row]) -> None:
        """Store outcomes, durable when this returns."""
        self.folder.put(f"{OUTCOMES_FOLDER}/{uuid.uuid4().hex}.parquet", parquet.encode(OUTCOMES, rows).finish())

    def is_empty(self) -> bool:
        """Whether there is nothing to publish."""
        return not (self.outcome_keys() or self.candidate_keys())

    def clear(self, state: ListingState) -> None:
        """Forget what is published now; the listing's state stays, with its pages counted from zero."""
        self.set_state(state._replace(pages=0))
        for folder in (CANDIDATES_FOLDER, OUTCOMES_FOLDER, PROGRESS):
            self.folder.delete_folder(folder)

    def report(self, counts: Mapping[str, Mapping[str, int]], waiting: Mapping[str, str], task: str) -> None:
        """Show how far a task is."""
        content = {host: [dict(found), waiting.get(host, "")] for host, found in counts.items()}
        content |= {host: [{}, reason] for host, reason in waiting.items() if reason and host not in content}
        self.folder.put(f"{PROGRESS}/{task}", to_json(content))

    def reports(self) -> dict[str, tuple[dict[str, int], str]]:
        """How far running tasks are: host -> outcomes, and why it is waited for."""
        found = [_read_json(self.folder, one.key) for one in self.folder.list(PROGRESS)]
        return {host: (counts, reason) for one in found for host, (counts, reason) in one.items()}

    def note_times(self, host: str, times: Sequence[float]) -> None:
        """Note when a host was asked."""
        self._note(host, {"times": list(times)})

    def hold(self, held: Mapping[str, float]) -> None:
        """Note until when hosts are to be left alone."""
        for host, until in held.items():
            self._note(host, {"until": until})

    def _note(self, host: str, values: Mapping[str, Any]) -> None:
        key = f"{digest(host)[:16]}.json"
        self.hosts.put(key, to_json({"host": host, "times": [], "until": 0.0, **_read_json(self.hosts, key), **values}))

    def host_times(self) -> dict[str, list[float]]:
        """When hosts were asked for listings."""
        return {one["host"]: one["times"] for one in self._notes() if one["times"]}

    def held_until(self) -> dict[str, float]:
        """Until when hosts are to be left alone; those whose time is over are left out."""
        return {one["host"]: one["until"] for one in self._notes() if one["until"] > time.time()}

    def _notes(self) -> list[dict[str, Any]]:
        return [content for one in self.hosts.list("") if (content := _read_json(self.hosts, one.key))]


def _page_key(number: int) -> str:
    return f"{CANDIDATES_FOLDER}/{number:08d}.parquet"


def _read_json(folder: Storage, key: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(folder.read(key))
    except (FileNotFoundError, ValueError):
        return {}
    return content
