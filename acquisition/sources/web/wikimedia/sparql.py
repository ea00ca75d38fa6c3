"""The pictures that a SPARQL query finds at Wikidata or another endpoint; licences come from the wiki that holds the files.

Source: https://www.mediawiki.org/wiki/Wikidata_Query_Service/User_Manual, https://www.w3.org/TR/sparql11-results-json/
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from acquisition.sources.web.answers import first_words
from acquisition.sources.web.protocol import Client, CursorExpiredError, ListingError, Reply
from acquisition.sources.web.wikimedia.api import Api, Batch, Params
from acquisition.sources.web.wikimedia.files import FILES
from shared.errors import UsageError
from shared.storage.files import digest

ACCEPT = {"Accept": "application/sparql-results+json"}
#: Addresses of files: of their page, of the redirect to them, of themselves, of a scaled copy.
FILE = re.compile(r"/(?:Special:(?:FilePath|Redirect/file)/|wiki/File:|index\.php/(?:Special:FilePath/|File:))([^?#]+)")
STORED = re.compile(r"/(?:thumb/)?[0-9a-f]/[0-9a-f]{2}/([^/?#]+\.\w+)(?:/|$)")
LABEL = "Label"
TIMEOUT = re.compile(r"TimeoutException|[Qq]uery timed? ?out|timed out", re.ASCII)
#: What endpoints write before the sentence that explains a query's mistake.
MISTAKE = re.compile(
    r"(?:MalformedQueryException|ParseException|SyntaxError|QueryParseException|error at)[:\s]*(.+?)(?:\s+at [\w./$]+\(|$)"
)
NARROW = (
    "ask for less: a LIMIT, `VALUES ?class { wd:Q... }` in place of the whole tree of wdt:P31/wdt:P279*, no ORDER BY over "
    "everything, or several queries one after the other"
)


class Row(NamedTuple):
    """A picture that a query found.

    Args:
        labels: what the query's columns ``...Label`` say of it.
    """

    title: str
    labels: tuple[str, ...]


class Sparql:
    """The pictures that a query finds, in its order.

    Args:
        endpoint: address of the SPARQL endpoint.
        query: the query itself, or a file with it.

    Raises:
        UsageError: it is neither.
    """

    def __init__(self, api: Api, client: Client, endpoint: str, query: str) -> None:
        self._api = api
        self._client = client
        self._endpoint = endpoint
        self._query = read_query(query)
        self._rows: list[Row] | None = None

    def find(self, cursor: str | None, properties: Params) -> tuple[Batch, str | None]:
        """A batch of files, and the cursor of the next one.

        Raises:
            UsageError: the query is malformed, or has no column with pictures.
            CursorExpiredError: it finds other pictures than it did when the listing began.
            ListingError: there is no answer now.
        """
        rows = self._rows = self._found() if self._rows is None else self._rows
        content = digest([row.title for row in rows])
        start, known = json.loads(cursor) if cursor else (0, content)
        if known != content:
            raise CursorExpiredError("the query finds other pictures now")
        some = rows[start : start + FILES]
        batch = self._files(some, properties)
        following = start + len(some)
        return batch, json.dumps([following, content]) if following < len(rows) else None

    @property
    def total(self) -> int | None:
        """How many pictures the query found."""
        return None if self._rows is None else len(self._rows)

    def _files(self, rows: Sequence[Row], properties: Params) -> Batch:
        """The pages of some files, with the labels of what was asked for as `labels`."""
        labels = {f"File:{row.title}": list(row.labels) for row in rows}
        batch = self._api.batch({**properties, "titles": "|".join(labels)}, {})
        for page in batch.pages:
            page["labels"] = labels.get(asked_title(page["title"], batch.renamed), [])
        return Batch(batch.pages, {})

    def _found(self) -> list[Row]:
        answer = self._answer()
        columns = [str(name) for name in answer.get("head", {}).get("vars", [])]
        bindings = answer.get("results", {}).get("bindings", [])
        rows: dict[str, tuple[str, ...]] = {}
        for binding in bindings:
            labels = tuple(
                value_of(binding, name) for name in columns if name.endswith(LABEL) and value_of(binding, name)
            )
            for title in titles_of(binding, columns):
                rows[title] = tuple(dict.fromkeys([*rows.get(title, ()), *labels]))
        if bindings and not rows:
            raise UsageError(
                "--source: expected a column with pictures of Wikimedia Commons, such as ?image of "
                f"`?item wdt:P18 ?image`, got {', '.join(columns)}"
            )
        if not bindings:
            raise ListingError(f"the query finds nothing at {self._endpoint}")
        return [Row(title, labels) for title, labels in rows.items()]

    def _answer(self) -> dict[str, Any]:
        """The endpoint's answer, asked for once more if it is cut off."""
        for _ in range(2):
            reply = self._client.post(self._endpoint, {"query": self._query}, ACCEPT, final=(500,))
            check(self._endpoint, reply)
            try:
                answer = json.loads(reply.body)
            except ValueError:
                continue
            if isinstance(answer, dict) and isinstance(answer.get("results"), dict):
                return answer
        raise ListingError(f"the answer of {self._endpoint} is cut off or no SPARQL result; {NARROW}")


def check(endpoint: str, reply: Reply) -> None:
    """Refuse an answer that is an error, in the endpoint's words.

    Raises:
        UsageError: the query is at fault.
        ListingError: the endpoint gave up, or is not one.
    """
    text = reply.body.decode("utf-8", "replace")
    if TIMEOUT.search(text[-20_000:] if reply.status == 200 else text):
        raise ListingError(f"{endpoint} gave the query up after its limit, 60 s at Wikidata; {NARROW}")
    if reply.status == 400:
        raise UsageError(f"--source: {endpoint} refused the query: {explain(text)}")
    if reply.status != 200:
        raise ListingError(f"{endpoint} answered {reply.status}: {first_words(reply.body)}")


def explain(text: str, most: int = 300) -> str:
    """The sentence in an endpoint's answer that explains a query's mistake."""
    line = " ".join(text.split())
    found = MISTAKE.search(line)
    return (found.group(1) if found else line)[:most]


def read_query(text: str) -> str:
    """A query: the text itself, or what is in the file of that name.

    Raises:
        UsageError: it is no file and no query.
    """
    path = Path(text.strip()).expanduser()
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):  # too long for a name, or not in UTF-8
        pass
    if "{" not in text:
        raise UsageError(f"--source: expected a SPARQL query or a file with one behind wikimedia:sparql:, got {text!r}")
    return text


def asked_title(title: str, renamed: Mapping[str, str]) -> str:
    """The title that was asked for, before the wiki normalised it and followed redirects."""
    for _ in renamed:
        title = renamed.get(title, title)
    return title


def titles_of(binding: dict[str, Any], columns: Sequence[str]) -> Iterator[str]:
    """Names of the files that a row's values lead to."""
    for name in columns:
        value = binding.get(name) or {}
        if value.get("type") == "uri" and (title := title_of(str(value.get("value", "")))):
            yield title


def title_of(url: str) -> str:
    """The name of the file that an address leads to; empty if it leads to none."""
    path = urlsplit(url).path if "?" in url or "#" in url else url
    found = FILE.search(path) or STORED.search(path)
    title = unquote(found.group(1)).replace("_", " ").strip() if found else ""
    return "" if "|" in title else title


def value_of(binding: dict[str, Any], column: str) -> str:
    """A row's text in a column; empty if it has none."""
    return str((binding.get(column) or {}).get("value", "")).strip()
