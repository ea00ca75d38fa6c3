"""A client of the protocol for tests of listings: real sockets, no pace, and it writes down for how long it was to wait."""

import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from acquisition.sources.web.protocol import ListingError, Reply

LONGEST_S = 600.0
AGAIN = frozenset({429, 500, 502, 503, 504})


class PlainClient:
    """Asks at once; `waits` holds what it was told to wait, s, and why."""

    def __init__(self) -> None:
        self.waits: list[tuple[float, str]] = []

    def get(
        self, url: str, params: Mapping[str, str] = {}, headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        return self._send(urllib.request.Request(f"{url}?{urlencode(params)}", headers=dict(headers)), final)

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        return self._send(urllib.request.Request(url, urlencode(form).encode(), dict(headers)), final)

    def wait(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))
        if seconds > LONGEST_S:
            raise ListingError(f"{reason}: longer than a run waits")

    def _send(self, request: urllib.request.Request, final: Collection[int]) -> Reply:
        request.add_header("User-Agent", "tests/1.0 (mailto:tests@example.org)")
        try:
            with urllib.request.urlopen(request) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if error.code in AGAIN and error.code not in final:
                    raise ListingError(f"{request.host} answered {error.code}") from None
                headers = {name.lower(): value for name, value in error.headers.items()}
                return Reply(error.code, headers, error.read())
