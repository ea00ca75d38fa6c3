"""What a task does with its hosts, over real sockets and without Spark: budgets, pauses, failures, bodies that never end."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acquisition.fetching import task
from acquisition.fetching.job import assign
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import OUTCOMES
from acquisition.fetching.picture import Ask
from acquisition.fetching.rules import FetchRules
from acquisition.fetching.task import Task
from acquisition.sources.web.protocol import HostLimit
from shared.fetching.addresses import place_of
from shared.fetching.limits import FetchLimits
from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Asked, Host, Reply, picture, serving

QUICK = FetchRules(
    limits=FetchLimits(answer_s=1.0, silence_s=0.5, total_s=1.0),
    requests_per_s=0,
    is_loopback_allowed=True,
    backoff_s=0.01,
    batch_s=0.1,
    longest_wait_s=3.0,
)


@pytest.fixture(autouse=True)
def no_rules_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "KNOWN_RULES", {})


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as made:
        yield made


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


def test_pictures_are_stored_under_their_content(volume: LocalStorage, host: Host) -> None:
    rows = run(volume, many(host, 20))
    assert {row["outcome"] for row in rows} == {"ok"}
    assert sorted(volume.read(row["key"]) for row in rows) == sorted(picture(number) for number in range(20))
    assert sorted(host.paths()) == sorted(f"/{number}" for number in range(20))


@pytest.mark.parametrize("n_tasks", [1, 2, 4])
def test_no_host_is_asked_more_often_than_its_limit_however_many_tasks_there_are(
    volume: LocalStorage, n_tasks: int
) -> None:
    window_s, most = 0.5, 10
    with serving() as first, serving() as second, serving() as third:
        hosts = (first, second, third)
        rules = QUICK._replace(host_limits=tuple(HostLimit(one.name, most, window_s, 2) for one in hosts))
        asks = [one for made in zip(*(many(one, 15) for one in hosts), strict=True) for one in made]
        owners = assign({one.name: 15 for one in hosts}, n_tasks)
        shares = [[one for one in asks if owners[one[0]] == number] for number in range(n_tasks)]
        threads = [
            threading.Thread(target=run, args=(volume, share, rules, str(number)))
            for number, share in enumerate(shares)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in hosts:
            assert len(one.paths()) == 15
            assert one.most_in(window_s) <= most
            assert one.most_in(window_s / 4) <= 5  # spread, not all at once


def test_a_second_run_waits_before_its_first_request(volume: LocalStorage, host: Host) -> None:
    rules = QUICK._replace(host_limits=(HostLimit(host.name, 10, 1.0),))
    asks = many(host, 4)
    run(volume, asks[:2], rules)
    run(volume, asks[2:], rules)
    (first,) = (number for number, one in enumerate(host.asked) if one.path == "/2")
    assert host.asked[first].at - host.asked[first - 1].at > 0.07


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_a_host_asks_for_is_kept(volume: LocalStorage, host: Host, status: int) -> None:
    replies = iter([Reply(status=status, headers=(("Retry-After", "1"),)), *itertools.repeat(Reply(picture(1)), 5)])
    host.replies["/a"] = lambda _: next(replies)
    assert outcomes(run(volume, asked_for(host, "/a", "/a?b"), QUICK._replace(concurrency=1))) != {}
    times = [one.at for one in host.asked if one.path == "/a"]
    assert times[1] - times[0] >= 1.0
    assert not [one for one in host.asked if times[0] < one.at < times[0] + 0.95 and one.path.startswith("/a")][1:]


def test_a_host_that_asks_for_a_long_pause_is_left_alone_in_the_next_run_too(volume: LocalStorage, host: Host) -> None:
    host.replies["/0"] = Reply(status=429, headers=(("Retry-After", "3600"),))
    rows = run(volume, many(host, 10), QUICK._replace(host_limits=(HostLimit(host.name, 1000, 1.0, 1),)))
    assert {row["outcome"] for row in rows} == {"transient"}
    assert host.paths() == ["/0"]
    assert len([row for row in rows if "asks to be left alone until" in row["detail"]]) == 9
    run(volume, many(host, 10))
    assert host.paths() == ["/0"]


def test_a_host_that_keeps_failing_is_left_alone(volume: LocalStorage, host: Host) -> None:
    asks = many(host, 50)
    host.default = lambda asked: Reply(status=500) if asked.path[1:].isdigit() else Reply(status=404)
    rows = run(volume, asks, QUICK._replace(host_limits=(HostLimit(host.name, 1000, 1.0, 1),)))
    assert len(host.paths()) == 5
    assert len(rows) == 50
    assert {row["outcome"] for row in rows} == {"transient"}
    assert sum(row["tries"] for row in rows) <= 5


def test_what_fails_once_is_asked_again(volume: LocalStorage, host: Host) -> None:
    replies = iter([Reply(status=500), Reply(picture(1)[:30], length=900), Reply(picture(1))])
    host.replies["/a"] = lambda _: next(replies)
    assert outcomes(run(volume, asked_for(host, "/a"))) == {"a": "ok"}


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


def drip(piece: bytes, pause_s: float = 0.05) -> Iterator[bytes]:
    while True:
        threading.Event().wait(pause_s)
        yield piece


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(picture(1)[:40], chunks=lambda: drip(b"x")), "transient"),  # slow for ever
        (Reply(picture(1), chunks=lambda: itertools.repeat(bytes(1 << 16))), "too_big"),  # fast for ever
        (Reply(picture(1), length=1 << 30), "too_big"),
        (Reply(picture(1)[:40], length=1 << 15), "transient"),
        (Reply(b"\x1f\x8b\x08\0" + bytes(200), headers=(("Content-Encoding", "gzip"),)), "not_image"),
    ],
)
def test_a_hostile_body_costs_a_bounded_time_and_one_outcome(
    volume: LocalStorage, host: Host, reply: Reply, outcome: str
) -> None:
    host.replies["/a"] = reply
    started = time.monotonic()
    rows = run(volume, asked_for(host, "/a"), QUICK._replace(max_bytes=1 << 20, attempts=1))
    assert outcomes(rows) == {"a": outcome}
    assert time.monotonic() - started < 4
    assert volume.list("images") == []


def test_a_head_that_drips_for_ever_is_cut(volume: LocalStorage) -> None:
    """Each byte comes in time, so no read of the socket ever fails."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    while not ended.wait(0.05):
                        connection.sendall(b"H")
                except OSError:
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a"
        started = time.monotonic()
        rows = run(volume, [ask(url)], QUICK._replace(attempts=1))
        ended.set()
    assert outcomes(rows) == {"a": "transient"}
    assert time.monotonic() - started < 4


