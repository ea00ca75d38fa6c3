"""List a source to its end."""

from collections import Counter
from typing import NamedTuple

from acquisition.sources.web.protocol import Candidate, Listing


class Listed(NamedTuple):
    """Everything that a listing gave."""

    candidates: list[Candidate]
    refused: dict[str, int]
    total: int | None
    pages: int

    @property
    def records(self) -> list[str]:
        return [one.record for one in self.candidates]


def list_all(listing: Listing, most_pages: int = 1_000) -> Listed:
    """Follow the cursors to the end."""
    found, refused, cursor, total = list[Candidate](), Counter[str](), None, None
    for number in range(1, most_pages + 1):
        page = listing.list(cursor)
        found += page.candidates
        refused.update(page.refused)
        total = page.total if page.total is not None else total
        cursor = page.cursor
        if cursor is None:
            return Listed(found, dict(refused), total, number)
    raise AssertionError(f"more than {most_pages} pages")
