"""The action API of MediaWiki: questions, errors that ask for patience, and answers that come in pieces.

Source: https://www.mediawiki.org/wiki/API:Continue, https://www.mediawiki.org/wiki/API:Errors_and_warnings,
https://www.mediawiki.org/wiki/Manual:Maxlag_parameter
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from acquisition.sources.web.answers import first_words
from acquisition.sources.web.protocol import Client, CursorExpiredError, ListingError, Reply
from shared.errors import UsageError

Params = Mapping[str, str]
Json = dict[str, Any]

COMMON = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5"}
#: Codes that pass by themselves, and those that mean that the question was wrong.
PASSING = frozenset({"maxlag", "ratelimited", "readonly"})
PASSING_START = "internal_api_error_"
WRONG = frozenset({"invalidtitle", "invalidcategory", "badvalue", "missingparam", "toomanyvalues", "missingtitle"})
WRONG_STARTS = ("cirrussearch-", "search-")
CURSOR_EXPIRED = "badcontinue"
MOST_WAITS, FIRST_WAIT_S, LONGEST_WAIT_S = 6, 5.0, 60.0
#: Answers that one batch of files may come in; a property that needs more is given up for this batch.
MOST_ROUNDS = 20


class Batch(NamedTuple):
    """One batch of a generator, complete.

    Args:
        pages: in the generator's order.
        more: what the next question continues with; empty at the end.
        renamed: a title -> the title that was asked for, where they differ.
    """

    pages: list[Json]
    more: Params
    renamed: Mapping[str, str] = {}


class ApiError(ListingError):
    """An error of the API that waiting does not cure.

    Args:
        code: the API's.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """A wiki's API.

    Args:
        endpoint: address of ``api.php``.
    """

    def __init__(self, client: Client, endpoint: str) -> None:
        self.client = client
        self.endpoint = endpoint
        self.host = urlsplit(endpoint).netloc

    def ask(self, params: Params) -> Json:
        """The answer to a question, after waiting for as long as the wiki asks.

        Raises:
            UsageError: the question is wrong.
            CursorExpiredError: the wiki does not know the place to continue at.
            ListingError: there is no answer now.
        """
        for attempt in range(MOST_WAITS):
            reply = self.client.get(self.endpoint, {**COMMON, **params})
            answer = self._parse(reply)
            error = answer.get("error")
            if not error:
                return answer
            code, info = str(error.get("code", "")), str(error.get("info", ""))
            if code not in PASSING and not code.startswith(PASSING_START):
                raise self._error(code, info)
            self.client.wait(seconds_to_wait(reply, error, attempt), f"{self.host}: {info or code}")
        raise ListingError(f"{self.host} has asked to wait {MOST_WAITS} times ({code}: {info}); try again later")

    def batch(self, params: Params, more: Params) -> Batch:
        """One batch of a generator, whose properties may come in several answers. Errors as `ask`."""
        pages: dict[Any, Json] = {}
        renamed: dict[str, str] = {}
        for _ in range(MOST_ROUNDS):
            answer = self.ask({**params, **more})
            found = answer.get("query", {})
            renamed |= {one["to"]: one["from"] for kind in ("normalized", "redirects") for one in found.get(kind, [])}
            for page in found.get("pages", []):
                merge_page(pages.setdefault(page.get("pageid") or page.get("title"), {}), page)
            more = answer.get("continue", {})
            if answer.get("batchcomplete") or not more:
                break
        else:
            more = self._next_batch(params, more)
        return Batch(sorted(pages.values(), key=lambda page: page.get("index", 0)), more, renamed)

    def _next_batch(self, params: Params, more: Params) -> Params:
        """Where the next batch begins, for a batch whose properties are not complete: asked for without properties."""
        generator = {name: value for name, value in more.items() if name.startswith("g")}
        plain = {name: value for name, value in params.items() if name == "generator" or name.startswith("g")}
        found: Params = self.ask({**plain, **generator}).get("continue", {})
        return found

    def _parse(self, reply: Reply) -> Json:
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None
        if reply.status != 200 or not isinstance(answer, dict):
            what = "no JSON object" if reply.status == 200 else f"{reply.status}"
            raise ListingError(
                f"expected the API of a MediaWiki at {self.endpoint}, got {what}: {first_words(reply.body)}"
            )
        return answer

    def _error(self, code: str, info: str) -> Exception:
        if code == CURSOR_EXPIRED:
            return CursorExpiredError(info)
        message = f"{self.host} answered {code}: {info}"
        return (
            UsageError(f"--source: {message}")
            if code in WRONG or code.startswith(WRONG_STARTS)
            else ApiError(code, message)
        )


def seconds_to_wait(reply: Reply, error: Json, attempt: int) -> float:
    """How long the wiki wishes to be left alone: Retry-After, or the lag, or longer each time."""
    for wish in (reply.headers.get("retry-after"), error.get("lag")):
        try:
            seconds = float(wish or "")
        except ValueError:
            continue
        if seconds > 0:
            return seconds
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * float(2**attempt))


def merge_page(known: Json, page: Json) -> None:
    """Add a piece of a page to what is known of it: lists grow, the rest is replaced."""
    for name, value in page.items():
        if isinstance(value, list) and isinstance(known.get(name), list):
            known[name] = [*known[name], *(one for one in value if one not in known[name])]
        else:
            known[name] = value
