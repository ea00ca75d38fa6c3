"""One file at one address, as networks are: redirects followed, within limits of time and size."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import responses
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from shared.fetching.limits import (
    AGENT,
    LIMITS,
    REDIRECTS,
    Answer,
    FetchError,
    FetchLimits,
    proxy_of,
    read_chunk,
    reason_of,
)
from shared.fetching.watchdog import Watchdog, end_reading

HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
OK = 200


def fetch(url: str, max_bytes: int, limits: FetchLimits = LIMITS) -> bytes:
    """What is at an address, whole.

    Raises:
        FetchError: it cannot be had within the limits.
    """
    with open_url(url, limits) as answer:
        return b"".join(chunks(answer, max_bytes, limits))


@contextmanager
def open_url(url: str, limits: FetchLimits = LIMITS) -> Iterator[Answer]:
    """The answer with status 200 that the address or its redirects lead to; read it with `chunks`.

    The look-up of a name has no time limit, so it happens in a thread that can be left behind.

    Raises:
        FetchError: there is none within the limits.
    """
    answers: queue.Queue[Answer | FetchError] = queue.Queue()
    threading.Thread(target=_answer_into, args=(answers, url, limits), daemon=True).start()
    try:
        answer = answers.get(timeout=limits.answer_s)
    except queue.Empty:
        raise FetchError(f"no answer within {limits.answer_s:g} s") from None
    if isinstance(answer, FetchError):
        raise answer
    try:
        yield answer
    finally:
        answer.close()


def chunks(answer: Answer, max_bytes: int, limits: FetchLimits = LIMITS) -> Iterator[bytes]:
    """The body in pieces as they arrive.

    Raises:
        FetchError: it is longer, takes longer, or the connection is cut.
    """
    n_bytes, deadline_s = 0, time.monotonic() + limits.total_s
    with Watchdog().limit(limits.total_s, lambda: end_reading(answer)):
        while chunk := read_chunk(answer):
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise FetchError(f"expected at most {max_bytes} bytes, got more")
            if time.monotonic() > deadline_s:
                break
            yield chunk
    if time.monotonic() > deadline_s:
        raise FetchError(f"not finished within {limits.total_s:g} s")


def _answer_into(answers: "queue.Queue[Answer | FetchError]", url: str, limits: FetchLimits) -> None:
    """Put the answer, or why there is none, into the queue."""
    try:
        answers.put(_follow(url, limits))
    except FetchError as error:
        answers.put(error)


def _follow(url: str, limits: FetchLimits) -> Answer:
    for _ in range(limits.redirects + 1):
        answer = _request(url, limits)
        location = answer.headers.get("Location")
        if answer.status == OK:
            return answer
        answer.close()
        if answer.status not in REDIRECTS or not location:
            raise FetchError(f"the server answered {answer.status} {responses.get(answer.status, '')}".rstrip())
        url = urljoin(url, location)
        if urlsplit(url).scheme not in {"http", "https"}:
            raise FetchError(f"a redirect to {url} is not allowed")
    raise FetchError(f"more than {limits.redirects} redirects")


def _request(url: str, limits: FetchLimits) -> Answer:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FetchError(f"unknown url type {urlsplit(url).scheme!r}: expected http or https")
    try:
        return _manager(url).request(
            "GET",
            url,
            headers=HEADERS,
            timeout=urllib3.Timeout(connect=limits.answer_s, read=limits.silence_s),
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except (HTTPError, OSError) as error:
        raise FetchError(reason_of(error)) from error


def _manager(url: str) -> urllib3.PoolManager:
    """Connections through the system's proxy if it has one for this address."""
    proxy = proxy_of(url)
    return urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
