"""Requests to many hosts, one hop each: connections stay open, addresses pinned, all within limits of time."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, SSLError

from shared.fetching.addresses import Place, check_public, literal, place_of, resolve
from shared.fetching.limits import AGENT, Answer, FetchError, FetchLimits, proxy_of, read_chunk, reason_of
from shared.fetching.watchdog import Watchdog, end_reading

#: A host is looked up again after this long.
PINNED_S = 600.0
#: Hosts with connections that are kept open.
MOST_HOSTS = 256
WEB_LIMITS = FetchLimits(answer_s=20.0, silence_s=20.0, total_s=120.0)
URLLIB3 = version("urllib3")


#: The connection that a thread waits on for the head of an answer.
WAITING: dict[int, Any] = {}


class _Pinned(HTTPConnectionPool):
    """Connections to one IP address."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        WAITING[threading.get_ident()] = connection
        return connection


class _PinnedTLS(_Pinned, HTTPSConnectionPool):
    """The same with TLS."""


class Door:
    """Requests of one process. Threads may share it.

    Args:
        contact: mail or address of who runs this, for the User-Agent.
        is_loopback_allowed: this machine may be asked; for tests.
    """

    def __init__(
        self, contact: str = "", limits: FetchLimits = WEB_LIMITS, *, is_loopback_allowed: bool = False
    ) -> None:
        self.limits = limits
        self._agent = agent(contact)
        self._is_loopback_allowed = is_loopback_allowed
        self._pools: dict[Place, tuple[float, Any]] = {}
        self._lock = threading.Lock()
        self._watchdog = Watchdog()

    @contextmanager
    def ask(
        self, url: str, headers: Mapping[str, str] = {}, *, method: str = "GET", body: str | None = None
    ) -> Iterator[Answer]:
        """The answer of an address, whatever its status; redirects are not followed. Read it with `chunks`.

        Raises:
            FetchError: there is none.
        """
        place = place_of(url)
        pool = self._pool(place, url)
        sent = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Host": place.name, **headers}
        try:
            answer = self._answer(pool, method, url, sent, body)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            if isinstance(error, SSLError) or isinstance(getattr(error, "reason", None), SSLError):
                raise FetchError(f"TLS of {place.host} cannot be verified: {reason_of(error)}", "ssl") from error
            raise FetchError(reason_of(error)) from error
        try:
            yield answer
        finally:
            _give_back(answer)

    def _answer(self, pool: Any, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
        me = threading.get_ident()
        with self._watchdog.limit(self.limits.answer_s, lambda: _shut(WAITING.get(me))):
            answer: Answer = pool.urlopen(
                method,
                url if isinstance(pool, urllib3.PoolManager) else _target(url),
                headers=headers,
                body=body,
                timeout=urllib3.Timeout(connect=self.limits.answer_s, read=self.limits.silence_s),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        return answer

    def _pool(self, place: Place, url: str) -> Any:
        with self._lock:
            made, pool = self._pools.get(place, (0.0, None))
        if pool is not None and time.monotonic() - made < PINNED_S:
            return pool
        pool = self._new_pool(place, proxy_of(url))
        with self._lock:
            self._pools.pop(place, None)
            self._pools[place] = time.monotonic(), pool
            idle = [one for one in self._pools if one != place][: len(self._pools) - MOST_HOSTS]
            for one in idle:
                _close(self._pools.pop(one)[1])
        return pool

    def _new_pool(self, place: Place, proxy: str | None) -> Any:
        if proxy is not None:  # it looks up the names
            check_public(place, literal(place.host), is_loopback_allowed=self._is_loopback_allowed)
            return urllib3.ProxyManager(proxy)
        address = resolve(place, self.limits.answer_s, is_loopback_allowed=self._is_loopback_allowed)
        if place.scheme == "http":
            return _Pinned(address, place.port, maxsize=16)
        return _PinnedTLS(address, place.port, maxsize=16, server_hostname=place.host, assert_hostname=place.host)

    def chunks(self, answer: Answer, max_bytes: int) -> Iterator[bytes]:
        """The body in pieces as they arrive.

        Raises:
            FetchError: it is longer, takes longer, or the connection is cut.
        """
        declared = answer.headers.get("Content-Length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
            raise FetchError(f"expected at most {max_bytes} bytes, got {declared}", "too_big")
        n_bytes = 0
        for chunk in self._pieces(answer):
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise FetchError(f"expected at most {max_bytes} bytes, got more", "too_big")
            yield chunk

    def start(self, answer: Answer, most_bytes: int) -> bytes:
        """The body, or what it begins with if it is longer.

        Raises:
            FetchError: it takes longer, or the connection is cut.
        """
        data = b""
        for piece in self._pieces(answer):
            data += piece
            if len(data) >= most_bytes:
                break
        return data[:most_bytes]

    def _pieces(self, answer: Answer) -> Iterator[bytes]:
        """The body as it arrives; one that ends because its time is over looks like one that has ended."""
        deadline_s = time.monotonic() + self.limits.total_s
        with self._watchdog.limit(self.limits.total_s, lambda: end_reading(answer)):
            while chunk := read_chunk(answer):
                if time.monotonic() > deadline_s:
                    break
                yield chunk
        if time.monotonic() > deadline_s:
            raise FetchError(f"not finished within {self.limits.total_s:g} s")


def agent(contact: str) -> str:
    """The User-Agent: program, version and whom to write to. Source: https://meta.wikimedia.org/wiki/User-Agent_policy."""
    return f"{AGENT} ({contact}) urllib3/{URLLIB3}" if contact else f"{AGENT} urllib3/{URLLIB3}"


def _target(url: str) -> str:
    """Path and query of an address, as a request has them."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _shut(connection: Any) -> None:
    """End a connection that another thread waits on."""
    opened = getattr(connection, "sock", None)
    if opened is not None:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)


def _close(pool: Any) -> None:
    """Close the idle connections of a pool; those in use end with their answers."""
    if isinstance(pool, urllib3.PoolManager):
        pool.clear()
    else:
        pool.close()


def _give_back(answer: Answer) -> None:
    """Keep the connection for the next request if the body was read to its end, else close it."""
    if getattr(answer, "length_remaining", None) == 0:
        answer.drain_conn()  # a body of no bytes counts as unread until it is read
        answer.release_conn()
    else:
        answer.close()
