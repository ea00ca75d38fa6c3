"""The files that the search of a MediaWiki finds.

Source: https://www.mediawiki.org/wiki/API:Search, https://www.mediawiki.org/wiki/Help:CirrusSearch
"""

import json
import re

from acquisition.sources.web.wikimedia.api import Api, Batch, Params
from acquisition.sources.web.wikimedia.files import FILES
from shared.errors import UsageError

FILE_NAMESPACE = "6"
#: The search finds no more than this.
DEEPEST = 10_000
ITEM = re.compile(r"[Qq][1-9]\d*")
#: Words of a search that are operators: `filetype:bitmap`, `-word`, `OR`.
OPERATOR = re.compile(r"-?[a-z]+:(?:\"[^\"]*\"|\S*)|(?:^|(?<=\s))[-!]\S+|\b(?:AND|OR|NOT)\b|[\"~*?]")


class Search:
    """The files that a search finds.

    Raises:
        UsageError: the query is empty.
    """

    def __init__(self, api: Api, query: str) -> None:
        self._api = api
        self._query = query
        if not query.strip():
            raise UsageError("--source: expected wikimedia:search:WORDS, got no words")

    def find(self, cursor: str | None, properties: Params) -> tuple[Batch, str | None]:
        """A batch of files, best first, and the cursor of the next one. Errors as `Api.batch`."""
        more: Params = json.loads(cursor) if cursor else {}
        question = {
            "generator": "search",
            "gsrsearch": self._query,
            "gsrnamespace": FILE_NAMESPACE,
            "gsrlimit": str(FILES),
        }
        batch = self._api.batch({**properties, **question}, more)
        is_over = not batch.more or int(batch.more.get("gsroffset", 0)) >= DEEPEST
        return batch, None if is_over else json.dumps(batch.more)


def search_terms(query: str) -> list[str]:
    """The words of a search, as a tag; none if it has operators only."""
    words = " ".join(OPERATOR.sub(" ", query).split())
    return [words] if words else []


def depicts_query(item: str) -> str:
    """The search for files that depict an item of Wikidata.

    Raises:
        UsageError: that is no item.
    """
    if not ITEM.fullmatch(item.strip()):
        raise UsageError(f"--source: expected an item of Wikidata such as wikimedia:depicts:Q146, got {item!r}")
    return f"haswbstatement:P180={item.strip().upper()} filetype:bitmap"
