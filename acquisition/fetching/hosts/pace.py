"""The pace that one host is asked at. Times are seconds since 1970, so that they can be stored between runs."""

from collections import deque
from collections.abc import Iterable

from acquisition.sources.web.protocol import HostLimit

#: Requests are spread evenly over the period where that makes pauses of at most so long; larger quotas may be used at once.
LONGEST_SPREAD_S = 5.0


class Slot:
    """One request: when it was sent and, once it has ended, when that was. The host saw it in between."""

    __slots__ = ("end", "start")

    def __init__(self, start: float, end: float | None = None) -> None:
        self.start, self.end = start, end


class Pace:
    """When a host may be asked next. Not locked: who shares it holds a lock.

    A request counts for a period from its end, for that is the latest time at which the host may have counted it.

    Args:
        limit: None: no limit.
        earlier: when it was asked before, as far as that is known.
    """

    def __init__(self, limit: HostLimit | None, now: float, earlier: Iterable[float] = (), unlimited: int = 8) -> None:
        self.limit = limit
        self.concurrency = limit.concurrency if limit else unlimited
        self.running = 0
        self.reason = ""
        self._spacing_s = self._pause_s = 0.0
        self._slots: deque[Slot] = deque(
            (Slot(at, at) for at in sorted(earlier)), maxlen=limit.requests if limit else 1
        )
        self._not_before = 0.0
        self._bytes_free_at = 0.0
        if limit:
            spacing = limit.period_s / limit.requests
            self._spacing_s = spacing if spacing <= LONGEST_SPREAD_S else 0.0
            self._not_before = now + self._spacing_s  # another run may have asked just before

    @property
    def times(self) -> list[float]:
        """When it was asked, of the current period."""
        return [slot.start if slot.end is None else slot.end for slot in self._slots]

    def spread(self, seconds: float) -> None:
        """Keep at least this pause from a request's end to the next one, as robots.txt asks for."""
        self._pause_s = max(self._pause_s, seconds)
        if seconds > 0:
            self.concurrency = 1

    def hold(self, until: float, reason: str) -> None:
        """Do not ask before this time."""
        if until > self._not_before:
            self._not_before, self.reason = until, reason

    def ready_at(self) -> float:
        """When it may be asked next, other requests that are under way left aside."""
        earliest = max(self._not_before, self._bytes_free_at)
        if self._slots:
            last = self._slots[-1]
            ended = last.start if last.end is None else last.end
            earliest = max(earliest, last.start + self._spacing_s, ended + self._pause_s)
            if self._is_full and (end := self._slots[0].end) is not None:
                earliest = max(earliest, end + (self.limit.period_s if self.limit else 0.0))
        return earliest

    @property
    def _is_full(self) -> bool:
        return self.limit is not None and len(self._slots) == self.limit.requests

    @property
    def is_busy(self) -> bool:
        """Whether a request must end before another may start."""
        return self.running >= self.concurrency or (self._is_full and self._slots[0].end is None)

    def start(self, now: float) -> Slot:
        """Note a request."""
        self.running += 1
        self._slots.append(slot := Slot(now))
        self.reason = ""
        return slot

    def end(self, slot: Slot, now: float) -> None:
        """Note that a request has ended."""
        slot.end = now
        self.running -= 1

    def spend(self, n_bytes: int, now: float) -> float:
        """Note bytes that have arrived; how long to read no more, s."""
        if not self.limit or not self.limit.bytes_per_s:
            return 0.0
        self._bytes_free_at = max(self._bytes_free_at, now) + n_bytes / self.limit.bytes_per_s
        return max(0.0, self._bytes_free_at - now)
