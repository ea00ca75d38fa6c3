"""What one task does: ask its hosts on several threads, and store outcomes in batches as they come."""

import queue
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from acquisition.fetching.hosts.lanes import Lane, Lanes, Turn, not_asked, scheme_of
from acquisition.fetching.hosts.opt_outs import TDM_FILE
from acquisition.fetching.hosts.robots import ROBOTS_FILE, HostRules, host_rules
from acquisition.fetching.hosts.rule_files import RuleFile, read_rule_file
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import REDIRECTED, STORED, TRANSIENT, RedirectedError, RefusedError, retry_after_s
from acquisition.fetching.picture import Ask, fetch_picture, result_row
from acquisition.fetching.rules import FetchRules
from shared.fetching.addresses import place_of
from shared.fetching.door import Door
from shared.fetching.limits import FetchError
from shared.storage import Storage

DISALLOWED = "robots.txt disallows it"
RULES_KEPT_S = 24 * 3600.0
MOST_KNOWN = 1000
#: Rules of hosts that this process has asked for: scheme and host -> when, and the rules.
KNOWN_RULES: dict[str, tuple[float, HostRules]] = {}

Row = dict[str, Any]


class HostCounts(NamedTuple):
    """What became of the pictures of a host."""

    host: str
    outcomes: dict[str, int]
    waiting: str


