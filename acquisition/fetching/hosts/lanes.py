"""The hosts that one task asks: a lane for each, with its pace, its rules and what is still to be asked."""

import heapq
import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from acquisition.fetching.hosts.pace import Pace, Slot
from acquisition.fetching.hosts.robots import HostRules
from acquisition.fetching.outcomes import TRANSIENT, RefusedError, moment
from acquisition.fetching.picture import Ask
from acquisition.fetching.rules import FetchRules

LONGEST_SLEEP_S = 0.5


class Lane:
    """A host, and what is to be asked there."""

    def __init__(self, host: str, pace: Pace) -> None:
        self.host, self.pace = host, pace
        self.asks: deque[Ask] = deque()
        self.rules: dict[str, HostRules] = {}  # by scheme
        self.failures = 0
        self.closed = ""  # why it is left alone
        self.is_waiting = False  # in the heap
        self.is_learning = False  # its rules are being asked for

    @property
    def may_work(self) -> bool:
        """Whether there is something that can be begun."""
        return bool(self.asks) and not self.is_learning and not self.pace.is_busy


@dataclass
class Turn:
    """What a thread does next.

    Args:
        slot: the request of the lane's host that it may send.
    """

    lane: Lane
    ask: Ask
    slot: Slot


class Lanes:
    """The lanes of a task, shared by its threads."""

    def __init__(self, rules: FetchRules, clock: Callable[[], float] = time.time) -> None:
        self._rules, self._clock = rules, clock
        self._changed = threading.Condition()
        self._lanes: dict[str, Lane] = {}
        self._ready: list[tuple[float, int, Lane]] = []
        self._numbers = itertools.count()
        self._running = 0
        self.held: dict[str, float] = {}  # hosts that asked for a long pause, and until when

    @property
    def hosts(self) -> list[Lane]:
        """Every lane."""
        return [*self._lanes.values()]

    def add(self, host: str, ask: Ask, *, is_next: bool = False, earlier: Iterable[float] = ()) -> None:
        """Queue an address, at the front if it is the next one of a chain of redirects."""
        with self._changed:
            lane = self._lanes.get(host)
            if lane is None:
                lane = self._lanes[host] = Lane(host, Pace(self._rules.limit_of(host), self._clock(), earlier))
            (lane.asks.appendleft if is_next else lane.asks.append)(ask)
            self._enqueue(lane)

    def _enqueue(self, lane: Lane) -> None:
        if lane.may_work and not lane.is_waiting and not lane.closed:
            lane.is_waiting = True
            heapq.heappush(self._ready, (lane.pace.ready_at(), next(self._numbers), lane))
            self._changed.notify()

    def next_turn(self) -> Turn | None:
        """What to do next, as soon as its host may be asked; None: nothing is left. Begun turns must be ended."""
        with self._changed:
            while True:
                if not self._ready:
                    if not self._running:
                        self._changed.notify_all()
                        return None
                    self._changed.wait(
                        LONGEST_SLEEP_S
                    )  # what wakes one thread may have woken one that waits for its host
                    continue
                _, number, lane = heapq.heappop(self._ready)
                lane.is_waiting = False
                if not lane.may_work or lane.closed:
                    continue
                ready_at, now = lane.pace.ready_at(), self._clock()
                if ready_at > now:
                    lane.is_waiting = True
                    heapq.heappush(self._ready, (ready_at, number, lane))
                    if self._ready[0][2] is lane:
                        self._changed.wait(ready_at - now)
                    continue
                return self._begin(lane, now)

    def _begin(self, lane: Lane, now: float) -> Turn:
        ask = lane.asks.popleft()
        lane.is_learning = scheme_of(ask.url) not in lane.rules
        slot = lane.pace.start(now)
        self._running += 1
        self._enqueue(lane)
        return Turn(lane, ask, slot)

    def end_turn(self, turn: Turn) -> None:
        """Let the next one have its turn."""
        lane = turn.lane
        with self._changed:
            lane.pace.end(turn.slot, self._clock())
            lane.is_learning = False
            self._running -= 1
            self._enqueue(lane)  # wakes one thread, not all
            if not self._running and not self._ready:
                self._changed.notify_all()

    def ask_again(self, turn: Turn) -> None:
        """Wait until the host may be asked once more within a turn."""
        pace = turn.lane.pace
        with self._changed:
            pace.end(turn.slot, self._clock())
            while pace.is_busy or pace.ready_at() > self._clock():
                self._changed.wait(max(0.001, min(1.0, pace.ready_at() - self._clock())))
            turn.slot = pace.start(self._clock())

    def succeeded(self, lane: Lane) -> None:
        """Note an answer that is no failure of the host."""
        with self._changed:
            lane.failures = 0

    def failed(self, lane: Lane, refusal: RefusedError) -> None:
        """Note a failure of a host: pause, or leave it alone."""
        with self._changed:
            lane.failures += 1
            now, after_s = self._clock(), refusal.retry_after_s
            if after_s is not None and after_s > self._rules.longest_wait_s:
                lane.closed = f"{lane.host} asks to be left alone until {moment(now + after_s)}"
                self.held[lane.host] = now + after_s
            elif lane.failures >= self._rules.failures:
                lane.closed = f"{lane.host} failed {lane.failures} times in a row, at last: {refusal.detail}"
            elif after_s is not None:
                lane.pace.hold(now + after_s, f"Retry-After {after_s:.0f} s")
            else:
                pause = self._rules.backoff_s * 2 ** (lane.failures - 1) * random.uniform(1.0, 1.25)
                lane.pace.hold(now + min(pause, self._rules.longest_wait_s), refusal.detail)

    def spread(self, lane: Lane, pause_s: float) -> None:
        """Keep a pause between two requests; after the one that is under way, a host with a long one is left alone."""
        with self._changed:
            lane.pace.spread(pause_s)
            if pause_s > self._rules.longest_wait_s and not lane.closed:
                until = self._clock() + pause_s
                lane.closed = (
                    f"robots.txt of {lane.host} asks for {pause_s:g} s between requests: not before {moment(until)}"
                )
                self.held[lane.host] = until

    def take_if(self, lane: Lane, is_taken: Callable[[Ask], bool]) -> list[Ask]:
        """Take some addresses out of a lane."""
        with self._changed:
            taken = [ask for ask in lane.asks if is_taken(ask)]
            lane.asks = deque(ask for ask in lane.asks if not is_taken(ask)) if taken else lane.asks
        return taken

    def rest(self) -> Iterator[tuple[Lane, Ask]]:
        """What closed lanes were not asked; empties them."""
        for lane in self.hosts:
            if lane.closed:
                while lane.asks:
                    yield lane, lane.asks.popleft()

    def spend(self, lane: Lane, n_bytes: int) -> None:
        """Note bytes of a host, and wait as its bandwidth asks."""
        with self._changed:
            wait_s = lane.pace.spend(n_bytes, self._clock())
        if wait_s > 0:
            threading.Event().wait(wait_s)


def scheme_of(url: str) -> str:
    """The scheme of an address: rules of a host may differ between its two."""
    return url.partition(":")[0]


def not_asked(reason: str) -> dict[str, Any]:
    """Columns of the outcome of a picture whose host is left alone."""
    return {"outcome": TRANSIENT, "detail": f"not asked: {reason}"}
