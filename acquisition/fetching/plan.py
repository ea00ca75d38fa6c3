"""What is to be asked, and what the rows of FETCHES are: pure functions of all that is known of one record."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from acquisition.fetching.outcomes import OK, REDIRECTED, STORED, TRANSIENT
from acquisition.fetching.picture import Ask, Stored, result_row
from shared.fetching.addresses import canonical, place_of
from shared.fetching.limits import FetchError
from shared.licenses import Policy, license_by_id
from shared.pictures.originals import IMAGE_ID_LENGTH
from shared.tables.fetches import CANDIDATES, FETCHES, OUTCOMES

Row = dict[str, Any]
Position = tuple[int, int]
METADATA = tuple(CANDIDATES.schema.names)
RESULT = tuple(name for name in OUTCOMES.schema.names if name not in METADATA)
#: Outcomes that follow from settings; with others a picture may be wanted after all.
BY_SETTINGS = frozenset({"refused_license", "too_small"})


class Known(NamedTuple):
    """Something that is known of a record.

    Args:
        kind: of CANDIDATES, FETCHES or OUTCOMES.
        position: in the listing; stored rows come after those of a new listing.
    """

    kind: str
    position: Position
    row: Row


class Record(NamedTuple):
    """All that is known of a record.

    Args:
        row: its metadata, of the newest listing that has it.
        result: columns of the last final outcome, or of the last one; None: it was never asked for.
        redirect: the row of the address that another task was sent to.
        older: metadata of the stored bytes if they are of another size than the listing offers now.
    """

    position: Position
    row: Row
    result: Row | None
    redirect: Row | None
    is_listed: bool
    older: Row | None = None


class Wishes(NamedTuple):
    """What the user wants, for tasks.

    Args:
        started: of this run; outcomes since then are not asked for again.
        removed: pictures that were taken out by hand: their files are not there and need not be.
        is_authoritative: what the listing does not have any more is dropped.
    """

    source_id: str
    source: str
    policy: Policy
    min_side_px: int
    max_runs: int
    started: datetime
    removed: frozenset[str] = frozenset()
    is_refresh: bool = False
    is_authoritative: bool = False
    is_removal_allowed: bool = False


def merge(found: Iterable[Known]) -> Iterator[Record]:
    """All that is known of one record; nothing for outcomes of one that is not listed."""
    everything = sorted(found, key=lambda one: one.position)
    listed = [one for one in everything if one.kind == CANDIDATES.name]
    stored = next((one for one in everything if one.kind == FETCHES.name), None)
    first = listed[0] if listed else stored
    if first is None:
        return
    outcomes = sorted((one.row for one in everything if one.kind == OUTCOMES.name), key=lambda row: row["fetched"])
    before = {name: stored.row[name] for name in RESULT} if stored else None
    older = None
    if stored and before and is_of_another_size(first.row, stored.row):
        if stored.row["outcome"] not in STORED:
            before = None  # of an address that is not listed any more
        elif not any(is_answer(row, first.row) and row["outcome"] in STORED for row in outcomes):
            older = {name: stored.row[name] for name in METADATA}
            refused = [row for row in outcomes if is_answer(row, first.row)]
            outcomes = [row for row in outcomes if row not in refused]
            before |= unreplaced(refused[-1]) if refused else {}
    result, redirect = last_result(before, outcomes)
    yield Record(first.position, {name: first.row[name] for name in METADATA}, result, redirect, bool(listed), older)


def is_of_another_size(listed: Row, stored: Row) -> bool:
    """Whether what is known is of another address and width than what is listed."""
    return bool(listed["url"] != stored["url"] and listed["width_px"] != stored["width_px"])


def is_answer(outcome: Row, listed: Row) -> bool:
    """Whether an outcome is the final one of the address that is listed."""
    return outcome["url"] == listed["url"] and outcome["outcome"] not in {TRANSIENT, REDIRECTED}


def unreplaced(refused: Row) -> Row:
    """Columns of stored bytes whose place others could not take."""
    detail = f"{kept_for(refused['url'])}: {refused['outcome']} ({refused['detail']})"
    return {"detail": detail, "fetched": refused["fetched"]}


def kept_for(url: str) -> str:
    """What the detail of bytes begins with whose place those of an address could not take."""
    return f"kept in its old size, for there is none at {url}"


def has_bytes(record: Record) -> bool:
    """Whether the picture is on the volume."""
    return record.result is not None and record.result["outcome"] in STORED


def last_result(before: Row | None, outcomes: Iterable[Row]) -> tuple[Row | None, Row | None]:
    """The outcome that counts, and a redirect that is to be followed: a failure that may pass replaces nothing final."""
    result, redirect = before, None
    for row in outcomes:
        if row["outcome"] == REDIRECTED:
            redirect = row
            continue
        redirect = None
        if row["outcome"] != TRANSIENT or result is None or result["outcome"] == TRANSIENT:
            is_tracked = row["is_tracked"] or bool(result and result["is_tracked"])
            result = {name: row[name] for name in RESULT} | {"is_tracked": is_tracked}
    return result, redirect


def refusal(wishes: Wishes, row: Row) -> Row | None:
    """Columns of the outcome of a picture that the user does not want; None for one that is wanted."""
    if not wishes.policy.accepts(license_by_id(row["license_id"])):
        stated = row["license"] or row["license_url"] or "none is stated"
        return {"outcome": "refused_license", "detail": f"{row['license_id']}: {stated}"[:500]}
    sides = [side for side in (row["width_px"], row["height_px"]) if side]
    if sides and min(sides) < wishes.min_side_px:
        detail = f"expected {wishes.min_side_px} px or more, got {row['width_px']} x {row['height_px']}"
        return {"outcome": "too_small", "detail": detail}
    try:
        canonical(row["url"])
    except FetchError as error:
        return {"outcome": "bad_address", "detail": str(error)}
    return None


def ask_of(wishes: Wishes, is_there: Callable[[str], bool], record: Record) -> Ask | None:
    """What is to be asked of a record, None if nothing is.

    Args:
        is_there: whether a key is on the volume.
    """
    row, result = record.row, record.result
    if refusal(wishes, row) is not None or (wishes.is_authoritative and not record.is_listed):
        return None
    fresh = Ask(canonical(row["url"]), ((row["record"], row["url"]),), declared=row["declared"])
    if record.redirect is not None:
        hops = tuple(record.redirect["detail"].split("\n"))
        return fresh._replace(url=record.redirect["final_url"], hops=hops, tries=record.redirect["tries"])
    if result is None or (result["outcome"] in BY_SETTINGS and not result["status"]):
        return fresh
    if result["outcome"] in STORED:
        return ask_of_stored(wishes, is_there, record, fresh)
    if result["fetched"] >= wishes.started:
        return None
    if wishes.is_refresh:
        return fresh
    is_worth_it = result["outcome"] == TRANSIENT and result["tries"] < wishes.max_runs
    return fresh._replace(tries=result["tries"]) if is_worth_it else None


def ask_of_stored(wishes: Wishes, is_there: Callable[[str], bool], record: Record, fresh: Ask) -> Ask | None:
    """What is to be asked of a picture that was downloaded, None if nothing is.

    Args:
        fresh: the request for what is listed.
    """
    result = record.result or {}
    is_removed = result["sha256"][:IMAGE_ID_LENGTH] in wishes.removed
    is_due = record.older is not None and not result["detail"].startswith(kept_for(record.row["url"]))
    if not is_removed and (is_due or not is_there(result["key"])):
        return fresh
    if not wishes.is_refresh or result["fetched"] >= wishes.started or (is_removed and record.older is not None):
        return None
    return conditional(fresh, result) if record.older is None else fresh


def conditional(ask: Ask, result: Row) -> Ask:
    """The same, answered 304 while the bytes are the stored ones."""
    stored = Stored(*(result[name] for name in Stored._fields))
    return ask._replace(stored=stored, etag=stored.etag, last_modified=stored.last_modified)


def host_of(ask: Ask) -> str:
    """The host that is asked."""
    return place_of(ask.url).name


def join_asks(one: Ask, other: Ask) -> Ask:
    """One request for two records at one address; of two declared digests the first counts."""
    return one._replace(records=(*one.records, *other.records), declared=one.declared or other.declared)


def known_rows(ask: Ask, stored: Stored, now: datetime) -> list[Row]:
    """Outcomes of an address that another source of the volume has brought already."""
    columns = {**stored._asdict(), "outcome": OK, "status": 200, "final_url": ask.url}
    return [result_row(record, now, **columns) for record in ask.records]


def fetches_row(wishes: Wishes, record: Record) -> Row | None:
    """The row of FETCHES of a record; None: it is dropped."""
    if wishes.is_authoritative and not record.is_listed:
        return None
    refused = refusal(wishes, record.row)
    empty = result_row(("", ""), wishes.started)
    if refused is not None:
        result = {**empty, **refused}
        if record.result is not None and record.result["outcome"] == refused["outcome"]:
            result["fetched"] = record.result["fetched"]
    else:
        result = record.result or {**empty, "outcome": TRANSIENT, "detail": "not asked yet"}
    columns = {name: result[name] for name in RESULT}
    return {"source_id": wishes.source_id, "source": wishes.source, **(record.older or record.row), **columns}


def is_outdated(wishes: Wishes, record: Record) -> bool:
    """Whether the published row of a record is not what the user wants now."""
    row = fetches_row(wishes, record)
    return row is None or record.result is None or row["outcome"] != record.result["outcome"]


def numbered(kind: str, number: int, rows: Sequence[Row]) -> Iterator[tuple[str, Known]]:
    """Rows of a part by record, with their positions."""
    for place, row in enumerate(rows):
        yield row["record"], Known(kind, (number, place), row)
