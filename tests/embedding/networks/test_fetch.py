"""Fetching a network's file: exactly the known file, or one clear sentence."""

import hashlib
import socket

import pytest

from embedding.networks.fetch import fetch
from shared.errors import CannotProceedError
from shared.fetching import FetchLimits
from tests.embedding.networks.web import Reply, serving

BODY = bytes(range(256)) * 1024
SHA256 = hashlib.sha256(BODY).hexdigest()
IMPATIENT = FetchLimits(answer_s=0.3, silence_s=0.3)


def test_the_known_file_is_fetched() -> None:
    with serving({"/net": Reply(BODY)}) as address:
        assert fetch(f"{address}/net", SHA256, len(BODY)) == BODY


def test_a_redirect_is_followed() -> None:
    with serving({"/net": Reply(status=302, location="/there"), "/there": Reply(BODY)}) as address:
        assert fetch(f"{address}/net", SHA256, len(BODY)) == BODY


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(b"x" * len(BODY)), "is not the expected file: expected 262144 bytes with SHA-256"),
        (Reply(BODY[:1000], claimed=len(BODY)), "expected 262144 bytes, got only 1000"),
        (Reply(BODY + b"more"), "expected at most 262144 bytes, got more"),
        (Reply(status=404), "404"),
        (Reply(status=302, location="/net"), "redirect"),
        (Reply(status=302, location="file:///etc/hostname"), "not allowed"),
    ],
    ids=["wrong bytes", "cut connection", "too long", "missing", "redirects for ever", "redirect to a local file"],
)
def test_anything_else_is_refused_in_one_sentence(reply: Reply, message: str) -> None:
    with serving({"/net": reply}) as address, pytest.raises(CannotProceedError) as caught:
        fetch(f"{address}/net", SHA256, len(BODY))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{address}/net ")
    assert "\n" not in str(caught.value)


def test_a_local_file_is_not_an_address() -> None:
    with pytest.raises(CannotProceedError, match="cannot be fetched: unknown url type"):
        fetch("file:///etc/hostname", SHA256, len(BODY))


def test_nobody_at_the_address_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(CannotProceedError, match="refused"):
        fetch(f"http://127.0.0.1:{port}/net", SHA256, len(BODY))


def test_a_server_that_never_answers_is_given_up() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(CannotProceedError, match=r"no answer within 0\.3 s|timed out"),
    ):
        fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/net", SHA256, len(BODY), IMPATIENT)


def test_the_time_limit_for_an_unreachable_network_is_under_five_seconds() -> None:
    assert FetchLimits().answer_s < 5
