"""What a task does with its hosts, over real sockets and without Spark: budgets, pauses, failures."""

import itertools
import threading

import pytest

from acquisition.fetching.job import assign
from acquisition.fetching.outcomes import OUTCOMES
from acquisition.sources.web.protocol import HostLimit
from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Asked, Host, Reply, picture, serving
from tests.acquisition.fetching.tasks import QUICK, ask, asked_for, many, outcomes, run


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


def test_a_redirect_to_a_host_that_is_left_alone_is_not_followed(volume: LocalStorage, host: Host) -> None:
    with serving("127.0.0.2") as other:
        other.replies["/busy"] = Reply(status=429, headers=(("Retry-After", "3600"),))
        run(volume, asked_for(other, "/busy"))
        host.replies["/a"] = Reply(status=302, headers=(("Location", f"{other.address}/b"),))
        rows = run(volume, [*asked_for(host, "/a"), *asked_for(other, "/c")])
        assert outcomes(rows) == {"a": "transient", "c": "transient"}
        assert {row["detail"] for row in rows} == {f"not asked: {other.name} asked to be left alone for longer"}
        assert other.paths() == ["/busy"]


def test_a_host_that_keeps_failing_is_left_alone(volume: LocalStorage, host: Host) -> None:
    asks = many(host, 50)
    host.default = lambda asked: Reply(status=500) if asked.path[1:].isdigit() else Reply(status=404)
    rows = run(volume, asks, QUICK._replace(host_limits=(HostLimit(host.name, 1000, 1.0, 1),)))
    assert len(host.paths()) == 5
    assert len(rows) == 50
    assert {row["outcome"] for row in rows} == {"transient"}
    assert sum(row["tries"] for row in rows) <= 5


def test_a_tag_that_is_too_long_to_be_sent_back_is_not_kept(volume: LocalStorage, host: Host) -> None:
    lengths = {"/a": 1024, "/b": 60_000}
    host.replies = {
        path: Reply(picture(1), headers=(("ETag", "x" * length), ("Last-Modified", "y")))
        for path, length in lengths.items()
    }
    rows = run(volume, asked_for(host, *lengths))
    assert sorted((len(row["etag"]), row["last_modified"]) for row in rows) == [(0, "y"), (1024, "y")]


def test_what_fails_once_is_asked_again(volume: LocalStorage, host: Host) -> None:
    replies = iter([Reply(status=500), Reply(picture(1)[:30], length=900), Reply(picture(1))])
    host.replies["/a"] = lambda _: next(replies)
    assert outcomes(run(volume, asked_for(host, "/a"))) == {"a": "ok"}


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/a", "http://127.0.0.1:9/a"])
def test_a_host_that_is_not_there_is_tried_again_another_time(volume: LocalStorage, url: str) -> None:
    assert outcomes(run(volume, [ask(url)])) == {"a": "transient"}


def test_a_redirect_to_a_host_of_another_task_is_left_to_it(volume: LocalStorage, host: Host) -> None:
    with serving() as other:
        host.replies["/a"] = Reply(status=302, headers=(("Location", f"{other.address}/b"),))
        (row,) = run(volume, asked_for(host, "/a"))
        assert (row["outcome"], row["final_url"]) == ("redirected", f"{other.address}/b")
        assert other.asked == []


@pytest.mark.parametrize("location", ["/caf\xc3\xa9", "/caf\xe9", "/caf%c3%a9", "caf%C3%A9#part"])
def test_a_redirect_may_be_written_in_any_encoding(volume: LocalStorage, host: Host, location: str) -> None:
    """Header lines are sent as Latin-1, so the first one is UTF-8."""
    host.replies = {"/a": Reply(status=302, headers=(("Location", location),)), "/caf%C3%A9": Reply(picture(1))}
    assert outcomes(run(volume, asked_for(host, "/a"))) == {"a": "ok"}


def test_every_outcome_is_explained() -> None:
    assert all(OUTCOMES.values())


def test_the_host_learns_who_asks(volume: LocalStorage, host: Host) -> None:
    run(volume, many(host, 1), QUICK._replace(contact="me@example.org"))
    assert {one.headers["user-agent"].partition(" urllib3")[0] for one in host.asked} == {
        "imagerec/0.1.0 (me@example.org)"
    }
    assert isinstance(host.asked[0], Asked)
