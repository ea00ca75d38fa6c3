"""One wiki for all tests of it, filled once."""

from collections.abc import Iterator

import pytest

from tests.web.mediawiki import collection
from tests.web.mediawiki.sparql_server import SparqlServer
from tests.web.mediawiki.wiki import Wiki, is_installed


@pytest.fixture(scope="session")
def filled_wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A wiki with `collection`; the test is skipped where MediaWiki is not installed."""
    if not is_installed():
        pytest.skip("MediaWiki or PHP is not installed; `make test-web` installs them on Debian")
    with Wiki(tmp_path_factory.mktemp("wiki")) as wiki:
        wiki.fill(collection.uploads(), collection.pages())
        yield wiki


@pytest.fixture
def wiki(filled_wiki: Wiki) -> Wiki:
    """The wiki without faults, its log empty."""
    filled_wiki.lag(0)
    filled_wiki.be_busy(0)
    filled_wiki.forget_requests()
    return filled_wiki


@pytest.fixture
def sparql() -> Iterator[SparqlServer]:
    """A SPARQL endpoint whose items have the wiki's files as pictures, and two that are not there."""
    with SparqlServer() as server:
        names = [known.name for known in collection.known_files()]
        server.add_pictures("Q146", [*names[:60], "Old name.jpg", "Gone.jpg"])
        yield server
