"""Fetching over HTTP: the body of an address, or one clear reason within the limits."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.fetching import FetchError, FetchLimits, chunks, fetch, open_url
from shared.project import VERSION
from tests.embedding.networks.web import Reply, serving

BODY = bytes(range(256)) * 1024
QUICK = FetchLimits(answer_s=2.0, silence_s=0.2, total_s=0.3, redirects=2)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"


@contextmanager
def dripping(pieces: Iterator[bytes], requests: list[bytes]) -> Iterator[str]:
    """A server that sends pieces, 20 a second, until the client goes."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            requests.append(connection.recv(4096))
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                if done.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            done.set()
            thread.join()


def test_a_body_arrives_in_pieces() -> None:
    with serving({"/a": Reply(BODY)}) as address, open_url(f"{address}/a") as answer:
        pieces = list(chunks(answer, len(BODY)))
    assert b"".join(pieces) == BODY
    assert len(pieces) > 1
    assert answer.headers["Content-Length"] == str(len(BODY))


def test_redirects_are_followed_up_to_a_limit() -> None:
    chain = {f"/{step}": Reply(status=301 + step, location=f"{step + 1}") for step in range(2)}  # relative addresses
    with serving({**chain, "/2": Reply(b"end")}) as address:
        assert fetch(f"{address}/0", 10, QUICK) == b"end"
        with pytest.raises(FetchError, match=r"^more than 1 redirects$"):
            fetch(f"{address}/0", 10, QUICK._replace(redirects=1))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=404), "the server answered 404 Not Found"),
        (Reply(status=304), "the server answered 304 Not Modified"),
        (Reply(status=302), "the server answered 302 Found"),
        (Reply(status=302, location="ftp://127.0.0.1/"), "a redirect to ftp://127.0.0.1/ is not allowed"),
        (Reply(b"abcd"), "expected at most 3 bytes, got more"),
        (Reply(b"ab", claimed=3), "expected 3 bytes, got only 2: the connection was cut"),
    ],
)
def test_what_cannot_be_had_has_a_reason(reply: Reply, message: str) -> None:
    with serving({"/a": reply}) as address, pytest.raises(FetchError) as caught:
        fetch(f"{address}/a", 3)
    assert str(caught.value) == message


def test_a_body_without_an_end_is_cut_at_the_size_limit() -> None:
    endless = itertools.chain([HEAD + b"\r\n"], itertools.repeat(bytes(1000)))
    with dripping(endless, []) as address, pytest.raises(FetchError, match=r"^expected at most 2000 bytes, got more$"):
        fetch(address, 2000)


def test_a_body_that_trickles_is_given_up() -> None:
    trickle = itertools.chain([HEAD + b"\r\n"], itertools.repeat(b"x"))
    with dripping(trickle, []) as address, pytest.raises(FetchError, match=r"^not finished within 0\.3 s$"):
        fetch(address, 1000, QUICK)


@pytest.mark.parametrize("start", [b"", b"1\r\nx\r\n0\r\n"], ids=["length", "trailers"])
def test_a_piece_of_a_body_that_never_begins_or_ends_is_given_up(start: bytes) -> None:
    """The length of a piece and the lines behind the last one are read whole, however slowly they come."""
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + start
    with dripping(itertools.chain([head], itertools.repeat(b"0")), []) as address, pytest.raises(FetchError):
        fetch(address, 1000, QUICK)


def test_a_server_that_falls_silent_is_given_up() -> None:
    silent = itertools.chain([HEAD + b"Content-Length: 9\r\n\r\n"], itertools.repeat(b""))
    with dripping(silent, []) as address, pytest.raises(FetchError, match="Read timed out"):
        fetch(address, 9, QUICK)


def test_the_program_says_who_it_is() -> None:
    requests: list[bytes] = []
    with dripping(iter([HEAD + b"Content-Length: 1\r\n\r\nx"]), requests) as address:
        assert fetch(address, 1) == b"x"
    assert f"User-Agent: imagerec/{VERSION}\r\n".encode() in requests[0]


@pytest.mark.parametrize("url", ["file:///etc/hostname", "/etc/hostname", "ftp://127.0.0.1/a"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(FetchError, match=r"unknown url type .*: expected http or https"):
        fetch(url, 1)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:9/", "Failed to establish a new connection: .* Connection refused"),
        ("http://", "."),
        ("http://127.0.0.1:port/", "port"),
        ("http://no-such-host.invalid/", r"no-such-host\.invalid"),
    ],
)
def test_nobody_at_an_address_is_one_line(url: str, message: str) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        fetch(url, 1)
    assert "\n" not in str(caught.value)
    assert "Pool(" not in str(caught.value)


def test_the_systems_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[bytes] = []
    with dripping(iter([HEAD + b"Content-Length: 1\r\n\r\nx"]), requests) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert fetch("http://pictures.invalid/a.jpg", 1) == b"x"
    assert requests[0].startswith(b"GET http://pictures.invalid/a.jpg ")
