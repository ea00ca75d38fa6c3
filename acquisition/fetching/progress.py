"""What the user sees of downloads: a line for each host while they run, and one for the source at the end."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import STORED, TRANSIENT
from acquisition.fetching.task import HostCounts

log = logging.getLogger("acquisition")

LINE_PERIOD_S = 5.0
MOST_HOSTS = 5
LICENSE_HINT = (
    "{} pictures are left out because --licenses does not name their licence; "
    "`--licenses any` takes them all, and you answer for the rights"
)
SIZE_HINT = "{} pictures are left out because they are smaller than --min-side{}"
LARGER = "; larger copies may come with --width or --original"


@contextmanager
def shown(journal: Journal, n_of: Mapping[str, int]) -> Iterator[None]:
    """Print a line for each of the largest hosts from time to time while the block runs."""
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(journal, n_of, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _show(journal: Journal, n_of: Mapping[str, int], ended: threading.Event) -> None:
    largest = sorted(n_of, key=lambda host: -n_of[host])[:MOST_HOSTS]
    while not ended.wait(LINE_PERIOD_S):
        reports = journal.reports()
        for host in largest:
            counts, reason = reports.get(host, ({}, ""))
            log.info("acquisition: %s", host_line(host, n_of[host], counts, reason))


def host_line(host: str, listed: int, counts: Mapping[str, int], waiting: str) -> str:
    """E.g. ``upload.wikimedia.org: listed 500, fetched 120, refused 3; waiting: Retry-After 12 s``."""
    fetched = sum(count for outcome, count in counts.items() if outcome in STORED)
    failed = counts.get(TRANSIENT, 0)
    refused = sum(counts.values()) - fetched - failed
    line = f"{host}: listed {listed}, fetched {fetched}, refused {refused}"
    return line + (f", not now {failed}" if failed else "") + (f"; waiting: {waiting}" if waiting else "")


def host_lines(counts: Iterable[HostCounts]) -> list[str]:
    """A line for each of the largest hosts, and one for all others together."""
    sums: dict[str, Counter[str]] = {}
    reasons: dict[str, str] = {}
    for one in counts:
        sums.setdefault(one.host, Counter()).update(one.outcomes)
        reasons[one.host] = one.waiting or reasons.get(one.host, "")
    ordered = sorted(sums, key=lambda host: -sums[host].total())
    lines = [host_line(host, sums[host].total(), sums[host], reasons[host]) for host in ordered[:MOST_HOSTS]]
    if rest := ordered[MOST_HOSTS:]:
        together = sum((sums[host] for host in rest), Counter[str]())
        lines.append(host_line(f"{len(rest)} other hosts", together.total(), together, ""))
    return lines


def source_line(source_id: str, found: Mapping[str, int], refused: Mapping[str, int]) -> str:
    """E.g. ``wikimedia:category:Cats: listed 500 = stored 488 + gone 2 + refused_license 10``."""
    stored = sum(count for outcome, count in found.items() if outcome in STORED)
    others = sorted((outcome, count) for outcome, count in found.items() if outcome not in STORED)
    terms = " + ".join([f"stored {stored}", *(f"{outcome} {count}" for outcome, count in others)])
    left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(refused.items()))
    total = sum(found.values())
    return f"{source_id}: listed {total} = {terms}" + (f" (not listed: {left_out})" if left_out else "")


def hints(found: Mapping[str, int], *, is_scaled: bool) -> list[str]:
    """What the user may do about pictures that settings leave out.

    Args:
        is_scaled: scaled copies were asked for.
    """
    counted = {LICENSE_HINT: found.get("refused_license", 0), SIZE_HINT: found.get("too_small", 0)}
    return [hint.format(count, LARGER if is_scaled else "") for hint, count in counted.items() if count]


def nothing_line(source_id: str, found: Mapping[str, int], refused: Mapping[str, int]) -> str:
    """Why nothing is stored of a source."""
    counts = sorted({**refused, **found}.items(), key=lambda one: (-one[1], one[0]))
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts if count)
    hint = "; `--licenses any` takes pictures of unknown licence, and you answer for the rights"
    if not reasons:
        return f"found no pictures in {source_id}"
    return f"nothing could be fetched of {source_id}: {reasons}" + (
        hint if reasons.startswith("refused_license") else ""
    )
