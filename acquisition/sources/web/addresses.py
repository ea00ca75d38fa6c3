"""The addresses in a list, as a listing for the engine: columns of ours, of img2dataset, LAION and DataComp."""

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from acquisition.sources.list_formats import PATH_COLUMN, URL_COLUMN, read_lines
from acquisition.sources.source import Notes, WebQuery
from acquisition.sources.web.protocol import Candidate, Client, Page, Service, WebSettings
from shared.errors import UsageError
from shared.fetching.addresses import canonical, without_user
from shared.fetching.limits import FetchError
from shared.licenses.credits import Work, credit, to_text
from shared.secret import Secret

KIND = "list"
ROWS_OF_A_PAGE = 1024
DIGESTS = {"sha256": re.compile("[0-9a-f]{64}"), "sha1": re.compile("[0-9a-f]{40}"), "md5": re.compile("[0-9a-f]{32}")}


def is_address(line: Mapping[str, Any] | str) -> bool:
    """Whether a line of a list names a picture of the web, not a file."""
    return not isinstance(line, str) and bool(line.get(URL_COLUMN)) and not line.get(PATH_COLUMN)


def web_query(path: Path) -> WebQuery | None:
    """What is to be downloaded of a list; None if it names files only, or is no list."""
    status = path.stat()
    kinds = kinds_of_lines(path, status.st_size, status.st_mtime_ns)
    return WebQuery(ADDRESSES, str(path), is_resumable=False, is_alone=False not in kinds) if True in kinds else None


@lru_cache(maxsize=4)
def kinds_of_lines(path: Path, _size_bytes: int, _mtime_ns: int) -> frozenset[bool]:
    """Whether lines of a list name pictures of the web, and whether others do not; read no further than to see both."""
    kinds = set[bool]()
    try:
        for _, line in read_lines(path, Notes()):
            kinds.add(is_address(line))
            if len(kinds) > 1:
                break
    except UsageError:  # said when it is read as a source
        return frozenset()
    return frozenset(kinds)


class AddressListing:
    """See `acquisition.sources.web.protocol.Listing`. It is read once, from its beginning to its end."""

    tracking_headers: Mapping[str, Secret] = {}

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: Iterator[Candidate] = iter(())

    def list(self, cursor: str | None) -> Page:
        """See `Listing`."""
        if cursor is None:
            self._lines = self._candidates()
        candidates = list(islice(self._lines, ROWS_OF_A_PAGE))
        number = int(cursor or 0) + len(candidates)
        return Page(candidates, str(number) if len(candidates) == ROWS_OF_A_PAGE else None)

    def _candidates(self) -> Iterator[Candidate]:
        for _, line in read_lines(self._path, Notes()):
            if isinstance(line, Mapping) and is_address(line):
                yield candidate_of(line)


def candidate_of(line: Mapping[str, Any]) -> Candidate:
    """The candidate of a line; its identity is the canonical form of its address."""
    text = {name: without_user(plain_text(line.get(name))) for name in line if name != "tags"}
    url = text[URL_COLUMN]
    try:
        record = canonical(url)
    except FetchError:  # it ends as bad_address
        record = url
    found = {name: text.get(name, "").lower() for name in DIGESTS}
    return Candidate(
        record=record,
        url=url,
        source_url=text.get("source_url", "") or url,
        title=text.get("title", ""),
        author=text.get("author", ""),
        author_url=text.get("author_url", ""),
        license="" if text.get("license") == "?" else text.get("license", ""),
        license_url=text.get("license_url", ""),
        tags=tuple(tags_of(line)),
        width_px=pixels(text.get("width", "")),
        height_px=pixels(text.get("height", "")),
        **{name: value for name, value in found.items() if DIGESTS[name].fullmatch(value)},
    )


def pixels(text: str) -> int:
    """A number of pixels, 0 for nonsense."""
    try:
        return min(max(0, int(float(text))), 1 << 30)
    except (ValueError, OverflowError):
        return 0


def tags_of(line: Mapping[str, Any]) -> list[str]:
    """The tags of a line."""
    tags = line.get("tags") or []
    if isinstance(tags, str):
        tags = re.split("[;,]", tags)
    return [tag for tag in map(plain_text, tags if isinstance(tags, list) else [tags]) if tag]


def plain_text(value: Any) -> str:
    """A value as text that can be stored whatever bytes the list had."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    is_empty = value is None or (isinstance(value, float) and math.isnan(value))  # as tables of pandas have it
    text = "" if is_empty else str(value).strip()
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character, as JSON can have
        return text.encode("utf-8", "backslashreplace").decode()


def attribute(candidate: Candidate, license_id: str) -> str:
    """The credit that a licence asks for; empty where neither author nor licence is known."""
    if not (candidate.author or candidate.license or candidate.license_url):
        return ""
    names = ("title", "author", "author_url", "source_url", "license", "license_url")
    work = Work(license_id=license_id, **{name: getattr(candidate, name) for name in names})
    return to_text(credit(work))


def open_addresses(query: str, _: WebSettings, __: Client) -> AddressListing:
    """The listing of a list's file."""
    return AddressListing(Path(query))


ADDRESSES = Service(KIND, "FILE", open_addresses, attribute)