def test_bytes_that_change_under_a_declared_digest_are_refused(volume: LocalStorage, host: Host) -> None:
    host.replies = {"/a": Reply(picture(1)), "/b": Reply(picture(1))}
    digest = __import__("hashlib").sha1(picture(1), usedforsecurity=False).hexdigest()
    rows = run(
        volume, [ask(f"{host.address}/a", declared=f"sha1:{digest}"), ask(f"{host.address}/b", declared="md5:00")]
    )
    assert outcomes(rows) == {"a": "ok", "b": "hash_mismatch"}


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/a", "http://127.0.0.1:9/a"])
def test_a_host_that_is_not_there_is_tried_again_another_time(volume: LocalStorage, url: str) -> None:
    assert outcomes(run(volume, [ask(url)])) == {"a": "transient"}


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[fd00::1]", "localhost", "[::ffff:127.0.0.1]"]
)
def test_addresses_that_are_not_public_are_never_asked(volume: LocalStorage, address: str) -> None:
    rules = QUICK._replace(is_loopback_allowed=False)
    assert outcomes(run(volume, [ask(f"http://{address}/a")], rules)) == {"a": "blocked_address"}


def test_a_name_that_leads_elsewhere_the_second_time_is_not_followed(
    volume: LocalStorage, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that was checked is asked, and a later one is checked before it is."""
    port = int(host.name.rpartition(":")[2])
    real, looked_up, connected = socket.getaddrinfo, list[str](), list[str]()

    def resolve(name: str, *given: Any, **more: Any) -> Any:
        if name != "rebind.example":
            connected.append(name)
            return real(name, *given, **more)
        looked_up.append(name)
        address = "127.0.0.1" if len(looked_up) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    many(host, 6)
    asks = [ask(f"http://rebind.example:{port}/{number}") for number in range(6)]
    assert {*outcomes(run(volume, asks)).values()} == {"ok"}
    assert looked_up == ["rebind.example"]
    assert {*connected} == {"127.0.0.1"}
    assert {one.headers["host"] for one in host.asked} == {f"rebind.example:{port}"}
    n_asked = len(host.asked)
    assert outcomes(run(volume, asks[:2], source="later")) == {"0": "blocked_address", "1": "blocked_address"}
    assert (len(host.asked), {*connected}) == (n_asked, {"127.0.0.1"})


def test_a_redirect_to_a_host_of_another_task_is_left_to_it(volume: LocalStorage, host: Host) -> None:
    with serving() as other:
        host.replies["/a"] = Reply(status=302, headers=(("Location", f"{other.address}/b"),))
        (row,) = run(volume, asked_for(host, "/a"))
        assert (row["outcome"], row["final_url"]) == ("redirected", f"{other.address}/b")
        assert other.asked == []


def test_tls_is_always_verified(volume: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    with serving() as host:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        host.wrap(context)
        host.replies["/a"] = Reply(picture(1))
        url = f"https://{host.name}/a"
        assert outcomes(run(volume, [ask(url)])) == {"a": "ssl"}
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert outcomes(run(volume, [ask(url)], source="t")) == {"a": "ok"}


def test_every_outcome_is_explained() -> None:
    assert all(OUTCOMES.values())


def test_the_host_learns_who_asks(volume: LocalStorage, host: Host) -> None:
    run(volume, many(host, 1), QUICK._replace(contact="me@example.org"))
    assert {one.headers["user-agent"].partition(" urllib3")[0] for one in host.asked} == {
        "imagerec/0.1.0 (me@example.org)"
    }
    assert isinstance(host.asked[0], Asked)
