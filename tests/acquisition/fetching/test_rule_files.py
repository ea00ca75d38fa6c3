"""robots.txt and tdmrep.json as hosts serve them, over real sockets."""

import gzip
import itertools

import pytest

from acquisition.fetching.hosts.rule_files import MOST_BYTES
from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Host, Reply, serving
from tests.acquisition.fetching.tasks import many, outcomes, run


def test_rules_that_cannot_be_had_are_no_permission(volume: LocalStorage, host: Host) -> None:
    host.replies["/robots.txt"] = Reply(status=503)
    rows = run(volume, many(host, 3))
    assert {row["outcome"] for row in rows} == {"transient"}
    assert host.paths() == []


def test_the_pause_of_robots_txt_is_kept(volume: LocalStorage, host: Host) -> None:
    host.replies["/robots.txt"] = Reply(b"User-agent: imagerec\nCrawl-delay: 0.2\nDisallow: /2\n")
    rows = run(volume, many(host, 4))
    assert outcomes(rows) == {"0": "ok", "1": "ok", "2": "refused_robots", "3": "ok"}
    times = [one.at for one in host.asked if one.path[1:].isdigit()]
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.19


CLOSED = b"User-agent: *\nDisallow: /\n"
ENDLESS = Reply(CLOSED, chunks=lambda: itertools.repeat(b"# nothing\n" * 5000))
MOVED = Reply(status=301, headers=(("Location", "/rules/ours.txt"),))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(CLOSED),
        Reply(b"\xef\xbb\xbf" + CLOSED),
        Reply(CLOSED.decode().encode("utf-16")),
        Reply(CLOSED.replace(b"\n", b"\r")),
        Reply(CLOSED + b"#" * MOST_BYTES),
        ENDLESS,
        MOVED,
        Reply(gzip.compress(CLOSED), headers=(("Content-Encoding", "gzip"),)),
        Reply(gzip.compress(CLOSED + bytes(100 * MOST_BYTES)), headers=(("Content-Encoding", "gzip"),)),
    ],
    ids=["plain", "mark", "utf-16", "old Mac", "long", "endless", "moved", "gzip", "bomb"],
)
def test_rules_are_obeyed_however_they_are_served(volume: LocalStorage, host: Host, reply: Reply) -> None:
    asks = many(host, 2)
    host.replies |= {"/robots.txt": reply, "/rules/ours.txt": Reply(CLOSED)}
    assert outcomes(run(volume, asks)) == {"0": "refused_robots", "1": "refused_robots"}
    assert [path for path in host.paths() if path != "/rules/ours.txt"] == []


def test_rules_of_another_host_are_followed_there_and_count_here(volume: LocalStorage, host: Host) -> None:
    with serving("127.0.0.2") as other:
        other.replies["/robots.txt"] = Reply(CLOSED)
        asks = many(host, 1)
        host.replies["/robots.txt"] = Reply(status=302, headers=(("Location", f"{other.address}/robots.txt"),))
        assert outcomes(run(volume, asks)) == {"0": "refused_robots"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(status=403),
        Reply(b""),
        Reply(bytes(1000)),
        Reply(b"<!doctype html><title>Not found</title>"),
        Reply(status=301, headers=(("Location", "/robots.txt"),)),
        Reply(b"User-agent: *\nCrawl-delay: nan\nRequest-rate: 0/0\n"),
    ],
    ids=["404", "403", "empty", "zeros", "html", "loop", "nonsense"],
)
def test_what_states_no_rules_permits(volume: LocalStorage, host: Host, reply: Reply) -> None:
    asks = many(host, 1)
    host.replies["/robots.txt"] = reply
    assert outcomes(run(volume, asks)) == {"0": "ok"}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(status=429),
        Reply(CLOSED, length=5000),
        Reply(b"\x1b\0\0", headers=(("Content-Encoding", "br"),)),
        Reply(b"no gzip", headers=(("Content-Encoding", "gzip"),)),
    ],
    ids=["500", "429", "cut", "brotli", "damaged"],
)
def test_rules_that_cannot_be_read_are_no_permission(volume: LocalStorage, host: Host, reply: Reply) -> None:
    asks = many(host, 1)
    host.replies["/robots.txt"] = reply
    assert outcomes(run(volume, asks)) == {"0": "transient"}
    assert host.paths() == []


@pytest.mark.parametrize("delay", [b"86400", b"1e300"])
def test_a_host_that_asks_for_long_pauses_gives_one_picture_a_run(
    volume: LocalStorage, host: Host, delay: bytes
) -> None:
    asks = many(host, 3)
    host.replies["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: " + delay + b"\n")
    rows = run(volume, asks)
    assert outcomes(rows) == {"0": "ok", "1": "transient", "2": "transient"}
    assert "asks for 86400 s between requests" in rows[-1]["detail"]
    assert run(volume, asks[1:])[0]["outcome"] == "transient"
    assert host.paths() == ["/0"]


def test_a_tdm_file_is_read_through_redirects(volume: LocalStorage, host: Host) -> None:
    asks = many(host, 1)
    host.replies["/.well-known/tdmrep.json"] = Reply(status=301, headers=(("Location", "/tdm.json"),))
    host.replies["/tdm.json"] = Reply(b'[{"location": "/", "tdm-reservation": 1}]')
    assert outcomes(run(volume, asks)) == {"0": "refused_optout"}
