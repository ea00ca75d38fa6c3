"""A task without Spark: what it is to ask, and the outcomes that it stores."""

from typing import Any

from acquisition.fetching.journal import Journal
from acquisition.fetching.picture import Ask
from acquisition.fetching.rules import FetchRules
from acquisition.fetching.task import Task
from shared.fetching.addresses import place_of
from shared.fetching.limits import FetchLimits
from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Host, Reply, picture

QUICK = FetchRules(
    limits=FetchLimits(answer_s=1.0, silence_s=0.5, total_s=1.0),
    requests_per_s=0,
    is_loopback_allowed=True,
    backoff_s=0.01,
    batch_s=0.1,
    longest_wait_s=3.0,
)


def ask(url: str, **values: Any) -> tuple[str, Ask]:
    return place_of(url).name, Ask(url, ((url, url),), **values)


def asked_for(host: Host, *paths: str) -> list[tuple[str, Ask]]:
    return [ask(host.address + path) for path in paths]


def run(
    volume: LocalStorage, asks: list[tuple[str, Ask]], rules: FetchRules = QUICK, source: str = "s"
) -> list[dict[str, Any]]:
    """The outcomes that a task stores, in their order."""
    journal = Journal.of(volume, source)
    before = set(journal.outcome_keys())
    owned = {host for host, _ in asks}
    list(Task(rules, volume, journal, owned.__contains__).run(asks))
    rows = [row for key in journal.outcome_keys() if key not in before for row in journal.read(key)]
    return sorted(rows, key=lambda row: row["fetched"])


def outcomes(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["url"].rpartition("/")[2]: row["outcome"] for row in rows}


def many(host: Host, count: int) -> list[tuple[str, Ask]]:
    host.default = lambda asked: Reply(picture(int(asked.path[1:]))) if asked.path[1:].isdigit() else Reply(status=404)
    return asked_for(host, *(f"/{number}" for number in range(count)))
