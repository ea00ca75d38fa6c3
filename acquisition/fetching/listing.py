"""Listing a source of the web on the driver: a page at a time, each stored with its cursor before the next is asked for."""

import logging
from collections import Counter
from typing import Any, NamedTuple

from acquisition.fetching.journal import Journal, ListingState
from acquisition.fetching.plan import Wishes, refusal
from acquisition.sources.web.protocol import Candidate, CursorExpiredError, Listing, ListingError, Page, Service
from shared.licenses import find_license, license_by_id
from shared.licenses.table import UNKNOWN
from shared.pictures.metadata.described import MOST_TAGS, clean

log = logging.getLogger("acquisition")

#: A service that never says that a page is the last one sends nothing, or the same page, for so long.
MOST_EMPTY_PAGES = 20


class Listed(NamedTuple):
    """What a listing came to.

    Args:
        error: why it could not be finished.
    """

    state: ListingState
    error: ListingError | None = None


def list_candidates(journal: Journal, service: Service, listing: Listing, wishes: Wishes, limit: int) -> Listed:
    """Store the candidates of a source, up to a number of those that are to be asked for.

    A listing that was stopped goes on; one that was complete begins again, for there may be new pictures by now.

    Raises:
        UsageError: the query is wrong.
    """
    state = journal.state()
    is_over = not state.pages and (state.is_complete or wishes.is_refresh)
    if wishes.is_authoritative or is_over:
        state = ListingState()
        journal.set_state(state)
    empty_pages, records = 0, list[str]()
    while not state.is_complete and not (limit and state.accepted >= limit) and empty_pages < MOST_EMPTY_PAGES:
        try:
            page = listing.list(state.cursor)
        except CursorExpiredError:
            log.info("acquisition: %s does not know where the listing stood; it begins again", wishes.source_id)
            state = ListingState(pages=state.pages)
            empty_pages += 1
            continue
        except ListingError as error:
            return Listed(state, error)
        before, records = records, [one.record for one in page.candidates]
        is_new = records != before if records else bool(page.refused)
        empty_pages = 0 if is_new else empty_pages + 1
        state = store_page(journal, service, page, wishes, state, limit)
    return Listed(state)


def store_page(
    journal: Journal, service: Service, page: Page, wishes: Wishes, state: ListingState, limit: int
) -> ListingState:
    """Store a page, or as much of it as the limit allows."""
    before = accepted = state.accepted - state.overlap
    rows = []
    for candidate in page.candidates:
        if limit and accepted >= limit:
            break
        row = candidate_row(service, candidate)
        accepted += refusal(wishes, row) is None
        rows.append(row)
    is_cut = len(rows) < len(page.candidates)  # the rest of the page is listed when the limit is raised
    after = state._replace(
        cursor=state.cursor if is_cut else page.cursor,
        is_complete=page.cursor is None and not is_cut,
        accepted=accepted,
        overlap=accepted - before if is_cut else 0,
        refused=dict(Counter(state.refused) + Counter({} if is_cut else page.refused)),
        total=state.total if page.total is None else page.total,
    )
    return journal.add_page(rows, after)


def candidate_row(service: Service, candidate: Candidate) -> dict[str, Any]:
    """A row of CANDIDATES: texts made safe, the licence identified, the credit composed."""
    candidate = with_whole_characters(candidate)
    license_id = (
        candidate.license_id
        or find_license(url=candidate.license_url, code=candidate.license_code, name=candidate.license).id
    )
    known = license_by_id(license_id)
    return {
        "record": candidate.record,
        "url": candidate.url,
        "source_url": clean(candidate.source_url),
        "license": clean(candidate.license or candidate.license_code or candidate.license_url),
        "author": clean(candidate.author),
        "title": clean(candidate.title),
        "tags": list(dict.fromkeys(filter(None, map(clean, candidate.tags))))[:MOST_TAGS],
        "license_id": UNKNOWN.id if known is UNKNOWN else known.id,
        "license_url": clean(candidate.license_url) or known.url,
        "author_url": clean(candidate.author_url),
        "attribution": clean(candidate.attribution) or service.attribute(candidate, license_id),
        "download_url": candidate.url,
        "display_url": candidate.display_url,
        "taken_at": clean(candidate.taken_at),
        "width_px": candidate.width_px,
        "height_px": candidate.height_px,
        "declared": declared_digest(candidate),
        "tracking_url": candidate.tracking_url,
    }


def with_whole_characters(candidate: Candidate) -> Candidate:
    """The candidate without half characters, as titles have that were cut within an emoji."""
    texts: dict[str, Any] = {name: value for name, value in candidate._asdict().items() if isinstance(value, str)}
    return candidate._replace(**{name: text.encode("utf-8", "replace").decode() for name, text in texts.items()})


def declared_digest(candidate: Candidate) -> str:
    """The strongest digest that a source states, such as ``sha1:...``; empty without one."""
    stated = {"sha256": candidate.sha256, "sha1": candidate.sha1, "md5": candidate.md5}
    return next((f"{name}:{value.lower()}" for name, value in stated.items() if value), "")
