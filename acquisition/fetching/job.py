"""Wire the engine: list on the driver, ask in tasks that own their hosts, publish FETCHES. What happens to one picture is in `picture`.

1. The listing is stored in the journal, a page at a time with its cursor.
2. Everything known of each record is brought together: candidates, what was published, what tasks have noted. What is to be
   asked is spread so that each host belongs to one task. A redirect to a host of another task is asked in the next round.
3. The rows of FETCHES are written and published; only then the journal is cleared.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from pyspark import RDD, SparkContext, StorageLevel

from acquisition import safeguard
from acquisition.fetching import plan, progress, tracking
from acquisition.fetching.client import ServiceClient
from acquisition.fetching.journal import Journal
from acquisition.fetching.listing import Listed, list_candidates
from acquisition.fetching.outcomes import REDIRECTED, STORED
from acquisition.fetching.picture import Ask, Stored
from acquisition.fetching.plan import Known, Position, Record, Wishes
from acquisition.fetching.rules import FetchRules
from acquisition.fetching.task import HostCounts, Task
from acquisition.sources.web.addresses import ADDRESSES
from acquisition.sources.web.downloads import source_prefix
from acquisition.sources.web.protocol import Service, WebSettings
from acquisition.sources.web.registry import LIMITS
from shared import tables
from shared.errors import CannotProceedError
from shared.fetching.addresses import canonical
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import FIRST_STAGE, Part, Snapshot, orphans
from shared.tables.contracts import CANDIDATES, FETCHES, OUTCOMES

log = logging.getLogger("acquisition")

ROWS_OF_A_PART, ROWS_PER_PARTITION = 1024, 50_000
#: Published rows come after those of a new listing.
AFTER_LISTED = 1 << 32
FINGERPRINT = digest("fetching", 1)


class Wanted(NamedTuple):
    """A source of the web, and how it is to be fetched.

    Args:
        is_alone: without a picture of the web there is none.
    """

    service: Service
    query: str
    settings: WebSettings
    rules: FetchRules
    wishes: Wishes
    is_alone: bool = True


def collect(sc: SparkContext, volume: Storage, wanted: Wanted) -> Snapshot:
    """Bring FETCHES and the originals to what a source is now.

    Raises:
        UsageError: the query is wrong.
        CannotProceedError: nothing of it is stored and nothing could be.
    """
    journal = Journal.of(volume, wanted.wishes.source_id)
    wanted = wanted._replace(rules=wanted.rules._replace(host_limits=(*wanted.rules.host_limits, *LIMITS)))
    client = ServiceClient(wanted.rules, journal, wanted.settings.keys.values())
    listing = wanted.service.open(wanted.query, wanted.settings, client)
    listed = list_candidates(journal, wanted.service, listing, wanted.wishes, wanted.settings.limit)
    if not listed.state.is_complete:  # what --limit leaves out is not gone
        wanted = wanted._replace(wishes=wanted.wishes._replace(is_authoritative=False))
    snapshot = tables.open_snapshot(volume)
    if wanted.wishes.is_authoritative and not wanted.wishes.is_removal_allowed and own_parts(snapshot, wanted.wishes):
        check_loss(known_records(sc, volume, snapshot, journal, wanted.wishes).values(), wanted.wishes.source_id)
    counts = fetch_rounds(sc, volume, snapshot, journal, wanted)
    if listing.tracking_headers:
        records = known_records(sc, volume, snapshot, journal, wanted.wishes).values()
        tracking.track(client, journal, records, listing.tracking_headers)
    published = publish(sc, volume, snapshot, journal, wanted.wishes, listed)
    say(volume, published, wanted, listed, counts)
    return published


def check_loss(records: "RDD[Record]", source_id: str) -> None:
    """Refuse a list that has lost all or most of its addresses; errors as `safeguard.refuse_loss`."""
    found = records.filter(plan.has_bytes).map(lambda one: one.is_listed).countByValue()
    if found[False]:
        safeguard.refuse_loss(source_id, found[False], found[False] + found[True], found[True])


def fetch_rounds(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, journal: Journal, wanted: Wanted
) -> list[HostCounts]:
    """Ask for everything that is to be asked, until no redirect is left over."""
    counts: list[HostCounts] = []
    for _ in range(wanted.rules.limits.redirects + 2):
        asks = open_asks(sc, volume, snapshot, journal, wanted.wishes).persist(StorageLevel.MEMORY_AND_DISK)
        n_of = dict(asks.keys().countByValue())
        if not n_of:
            break
        with progress.shown(journal, n_of):
            asked = ask_hosts(sc, volume, journal, wanted.rules, asks, n_of)
        asks.unpersist()
        counts += asked
        if not any(REDIRECTED in one.outcomes for one in asked):
            break
    return counts


def known_records(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, journal: Journal, wishes: Wishes
) -> "RDD[tuple[str, Record]]":
    """All that is known of each record of a source, by record."""
    stored = [(FETCHES.name, AFTER_LISTED + number, part) for number, part in enumerate(own_parts(snapshot, wishes))]
    pages = [(CANDIDATES.name, number, key) for number, key in enumerate(journal.candidate_keys())]
    batches = [(OUTCOMES.name, number, key) for number, key in enumerate(journal.outcome_keys())]
    addresses = [*stored, *pages, *batches]
    n = partitions(sc, sum(part.rows for _, _, part in stored) + ROWS_OF_A_PART * len(pages))
    read = sc.parallelize(addresses, max(1, min(len(addresses), sc.defaultParallelism)))
    found = read.flatMap(partial(_read, volume, journal))
    return found.groupByKey(n).flatMapValues(plan.merge)


def partitions(sc: SparkContext, rows: int) -> int:
    """How many partitions a shuffle of so many rows needs."""
    return max(min(sc.defaultParallelism, 1 + max(0, rows - 1) // ROWS_OF_A_PART), 1 + rows // ROWS_PER_PARTITION)


def own_parts(snapshot: Snapshot, wishes: Wishes) -> list[Part]:
    """The parts of FETCHES of a source."""
    prefix = source_prefix(wishes.source_id)
    return [part for part in snapshot.parts(FETCHES) if part.slice.startswith(prefix)]


def _read(volume: Storage, journal: Journal, address: tuple[str, int, Any]) -> Iterator[tuple[str, Known]]:
    kind, number, where = address
    rows = tables.read_rows(volume, where) if isinstance(where, Part) else journal.read(where)
    return plan.numbered(kind, number, rows)


def open_asks(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, journal: Journal, wishes: Wishes
) -> "RDD[tuple[str, Ask]]":
    """What is to be asked, by host, in the order of the listing; what another source has brought already is noted."""
    records = known_records(sc, volume, snapshot, journal, wishes).values()
    asks = records.flatMap(partial(_ask_of, volume, wishes))
    others = [part for part in snapshot.parts(FETCHES) if part not in set(own_parts(snapshot, wishes))]
    joined = asks.reduceByKey(_join)
    if others and not wishes.is_refresh:
        spread = sc.parallelize(others, max(1, min(len(others), sc.defaultParallelism)))
        joined = joined.leftOuterJoin(spread.flatMap(partial(_stored_addresses, volume)).reduceByKey(min)).flatMap(
            partial(_unless_known, volume, journal, wishes)
        )
    ordered: RDD[tuple[Position, Ask]] = joined.values().sortByKey(numPartitions=1)
    return ordered.values().keyBy(plan.host_of)


def _ask_of(volume: Storage, wishes: Wishes, record: Record) -> Iterator[tuple[str, tuple[Position, Ask]]]:
    ask = plan.ask_of(wishes, lambda key: volume.stat(key) is not None, record)
    if ask is not None:
        yield ask.url, (record.position, ask)


def _join(one: tuple[Position, Ask], other: tuple[Position, Ask]) -> tuple[Position, Ask]:
    first, second = sorted((one, other), key=lambda pair: pair[0])
    return first[0], plan.join_asks(first[1], second[1])


def _stored_addresses(volume: Storage, part: Part) -> Iterator[tuple[str, Stored]]:
    for row in tables.read_rows(volume, part, ["url", "outcome", *Stored._fields]):
        if row["outcome"] in STORED:
            yield canonical(row["url"]), Stored(*(row[name] for name in Stored._fields))


def _unless_known(
    volume: Storage, journal: Journal, wishes: Wishes, found: tuple[str, tuple[tuple[Position, Ask], Stored | None]]
) -> Iterator[tuple[str, tuple[Position, Ask]]]:
    url, ((position, ask), stored) = found
    if stored is None or ask.hops or volume.stat(stored.key) is None:
        yield url, (position, ask)
    else:
        journal.add_outcomes(plan.known_rows(ask, stored, wishes.started))


def ask_hosts(
    sc: SparkContext,
    volume: Storage,
    journal: Journal,
    rules: FetchRules,
    asks: "RDD[tuple[str, Ask]]",
    n_of: Mapping[str, int],
) -> list[HostCounts]:
    """Ask all hosts, each from one task only, whatever the number of executors is."""
    owners = assign(n_of, sc.defaultParallelism)
    shared = sc.broadcast(owners)
    by_task = asks.partitionBy(1 + max(owners.values()), lambda host: shared.value[host])
    work = partial(_work, rules, volume, journal, shared)
    return by_task.mapPartitionsWithIndex(work).collect()


def assign(n_of: Mapping[str, int], n_tasks: int) -> dict[str, int]:
    """The task of each host: the largest hosts first, each to the task with the least to do."""
    loads = [0] * min(n_tasks, len(n_of))
    owners = {}
    for host, count in sorted(n_of.items(), key=lambda one: (-one[1], one[0])):
        task = loads.index(min(loads))
        owners[host] = task
        loads[task] += count
    return owners


def _work(
    rules: FetchRules, volume: Storage, journal: Journal, owners: Any, index: int, asks: Iterable[tuple[str, Ask]]
) -> Iterator[HostCounts]:
    return Task(rules, volume, journal, lambda host: owners.value.get(host) == index).run(asks)


def publish(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, journal: Journal, wishes: Wishes, listed: Listed
) -> Snapshot:
    """Write the rows of a source, make them visible, and clear the journal. No change, no write."""
    orphans.sweep(volume, snapshot, FIRST_STAGE, [FETCHES])
    before = own_parts(snapshot, wishes)
    records = known_records(sc, volume, snapshot, journal, wishes).values()
    if journal.is_empty() and records.filter(partial(plan.is_outdated, wishes)).isEmpty():
        return snapshot
    rows = records.sortBy(lambda one: one.position, numPartitions=records.getNumPartitions()).map(
        partial(plan.fetches_row, wishes)
    )
    placed = rows.filter(lambda row: row is not None).zipWithIndex()
    parts = placed.map(lambda one: (one[1] // ROWS_OF_A_PART, one)).groupByKey()
    prefix = source_prefix(wishes.source_id)
    mine = parts.map(lambda one: _write(volume, prefix, one[0], one[1])).collect()
    if set(mine) == set(before):
        published = snapshot
    else:
        others = [part for part in snapshot.parts(FETCHES) if part not in set(before)]
        published = tables.publish(volume, snapshot, FIRST_STAGE, {FETCHES.name: [*others, *mine]})
    journal.clear(listed.state)
    return published


def _write(volume: Storage, prefix: str, number: int, numbered: Iterable[tuple[Any, int]]) -> Part:
    rows = [row for row, _ in sorted(numbered, key=lambda one: one[1])]
    content = digest([{**row, "fetched": row["fetched"].isoformat()} for row in rows])
    name = f"{prefix}{number:06d}-{content[:12]}"
    return tables.write_part(volume, FETCHES, rows, name, FIRST_STAGE, FINGERPRINT)


def outcome_counts(volume: Storage, snapshot: Snapshot, source_id: str) -> Counter[str]:
    """What became of the pictures of a source."""
    prefix = source_prefix(source_id)
    parts = [part for part in snapshot.parts(FETCHES) if part.slice.startswith(prefix)]
    return sum((Counter(tables.read_columns(volume, part, ["outcome"])["outcome"]) for part in parts), Counter())


def say(volume: Storage, snapshot: Snapshot, wanted: Wanted, listed: Listed, counts: Sequence[HostCounts]) -> None:
    """Tell the user what a source came to.

    Raises:
        CannotProceedError: nothing of it is stored.
    """
    source_id = wanted.wishes.source_id
    for line in progress.host_lines(counts):
        log.info("acquisition: %s", line)
    found = outcome_counts(volume, snapshot, source_id)
    stored = sum(found[outcome] for outcome in STORED)
    log.info("acquisition: %s", progress.source_line(source_id, found, listed.state.refused))
    is_scaled = not (wanted.settings.is_original or wanted.service.name == ADDRESSES.name)
    for line in progress.hints(found, is_scaled=is_scaled):
        log.info("acquisition: %s", line)
    if not stored and wanted.is_alone:
        reason = str(listed.error) if listed.error else progress.nothing_line(source_id, found, listed.state.refused)
        raise CannotProceedError(reason)
    if listed.error is not None:
        log.warning("acquisition: %s; what was listed before is processed", listed.error)