class Task:
    """One partition: hosts that no other task asks."""

    def __init__(self, rules: FetchRules, volume: Storage, journal: Journal, owns: Callable[[str], bool]) -> None:
        self.rules, self.volume, self.journal, self.owns = rules, volume, journal, owns
        self.door = Door(rules.contact, rules.limits, is_loopback_allowed=rules.is_loopback_allowed)
        self.lanes = Lanes(rules)
        self.results: queue.Queue[tuple[str, Row] | BaseException | None] = queue.Queue()
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.name = uuid.uuid4().hex
        self.held: dict[str, float] = {}

    def run(self, asks: Iterable[tuple[str, Ask]]) -> Iterator[HostCounts]:
        """Ask everything; one item for each host at the end."""
        earlier, self.held = self.journal.host_times(), self.journal.held_until()
        for host, ask in asks:
            if not self._is_left_alone(host, ask):
                self.lanes.add(host, ask, earlier=earlier.get(host, ()))
        for lane in self.lanes.hosts:
            lane.pace.hold(self.held.get(lane.host, 0.0), "Retry-After of an earlier run")
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._n_threads())]
        for thread in threads:
            thread.start()
        self._collect(len(threads))
        for lane, ask in self.lanes.rest():
            self._put(lane.host, ask, **not_asked(lane.closed))
        self.results.put(None)
        self._collect(1)
        self.journal.hold(self.lanes.held)
        return (HostCounts(host, dict(found), self._waiting(host)) for host, found in self.counts.items())

    def _is_left_alone(self, host: str, ask: Ask) -> bool:
        """Whether a host asked in an earlier run to be left alone for longer; what it was to be asked is noted then."""
        is_held = self.held.get(host, 0.0) > time.time() + self.rules.longest_wait_s
        if is_held:
            self._put(host, ask, **not_asked(f"{host} asked to be left alone for longer"))
        return is_held

    def _n_threads(self) -> int:
        return max(1, min(self.rules.threads, sum(len(lane.asks) for lane in self.lanes.hosts)))

    def _waiting(self, host: str) -> str:
        return next((lane.closed for lane in self.lanes.hosts if lane.host == host), "")

    def _collect(self, running: int) -> None:
        """Store outcomes until so many threads have ended."""
        batch: list[Row] = []
        due = time.monotonic() + self.rules.batch_s
        while running:
            item = None
            with suppress(queue.Empty):
                item = self.results.get(timeout=max(0.0, due - time.monotonic()))
                if item is None:
                    running -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    host, row = item
                    self.counts[host][row["outcome"]] += 1
                    batch.append(row)
            if len(batch) >= self.rules.batch_rows or time.monotonic() >= due or not running:
                if batch:
                    self.journal.add_outcomes(batch)
                self.journal.report(self.counts, {one.host: one.pace.reason for one in self.lanes.hosts}, self.name)
                batch, due = [], time.monotonic() + self.rules.batch_s

    def _work(self) -> None:
        try:
            while (turn := self.lanes.next_turn()) is not None:
                try:
                    self._take(turn)
                finally:
                    self.lanes.end_turn(turn)
            self.results.put(None)
        except BaseException as error:  # noqa: BLE001 - a bug: it must stop the task, not its thread alone
            self.results.put(error)

    def _take(self, turn: Turn) -> None:
        """Ask once; what the host cannot answer now is queued again while it may be."""
        lane, ask = turn.lane, turn.ask
        try:
            rules = self._rules_of(turn)
            if not rules.is_allowed(ask.url):
                raise RefusedError("refused_robots", DISALLOWED)
            if rules.is_reserved(ask.url):
                raise RefusedError("refused_optout", f"{TDM_FILE} reserves it")
            got = fetch_picture(
                self.door, self.volume, self.rules, ask, lambda n_bytes: self.lanes.spend(lane, n_bytes)
            )
        except RedirectedError as error:
            self.lanes.succeeded(lane)
            self._follow(lane, ask, error.url)
        except RefusedError as refusal:
            self._refuse(lane, ask, refusal)
        else:
            self.lanes.succeeded(lane)
            columns = {**got.stored._asdict(), "outcome": got.outcome, "status": got.status, "final_url": ask.url}
            self._put(lane.host, ask, **columns)

    def _refuse(self, lane: Lane, ask: Ask, refusal: RefusedError) -> None:
        if refusal.is_hosts_fault:
            self.lanes.failed(lane, refusal)
        elif refusal.status:
            self.lanes.succeeded(lane)
        if refusal.outcome == TRANSIENT and ask.attempt < self.rules.attempts and not lane.closed:
            self.lanes.add(lane.host, ask._replace(attempt=ask.attempt + 1))
            return
        tries = ask.tries + (refusal.outcome == TRANSIENT)
        columns = {"outcome": refusal.outcome, "detail": refusal.detail, "status": refusal.status, "tries": tries}
        self._put(lane.host, ask, **columns, final_url=ask.url)

    def _follow(self, lane: Lane, ask: Ask, url: str) -> None:
        """Ask the next address of a chain, or leave it to the task that owns its host."""
        host = place_of(url).name
        hops = (*ask.hops, ask.url)
        if not self.owns(host):
            self._put(lane.host, ask, outcome=REDIRECTED, detail="\n".join(hops), final_url=url)
        elif not self._is_left_alone(host, ask):
            self.lanes.add(host, ask._replace(url=url, hops=hops), is_next=True)

    def _put(self, host: str, ask: Ask, **columns: Any) -> None:
        now = datetime.now(UTC)
        for record in ask.records:
            self.results.put((host, result_row(record, now, **{"tries": ask.tries, **columns})))

    def _rules_of(self, turn: Turn) -> HostRules:
        """The rules of a host; asked for once a day.

        Raises:
            RefusedError: they cannot be had just now.
        """
        lane, scheme = turn.lane, scheme_of(turn.ask.url)
        if (known := lane.rules.get(scheme)) is not None:
            return known
        address = f"{scheme}://{lane.host}"
        asked, rules = KNOWN_RULES.get(address, (0.0, None))
        if rules is None or time.time() - asked > RULES_KEPT_S:
            rules = self._ask_rules(address, turn)
            while len(KNOWN_RULES) >= MOST_KNOWN:
                KNOWN_RULES.pop(next(iter(KNOWN_RULES)), None)
            KNOWN_RULES[address] = time.time(), rules
        self.lanes.spread(lane, rules.pause_s)
        lane.rules[scheme] = rules
        for ask in self.lanes.take_if(lane, lambda one: scheme_of(one.url) == scheme and not rules.is_allowed(one.url)):
            self._put(lane.host, ask, outcome="refused_robots", detail=DISALLOWED, final_url=ask.url)
        return rules

    def _ask_rules(self, address: str, turn: Turn) -> HostRules:
        """The rules that a host states now; errors as `_rules_of`."""

        def wait() -> None:
            self.lanes.ask_again(turn)

        try:
            robots = read_rule_file(self.door, f"{address}{ROBOTS_FILE}", wait)
        except FetchError as error:
            raise RefusedError(error.kind, f"{ROBOTS_FILE}: {error}", is_hosts_fault=error.kind == TRANSIENT) from error
        if robots.status == 429 or robots.status >= 500:  # RFC 9309, section 2.3.1.4: no permission
            detail = f"the server answered {robots.status} for {ROBOTS_FILE}"
            after_s = retry_after_s(robots.retry_after, time.time())
            raise RefusedError(TRANSIENT, detail, status=robots.status, retry_after_s=after_s, is_hosts_fault=True)
        wait()
        tdm = RuleFile(0)
        with suppress(FetchError):
            tdm = read_rule_file(self.door, f"{address}{TDM_FILE}", wait)
        wait()
        return host_rules(robots.data, tdm.data)


def n_stored(counts: Iterable[HostCounts]) -> int:
    """Pictures that are stored."""
    return sum(number for one in counts for outcome, number in one.outcomes.items() if outcome in STORED)
