"""Wikimedia Commons as a service: categories, searches, SPARQL queries and what files depict.

Source: https://www.mediawiki.org/wiki/API:Etiquette, https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits,
https://wikitech.wikimedia.org/wiki/Robot_policy, https://meta.wikimedia.org/wiki/User-Agent_policy
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from acquisition.sources.web.answers import NO_HEADERS, endpoint_of
from acquisition.sources.web.protocol import Candidate, Client, HostLimit, Page, Service, WebSettings
from acquisition.sources.web.wikimedia.api import Api, Batch, Params
from acquisition.sources.web.wikimedia.categories import Category
from acquisition.sources.web.wikimedia.depicts import Depicts
from acquisition.sources.web.wikimedia.files import Wish, attribute, properties, step_of, to_candidate
from acquisition.sources.web.wikimedia.search import Search, depicts_query, search_terms
from acquisition.sources.web.wikimedia.sparql import Sparql
from shared.errors import UsageError

COMMONS = "https://commons.wikimedia.org/w/api.php"
WIKIDATA = "https://query.wikidata.org/sparql"
USAGE = "category:NAME[|depth=N], search:WORDS, depicts:Q146 or sparql:QUERY|FILE"

#: With a proper User-Agent 200 questions a minute; media over two connections with 25 Mbit/s together; one query at a time.
LIMITS = (
    HostLimit("commons.wikimedia.org", requests=180, period_s=60),
    HostLimit(".wikipedia.org", requests=180, period_s=60),
    HostLimit("query.wikidata.org", requests=30, period_s=60),
    HostLimit("upload.wikimedia.org", requests=100, period_s=10, concurrency=2, bytes_per_s=25e6 / 8),
    HostLimit("thumb.wikimedia.org", requests=100, period_s=10, concurrency=2, bytes_per_s=25e6 / 8),
)


class Finder(Protocol):
    """A way to find files."""

    def find(self, cursor: str | None, properties: Params) -> tuple[Batch, str | None]:
        """A batch of files with these properties, and the cursor of the next one; None at the end."""


class Opened(NamedTuple):
    """A query, understood.

    Args:
        terms: tags of every file.
    """

    finder: Finder
    terms: Sequence[str] = ()


class WikimediaListing:
    """A query to a wiki, opened."""

    tracking_headers = NO_HEADERS

    def __init__(self, query: Opened, api: Api, settings: WebSettings) -> None:
        self._finder = query.finder
        self._depicts = Depicts(api)
        self._wish = Wish(0 if settings.is_original else step_of(settings.width_px), query.terms)

    def list(self, cursor: str | None) -> Page:
        """A page of files. Errors as `Listing.list`."""
        batch, following = self._finder.find(cursor, properties(self._wish))
        depicted = self._depicts.names(page["pageid"] for page in batch.pages if page.get("pageid"))
        found = [to_candidate(page, self._wish, depicted.get(page.get("pageid", 0), ())) for page in batch.pages]
        refused = Counter(one for one in found if isinstance(one, str))
        total = self._finder.total if isinstance(self._finder, Sparql) else None
        return Page([one for one in found if isinstance(one, Candidate)], following, total, refused)


def open_category(api: Api, query: str, _: Client, __: str) -> Opened:
    """The files of a category."""
    category = Category(api, query)
    return Opened(category, [category.name])


def open_search(api: Api, query: str, _: Client, __: str) -> Opened:
    """The files that a search finds."""
    return Opened(Search(api, query), search_terms(query))


def open_depicts(api: Api, query: str, _: Client, __: str) -> Opened:
    """The files that depict an item."""
    return Opened(Search(api, depicts_query(query)))


def open_sparql(api: Api, query: str, client: Client, sparql_endpoint: str) -> Opened:
    """The files that a SPARQL query finds."""
    return Opened(Sparql(api, client, sparql_endpoint, query))


QUERIES: Mapping[str, Callable[[Api, str, Client, str], Opened]] = {
    "category": open_category,
    "search": open_search,
    "depicts": open_depicts,
    "sparql": open_sparql,
}


def open_wikimedia(query: str, settings: WebSettings, client: Client) -> WikimediaListing:
    """The listing of a query.

    Args:
        settings: `endpoint` is the address of a wiki's ``api.php``; one of a SPARQL endpoint may follow it, behind a blank.

    Raises:
        UsageError: the query is none.
    """
    kind, _, text = query.partition(":")
    opener = QUERIES.get(kind.strip().lower())
    if opener is None:
        raise UsageError(f"--source: expected wikimedia:{USAGE}; got wikimedia:{query}")
    endpoint, sparql_endpoint, *_ = [*endpoint_of(settings, COMMONS).split(), ""]
    api = Api(client, endpoint)
    return WikimediaListing(opener(api, text.strip(), client, sparql_endpoint or WIKIDATA), api, settings)


WIKIMEDIA = Service("wikimedia", USAGE, open_wikimedia, attribute, needs_contact=True, limits=LIMITS)
