"""The client that listings ask services with: on the driver, within the hosts' limits, which hold from run to run."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from acquisition.fetching.hosts.pace import Pace, Slot
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import WAIT_STATUSES, moment, retry_after_s
from acquisition.fetching.rules import FetchRules
from acquisition.sources.web.protocol import ListingError, Reply
from shared.fetching.addresses import place_of
from shared.fetching.door import Door
from shared.fetching.limits import FetchError
from shared.secret import Secret

log = logging.getLogger("acquisition")

LARGEST_REPLY = 32 << 20
SHOWN_WAIT_S = 5.0
KEPT_TIMES = 100  # written before each request
SHORTEST_SECRET = 8


class Trouble(NamedTuple):
    """Why there is no answer yet, and how long the service asks to wait."""

    detail: str
    after_s: float | None = None


class Request(NamedTuple):
    """What is sent.

    Args:
        final: statuses that end it, as `Client.get` has them.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    final: Collection[int]


class ServiceClient:
    """See `acquisition.sources.web.protocol.Client`.

    Args:
        keys: taken out of answers and errors, which may be shown: some services repeat what they were sent.
        sleep: seconds; replaced in tests.
    """

    def __init__(
        self,
        rules: FetchRules,
        journal: Journal,
        keys: Iterable[Secret] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rules, self._journal, self._sleep = rules, journal, sleep
        self._hidden = [part for key in keys for part in key.reveal().split(":")]
        self._door = Door(rules.contact, rules.limits, is_loopback_allowed=rules.is_loopback_allowed)
        self._paces: dict[str, Pace] = {}
        self._held = journal.held_until()

    def get(
        self, url: str, params: Mapping[str, str] = {}, headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        """See `Client`."""
        query = urlencode(params)
        address = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
        return self._ask(Request("GET", address, headers, None, final))

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        """See `Client`."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask(Request("POST", url, sent, urlencode(form), final))

    def wait(self, seconds: float, reason: str) -> None:
        """See `Client`."""
        if seconds > self.rules.longest_wait_s:
            raise ListingError(f"{reason}: not before {moment(time.time() + seconds)}; run the same command again then")
        if seconds > SHOWN_WAIT_S:
            log.info("acquisition: waiting %.0f s: %s", seconds, reason)
        self._sleep(max(0.0, seconds))

    def _ask(self, request: Request) -> Reply:
        host = self._host(request.url)
        trouble = Trouble("")
        for attempt in range(self.rules.attempts):
            if attempt:
                pause_s = self.rules.backoff_s * 2.0 ** (attempt - 1) if trouble.after_s is None else trouble.after_s
                self._wait_for(host, pause_s, trouble.detail)
            answer = self._ask_once(host, request)
            if isinstance(answer, Reply):
                return answer
            trouble = answer
        raise ListingError(f"{host} cannot be listed now: {trouble.detail}; run the same command again later")

    def _host(self, url: str) -> str:
        try:
            return place_of(url).name
        except FetchError as error:
            raise ListingError(str(error)) from error

    def _wait_for(self, host: str, seconds: float, detail: str) -> None:
        if seconds > self.rules.longest_wait_s:
            self._journal.hold({host: time.time() + seconds})
        self.wait(seconds, f"{host} asks to wait ({detail})")

    def _ask_once(self, host: str, request: Request) -> "Reply | Trouble":
        pace, slot = self._keep_pace(host)
        hidden = [*self._hidden, *request.headers.get("Authorization", "").split()[-1:]]
        try:
            with self._door.ask(request.url, request.headers, method=request.method, body=request.body) as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                data = b"".join(self._door.chunks(answer, LARGEST_REPLY))
                status = answer.status
        except FetchError as error:
            detail = without(str(error).encode(), hidden).decode()
            if error.kind != "transient":
                raise ListingError(f"{host} cannot be listed: {detail}") from error
            return Trouble(detail)
        finally:
            pace.end(slot, time.time())
        after_s = retry_after_s(found.get("retry-after", ""), time.time())
        if status not in request.final and (status in WAIT_STATUSES or status >= 500):
            return Trouble(f"it answered {status}", after_s)
        return Reply(status, found, without(data, hidden))

    def _keep_pace(self, host: str) -> tuple[Pace, Slot]:
        """Wait until a host may be asked, and note the request before it is sent."""
        if host not in self._paces:
            earlier = self._journal.host_times().get(host, ())
            self._paces[host] = Pace(self.rules.limit_of(host), time.time(), earlier)
            self._paces[host].hold(self._held.get(host, 0.0), "as it asked in an earlier run")
        pace = self._paces[host]
        self.wait(pace.ready_at() - time.time(), f"{host} allows no more requests for now")
        slot = pace.start(time.time())
        self._journal.note_times(host, pace.times[-KEPT_TIMES:])
        return pace, slot


def without(data: bytes, secrets: Iterable[str]) -> bytes:
    """The same with asterisks in place of secrets; words that are too short for one stay."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            data = data.replace(secret.encode(), b"***")
    return data
