"""Limits of requests, and the one error that they raise."""

import re
import urllib.request
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead

from shared.project import VERSION

AGENT = f"imagerec/{VERSION}"
CHUNK_BYTES = 1 << 16
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: How urllib3 begins its messages: the address is in ours already.
POOL = re.compile(r"^\w+\((?:host=)?'.*?\): ")

Answer = urllib3.BaseHTTPResponse


class FetchLimits(NamedTuple):
    """How long a server is waited for, s, and how many redirects are followed."""

    answer_s: float = 4.0  # look-up of the name, connection and redirects together
    silence_s: float = 4.0  # between two chunks
    total_s: float = 300.0
    redirects: int = 5


LIMITS = FetchLimits()


class FetchError(Exception):
    """An address that cannot be fetched; the message is the reason, on one line.

    Args:
        kind: transient, ssl, blocked_address, bad_address or too_big.
    """

    def __init__(self, message: str, kind: str = "transient") -> None:
        super().__init__(message)
        self.kind = kind


def proxy_of(url: str) -> str | None:
    """The system's proxy for an address, None without one."""
    parts, proxies = urlsplit(url), urllib.request.getproxies()
    if parts.scheme in proxies and not urllib.request.proxy_bypass(parts.netloc):
        return proxies[parts.scheme]
    return None


def location_of(answer: Answer) -> str:
    """Where an answer redirects to, empty if it does not say. Headers are read as Latin-1; many servers send UTF-8."""
    location = str(answer.headers.get("Location", ""))
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def reason_of(error: Exception) -> str:
    """What went wrong, on one line."""
    cause = error.args[-1] if error.args else None
    if isinstance(cause, IncompleteRead):
        total = int(cause.partial) + int(cause.expected or 0)
        return f"expected {total} bytes, got only {cause.partial}: the connection was cut"
    return POOL.sub("", " ".join(str(error).split())) or type(error).__name__


def read_chunk(answer: Answer) -> bytes:
    """The next piece of a body, empty at its end.

    Raises:
        FetchError: the connection is cut or silent.
    """
    try:
        return answer.read1(CHUNK_BYTES)
    except (HTTPError, OSError) as error:
        raise FetchError(reason_of(error)) from error
