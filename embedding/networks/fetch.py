"""Fetches one file over HTTP, and gives up early on a network that is not there."""

import hashlib
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from shared.errors import CannotProceedError

#: The ONNX model zoo's files.
ZOO = "https://media.githubusercontent.com/media/onnx/models/main"
USER_AGENT = "imagerec/0.1"
CHUNK_BYTES = 1 << 16


class Timeouts(NamedTuple):
    """How long a server is waited for, s, and how often it may send us on."""

    answer_s: float = 4.0  # look-up of the name, connection and redirects together
    silence_s: float = 4.0  # between two chunks
    total_s: float = 300.0
    redirects: int = 5


TIMEOUTS = Timeouts()


def fetch(url: str, sha256: str, size_bytes: int, timeouts: Timeouts = TIMEOUTS) -> bytes:
    """Return the file at this address, which must be exactly the one that is known.

    Raises:
        CannotProceedError: it cannot be had, or is another file.
    """
    try:
        data = read_body(open_url(url, timeouts), size_bytes, timeouts)
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError and timeouts are OSErrors
        raise CannotProceedError(f"{url} cannot be fetched: {reason(error)}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CannotProceedError(
            f"{url} is not the expected file: expected {size_bytes} bytes with SHA-256 {sha256}, got {len(data)} with {found}"
        )
    return data


def reason(error: Exception) -> str:
    """Say what went wrong, in the words of whoever noticed."""
    cause = error.reason if type(error) is urllib.error.URLError else error
    return " ".join(str(cause).split()) or type(cause).__name__


def open_url(url: str, timeouts: Timeouts) -> Any:
    """Return the open response.

    The look-up of a name knows no time limit, so it happens in a thread that can be left behind.
    """
    answers: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=answer_into, args=(answers, url, timeouts), daemon=True).start()
    try:
        answer = answers.get(timeout=timeouts.answer_s)
    except queue.Empty:
        raise TimeoutError(f"no answer within {timeouts.answer_s:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def answer_into(answers: "queue.Queue[Any]", url: str, timeouts: Timeouts) -> None:
    """Put the response, or what went wrong, into the queue."""
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
    try:
        answers.put(opener(timeouts.redirects).open(request, timeout=timeouts.silence_s))
    except urllib.error.HTTPError as error:
        error.close()
        answers.put(error)
    except (OSError, http.client.HTTPException, ValueError) as error:
        answers.put(error)


def opener(redirects: int) -> urllib.request.OpenerDirector:
    """Return an opener for HTTP and HTTPS only, through the system's proxy if it has one."""
    made = urllib.request.OpenerDirector()
    follow = type("Redirects", (urllib.request.HTTPRedirectHandler,), {"max_redirections": redirects})()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        follow,
    ):
        made.add_handler(handler)
    return made


def read_body(response: Any, size_bytes: int, timeouts: Timeouts) -> bytes:
    """Return the body, of which there must be exactly so many bytes."""
    data, deadline = bytearray(), time.monotonic() + timeouts.total_s
    with response:
        while len(data) <= size_bytes and (chunk := response.read1(CHUNK_BYTES)):
            data += chunk
            if time.monotonic() > deadline:
                raise TimeoutError(f"not finished within {timeouts.total_s:g} s")
    if len(data) != size_bytes:
        more = "more" if len(data) > size_bytes else f"only {len(data)}: the connection was cut, or it is another file"
        raise ValueError(f"expected {size_bytes} bytes, got {more}")
    return bytes(data)
