"""The small files in which hosts state rules: robots.txt and tdmrep.json, read through redirects, cut where they are too long."""

import zlib
from collections.abc import Callable
from typing import NamedTuple

from shared.fetching.addresses import next_url
from shared.fetching.door import Door
from shared.fetching.limits import REDIRECTS, FetchError, location_of

MOST_BYTES = 512 << 10
NOT_FOUND = 404
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class RuleFile(NamedTuple):
    """What a host answers for a file.

    Args:
        data: empty unless the status is 200.
    """

    status: int
    data: bytes = b""
    retry_after: str = ""


def read_rule_file(door: Door, url: str, wait: Callable[[], None]) -> RuleFile:
    """The beginning of a file; one behind too many redirects is not there. Source: RFC 9309, sections 2.3.1.2 and 2.5.

    Args:
        wait: called before each further request.

    Raises:
        FetchError: the host cannot be asked.
    """
    for _ in range(door.limits.redirects + 1):
        with door.ask(url) as answer:
            location = location_of(answer)
            if answer.status not in REDIRECTS or not location:
                data = door.start(answer, MOST_BYTES) if answer.status == 200 else b""
                data = unpacked(data, answer.headers.get("Content-Encoding", ""))
                return RuleFile(answer.status, data, answer.headers.get("Retry-After", ""))
        url = next_url(url, location)
        wait()
    return RuleFile(NOT_FOUND)


def unpacked(data: bytes, encoding: str) -> bytes:
    """The file itself where a host has compressed it unasked, of at most MOST_BYTES.

    Raises:
        FetchError: it is compressed in another way, or damaged.
    """
    name = encoding.strip().lower()
    if not data or name in {"", "identity"}:
        return data
    try:
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise zlib.error(f"Content-Encoding {name[:40]}")
        return zlib.decompressobj(GZIP_OR_ZLIB).decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise FetchError(f"a compressed answer cannot be read ({error})") from error
