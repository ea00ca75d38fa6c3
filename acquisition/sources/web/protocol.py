"""What a service is: the protocol between services, which list pictures, and the engine, which downloads them.

A service is a module with a `Service` and a line in `acquisition.sources.web.registry`. Its listing asks the service's API
through a `Client`, a page at a time; the engine stores each page with its cursor before it asks for the next one, so a
stopped run goes on from there. Everything after that is the engine's: licences and sizes are checked, pictures downloaded
within the limits of their hosts, tracking addresses called once the bytes are stored, outcomes written to FETCHES.

The engine decides the licence with `shared.licenses`, from a candidate's `license_id` or else from its three texts, and drops
those that `--licenses` does not name; a listing may already ask for fewer, and counts in `Page.refused` what it left out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from shared.errors import CannotProceedError
from shared.secret import Secret


class Candidate(NamedTuple):
    """A picture that a service lists; texts are plain (no HTML), empty where the service states nothing.

    Args:
        record: the picture's identity at its service, the same at each listing.
        url: where the bytes are.
        source_url: the page about it, for people.
        display_url: where it must be shown from, for services that ask for hotlinks.
        license, license_url, license_code: as stated: words, address, and a machine-readable name or number.
        license_id: an id of `shared.licenses`, if the service knows better than the three texts tell.
        attribution: the credit line, if the service states one; else the service's `attribute` composes it.
        taken_at: ISO 8601.
        width_px, height_px: of what is at `url`, 0 if unknown.
        sha1, md5, sha256: of what is at `url`, hex.
        tracking_url: to be called once, after the bytes are stored, with the listing's `tracking_headers`.
    """

    record: str
    url: str
    source_url: str = ""
    display_url: str = ""
    title: str = ""
    author: str = ""
    author_url: str = ""
    license: str = ""
    license_url: str = ""
    license_code: str = ""
    license_id: str = ""
    attribution: str = ""
    tags: tuple[str, ...] = ()
    taken_at: str = ""
    width_px: int = 0
    height_px: int = 0
    sha1: str = ""
    md5: str = ""
    sha256: str = ""
    tracking_url: str = ""


class Page(NamedTuple):
    """One answer of a listing.

    Args:
        cursor: what `Listing.list` continues with; None: this was the last page.
        total: how many pictures there are, if the service states it.
        refused: what the listing left out by itself: reason in snake_case -> how many.
    """

    candidates: Sequence[Candidate]
    cursor: str | None
    total: int | None = None
    refused: Mapping[str, int] = {}


class HostLimit(NamedTuple):
    """What a host allows; the API's host and those of the pictures have limits of their own.

    Args:
        host: ``name`` or ``name:port``; one that starts with a dot stands for all names below it.
        requests: at most so many in any window of `period_s` seconds.
        concurrency: requests at a time.
        bytes_per_s: mean over ten seconds; 0: no limit.
    """

    host: str
    requests: int
    period_s: float
    concurrency: int = 1
    bytes_per_s: float = 0


class WebSettings(NamedTuple):
    """What the user set for services.

    Args:
        contact: mail or address of who runs this, for the User-Agent; empty if not given.
        licenses: the groups of `--licenses`, as given; see `shared.licenses.parse_policy`.
        limit: pictures asked for, 0: all.
        min_side_px: smallest shorter side, 0: any.
        width_px: the smallest width that a scaled copy should have.
        is_original: originals, not scaled copies.
        keys: name of the setting, such as `unsplash_key` -> the secret; those that are set.
        endpoint: address of the service's API in place of the public one, for other wikis and for tests.
    """

    contact: str = ""
    licenses: tuple[str, ...] = ()
    limit: int = 0
    min_side_px: int = 0
    width_px: int = 960
    is_original: bool = False
    keys: Mapping[str, Secret] = {}
    endpoint: str = ""


class Reply(NamedTuple):
    """An answer of an API, whatever its status.

    Args:
        headers: names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client(Protocol):
    """The door to a service's API for its listing: within the host's limits, with the proper User-Agent, over verified TLS.

    It waits and asks again by itself after connection errors, 429 and 5xx with or without Retry-After. Every other status
    is returned. Robots' rules are not asked for here: an API is meant for programs; pictures are downloaded by the engine.
    """

    def get(
        self, url: str, params: Mapping[str, str] = {}, headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        """What is at an address, at most 32 MiB.

        Args:
            final: statuses that are returned at once, though they are among those after which it asks again: the service
                means something by them that waiting does not cure, such as a quota of an hour or a query that takes too long.

        Raises:
            ListingError: it cannot be had now.
        """

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        """The answer to a form. Arguments and errors as `get`."""

    def wait(self, seconds: float, reason: str) -> None:
        """Wait before this service is asked again, as it wishes (maxlag, a quota in the answer's body); shown to the user.

        Raises:
            ListingError: that is longer than a run should wait; nothing is lost, the next run goes on.
        """


class Listing(Protocol):
    """A query to a service, opened."""

    @property
    def tracking_headers(self) -> Mapping[str, Secret]:
        """Headers for tracking addresses, such as a key; never stored."""

    def list(self, cursor: str | None) -> Page:
        """A page: the first for None, else the one after.

        Raises:
            UsageError: the query is wrong: no such category, malformed SPARQL.
            ListingError: it cannot be had now; what was listed before is kept and downloaded.
            CursorExpiredError: the listing must start again.
        """


class ListingError(CannotProceedError):
    """A service that cannot be listed (further) now; the message says why, until when, and what to do."""


class CursorExpiredError(Exception):
    """The service does not know the cursor any more."""


class Service(NamedTuple):
    """A service.

    Args:
        name: what `--source` begins with, before a colon, and what the column `source` says.
        usage: what may come after the colon, for messages, such as ``category:NAME``.
        open: the listing of a query; asks nothing yet. Raises UsageError for a query that cannot be.
        attribute: the credit line of a picture, as the service and the licence with this id of `shared.licenses` ask.
        keys: settings that must be set, such as `unsplash_key`; `key_page` says where to get one.
        needs_contact: the service asks for the operator's contact.
        terms: what the user must agree to with `--accept-terms NAME`; empty: nothing.
        limits: of its API and of the hosts of its pictures, whatever source leads there; others have the engine's default.
    """

    name: str
    usage: str
    open: Callable[[str, WebSettings, Client], Listing]
    attribute: Callable[[Candidate, str], str]
    keys: tuple[str, ...] = ()
    key_page: str = ""
    needs_contact: bool = False
    terms: str = ""
    limits: Sequence[HostLimit] = ()
