"""What a run of the engine keeps to; small enough to be sent to every task."""

from typing import NamedTuple

from acquisition.sources.web.protocol import HostLimit
from shared.fetching.door import WEB_LIMITS
from shared.fetching.limits import FetchLimits
from shared.pictures.headers import MIB


class FetchRules(NamedTuple):
    """Limits and patience.

    Args:
        contact: for the User-Agent.
        limits: of single requests.
        host_limits: of hosts that state some.
        requests_per_s: of all other hosts; 0: no limit.
        concurrency: requests at a time to a host without a limit of its own.
        attempts: how often a run asks for one picture that cannot be had just now.
        failures: so many in a row, and a host is left alone for this run.
        longest_wait_s: a host that asks for a longer pause is left alone for this run.
        backoff_s: pause after a host's first failure; doubles with each.
        max_runs: runs that try a picture before it is given up.
        threads: requests of one task at a time.
        batch_rows, batch_s: outcomes are stored when there are so many, or that old.
    """

    contact: str = ""
    limits: FetchLimits = WEB_LIMITS
    host_limits: tuple[HostLimit, ...] = ()
    requests_per_s: float = 5.0
    concurrency: int = 2
    is_loopback_allowed: bool = False
    max_bytes: int = 256 * MIB
    min_side_px: int = 0
    attempts: int = 3
    failures: int = 5
    longest_wait_s: float = 60.0
    backoff_s: float = 1.0
    max_runs: int = 5
    threads: int = 16
    batch_rows: int = 50
    batch_s: float = 1.0

    def limit_of(self, host: str) -> HostLimit | None:
        """The limit of a host, None if it has none."""
        for one in self.host_limits:
            if one.host == host or (one.host.startswith(".") and host.endswith(one.host)):
                return one
        if not self.requests_per_s:
            return None
        period_s = max(1.0, 1 / self.requests_per_s)
        return HostLimit(host, max(1, int(self.requests_per_s * period_s)), period_s, self.concurrency)
