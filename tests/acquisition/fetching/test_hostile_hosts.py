"""Hosts that harm who asks them, over real sockets: bodies that never end, addresses that are not public, TLS of others."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from shared.storage import LocalStorage
from tests.acquisition.fetching.hosts import Host, Reply, picture, serving
from tests.acquisition.fetching.tasks import QUICK, ask, asked_for, many, outcomes, run


def drip(piece: bytes, pause_s: float = 0.05) -> Iterator[bytes]:
    while True:
        threading.Event().wait(pause_s)
        yield piece


CHUNKED = (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(picture(1)[:40], chunks=lambda: drip(b"x")), "transient"),  # slow for ever
        (Reply(chunks=lambda: drip(b"0"), headers=CHUNKED), "transient"),  # the length of a piece never ends
        (Reply(b"0\r\n", chunks=lambda: drip(b"X: y\r\n"), headers=CHUNKED), "transient"),  # nor do the trailers
        (Reply(b"f" * 40 + b"\r\n", chunks=lambda: drip(b"x"), headers=CHUNKED), "transient"),
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


@pytest.mark.parametrize("length", ["\xb2", "-5", "5, 7", "", "1e3"])
def test_a_length_that_is_no_number_stops_no_task(volume: LocalStorage, host: Host, length: str) -> None:
    host.replies["/a"] = Reply(picture(1), headers=(("Content-Length", length),), chunks=lambda: iter(()))
    assert set(outcomes(run(volume, asked_for(host, "/a"), QUICK._replace(attempts=1))).values()) <= {"ok", "transient"}


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


def test_tls_is_always_verified(volume: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
