"""The client of listings, over real sockets: what it waits for, and what it never repeats."""

import time
from email.utils import formatdate
from typing import Any

import pytest

from acquisition.fetching.client import ServiceClient
from acquisition.fetching.journal import Journal
from acquisition.sources.web.protocol import ListingError, WebSettings
from acquisition.sources.web.registry import SERVICES
from shared.errors import UsageError
from shared.secret import Secret
from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Asked, Host, Reply
from tests.acquisition.fetching.tasks import QUICK

KEY = "a-key-of-mine-123"
KEYS = {
    **{name: Secret(KEY) for name in ("unsplash_key", "pexels_key", "flickr_key")},
    "openverse_client": Secret(f"me:{KEY}"),
}


class Waits:
    """Seconds that a client slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds += [seconds] if seconds > 0 else []


def client_for(volume: LocalStorage, waits: Waits, **rules: Any) -> ServiceClient:
    return ServiceClient(QUICK._replace(**rules), Journal.of(volume, "s"), KEYS.values(), sleep=waits)


@pytest.mark.parametrize("name", ["unsplash", "pexels", "flickr", "openverse"])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 429, 500])
def test_a_key_that_a_service_repeats_is_in_no_message(
    volume: LocalStorage, host: Host, name: str, status: int
) -> None:
    host.default = lambda asked: Reply(f"{asked.headers} {asked.path}".encode(), status=status)
    made = WebSettings(keys=KEYS, endpoint=host.address, licenses=("open",))
    with pytest.raises((ListingError, UsageError)) as caught:
        SERVICES[name].open("sea", made, client_for(volume, Waits())).list(None)
    assert KEY not in str(caught.value)


def test_a_service_is_asked_again_after_the_pause_that_it_states(volume: LocalStorage, host: Host) -> None:
    in_2_s = formatdate(time.time() + 2.5, usegmt=True)
    replies = iter([Reply(status=503, headers=(("Retry-After", in_2_s),)), Reply(status=429), Reply(b"{}")])
    host.replies["/a"] = lambda _: next(replies)
    waits = Waits()
    assert client_for(volume, waits).get(f"{host.address}/a").body == b"{}"
    assert 1.0 < waits.seconds[0] <= 2.5
    assert waits.seconds[1] == QUICK.backoff_s * 2


def test_a_service_that_asks_for_a_long_pause_is_left_alone_and_the_time_is_said(
    volume: LocalStorage, host: Host
) -> None:
    host.replies["/a"] = Reply(status=429, headers=(("Retry-After", "3600"),))
    for _ in range(2):
        with pytest.raises(ListingError, match=r"not before 20\d\d-.* UTC; run the same command again then"):
            client_for(volume, Waits()).get(f"{host.address}/a")
    assert host.paths() == ["/a"]


def test_a_status_that_the_service_means_otherwise_is_returned_at_once(volume: LocalStorage, host: Host) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(b"quota", status=429)

    host.replies["/a"] = answer
    assert client_for(volume, Waits()).get(f"{host.address}/a", final=(429,)).status == 429
    assert host.paths() == ["/a"]
