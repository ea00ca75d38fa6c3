"""What hosts and owners of pictures ask for, as rules: pace, robots.txt, opt-outs, statuses."""

import pytest

from acquisition.fetching.hosts.opt_outs import header_opt_out, is_tdm_reserved, tdm_rules
from acquisition.fetching.hosts.pace import Pace
from acquisition.fetching.hosts.robots import host_rules
from acquisition.fetching.outcomes import judge_status, retry_after_s
from acquisition.fetching.rules import FetchRules
from acquisition.sources.web.protocol import HostLimit
from acquisition.sources.web.registry import LIMITS


@pytest.mark.parametrize(
    ("headers", "is_reserved"),
    [
        ({}, False),
        ({"X-Robots-Tag": "noai"}, True),
        ({"x-robots-tag": "NoImageAI, nofollow"}, True),
        ({"X-Robots-Tag": "nofollow, max-snippet:5"}, False),
        ({"X-Robots-Tag": "none"}, True),
        ({"X-Robots-Tag": "googlebot: noindex"}, False),
        ({"X-Robots-Tag": "googlebot: noindex, imagerec: noai"}, True),
        ({"X-Robots-Tag": "unavailable_after: 25 Jun 2030, noindex"}, True),
        ({"TDM-Reservation": "1"}, True),
        ({"TDM-Reservation": "0"}, False),
        ({"Content-Usage": "train-ai=n, search=y"}, True),
    ],
)
def test_headers_that_reserve_a_picture(headers: dict[str, str], is_reserved: bool) -> None:
    assert bool(header_opt_out(headers.items())) is is_reserved


@pytest.mark.parametrize("words", [["noai", "googlebot: noindex"], ["googlebot: noindex", "noai"]])
def test_each_line_of_a_header_is_for_its_own_agent(words: list[str]) -> None:
    assert header_opt_out([("X-Robots-Tag", word) for word in words]) == "X-Robots-Tag: noai"


def test_the_first_rule_of_a_tdm_file_that_names_an_address_counts() -> None:
    rules = tdm_rules(
        b'[{"location": "/open/*", "tdm-reservation": 0}, {"location": "/*.jpg$", "tdm-reservation": 1},'
        b' {"location": "/[x]", "tdm-reservation": "1"}, {"location": "/xy", "tdm-reservation": [1]}, 7, {"no": 1}]'
    )
    found = {
        path: is_tdm_reserved(f"https://h{path}", rules) for path in ("/open/a.jpg", "/a.jpg", "/a.png", "/[x]y", "/xy")
    }
    assert found == {"/open/a.jpg": False, "/a.jpg": True, "/a.png": False, "/[x]y": True, "/xy": False}


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_tdm_file_reserves_nothing(data: bytes) -> None:
    assert tdm_rules(data) == []


def test_robots_txt_has_rules_for_us_and_pauses() -> None:
    rules = host_rules(b"User-agent: *\nDisallow: /\n\nUser-agent: imagerec\nDisallow: /no\nCrawl-delay: 3\n", None)
    assert rules.is_allowed("http://h/yes")
    assert not rules.is_allowed("http://h/no/a")
    assert rules.pause_s == 3
    assert host_rules(None, None).is_allowed("http://h/")


@pytest.mark.parametrize(("value", "seconds"), [("120", 120.0), (" 5 ", 5.0), ("", None), ("soon", None), ("-1", None)])
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, 0.0) == seconds


def test_retry_after_as_a_date() -> None:
    assert retry_after_s("Thu, 01 Jan 1970 00:02:00 GMT", 100.0) == 20.0
    assert retry_after_s("Thu, 01 Jan 1970 00:00:00 GMT", 100.0) == 0.0


@pytest.mark.parametrize(
    ("status", "outcome", "is_hosts_fault"),
    [
        (404, "gone", False),
        (403, "gone", True),
        (429, "transient", True),
        (503, "transient", True),
        (418, "gone", False),
    ],
)
def test_statuses(status: int, outcome: str, is_hosts_fault: bool) -> None:
    found = judge_status(status, "", 0.0)
    assert (found.outcome, found.is_hosts_fault) == (outcome, is_hosts_fault)


def test_a_pace_keeps_the_number_in_every_window_from_the_end_of_each_request() -> None:
    pace = Pace(HostLimit("h", 2, 10.0, 2), now=100.0, earlier=(99.0,))
    first_at = pace.ready_at()
    assert first_at == 105.0  # 5 s apart, and another run may have asked just before
    slot = pace.start(first_at)
    assert pace.ready_at() == 110.0
    pace.end(slot, 108.0)
    second = pace.start(110.0)
    assert pace.ready_at() == 118.0  # 10 s after the end of the first
    assert not pace.is_busy
    pace.end(second, 111.0)
    third = pace.start(118.0)
    assert pace.ready_at() == 123.0
    assert third.end is None


def test_a_request_that_has_not_ended_keeps_the_window_shut() -> None:
    pace = Pace(HostLimit("h", 1, 1.0, 2), now=0.0)
    slot = pace.start(1.0)
    assert pace.is_busy
    pace.end(slot, 9.0)
    assert pace.ready_at() == 10.0


def test_large_quotas_may_be_used_at_once_and_hold_from_run_to_run() -> None:
    quota = HostLimit("api", 50, 3600.0)
    assert Pace(quota, now=1000.0).ready_at() == 1000.0
    used = [float(second) for second in range(50)]
    assert Pace(quota, now=1000.0, earlier=used).ready_at() == 3600.0


def test_bandwidth_is_spread() -> None:
    pace = Pace(HostLimit("h", 100, 10.0, 1, bytes_per_s=1000), now=0.0)
    assert pace.spend(500, 10.0) == 0.5
    assert pace.spend(500, 10.2) == pytest.approx(0.8)
    assert pace.ready_at() == 11.0


def test_a_host_of_a_service_has_one_limit() -> None:
    assert len({one.host for one in LIMITS}) == len(LIMITS)
    rules = FetchRules(host_limits=LIMITS)
    found = [rules.limit_of(host) for host in ("live.staticflickr.com", "upload.wikimedia.org", "images.pexels.com")]
    assert [(one.requests, one.period_s, one.concurrency) for one in found if one] == [
        *((60, 60.0, 1), (100, 10.0, 2), (100, 10.0, 2))
    ]


def test_hosts_without_a_limit_of_their_own_have_the_default() -> None:
    rules = FetchRules(host_limits=(HostLimit(".static.example", 60, 60.0), HostLimit("api.example", 1, 1.0)))
    assert rules.limit_of("live.static.example") == HostLimit(".static.example", 60, 60.0)
    assert rules.limit_of("other.example") == HostLimit("other.example", 5, 1.0, 2)
    assert rules._replace(requests_per_s=0.5).limit_of("other.example") == HostLimit("other.example", 1, 2.0, 2)
    assert rules._replace(requests_per_s=0).limit_of("other.example") is None
