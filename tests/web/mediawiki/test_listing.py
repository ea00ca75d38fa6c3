"""Listings of a real MediaWiki and a real SPARQL engine."""

import re
from pathlib import Path
from typing import Any

import pytest

from acquisition.sources.web.protocol import Candidate, CursorExpiredError, Listing, ListingError, WebSettings
from acquisition.sources.web.wikimedia.service import open_wikimedia
from shared.errors import UsageError
from tests.acquisition.sources.web.listings import Listed, list_all
from tests.acquisition.sources.web.plain_client import PlainClient
from tests.web.mediawiki import collection
from tests.web.mediawiki.sparql_server import SparqlServer
from tests.web.mediawiki.wiki import Wiki, status_of

pytestmark = pytest.mark.slow

QUERY = (
    "SELECT ?item ?itemLabel ?image WHERE { ?item wdt:P31/wdt:P279* wd:Q146 ; wdt:P18 ?image ; rdfs:label ?itemLabel }"
)


def listing(wiki: Wiki, query: str, client: PlainClient | None = None, sparql: str = "", **settings: Any) -> Listing:
    made = WebSettings(contact="tests@example.org", endpoint=f"{wiki.api} {sparql}".strip())._replace(**settings)
    return open_wikimedia(query, made, client or PlainClient())


def names(listed: Listed) -> list[str]:
    """The names of the files that were listed."""
    return [one.source_url.rpartition("File:")[2].replace("_", " ") for one in listed.candidates]


def by_name(listed: Listed) -> dict[str, Candidate]:
    return dict(zip(names(listed), listed.candidates, strict=True))


def test_a_category_is_walked_through_its_cycle_each_file_once(wiki: Wiki) -> None:
    listed = list_all(listing(wiki, "category:Coast"))
    assert sorted(names(listed)) == sorted(known.name for known in collection.known_files())
    assert len(set(listed.records)) == collection.N_FILES
    assert sum(known.category == collection.ROOT for known in collection.known_files()) > 50
    assert listed.pages == 4


@pytest.mark.parametrize(("option", "levels"), [("|depth=0", 1), ("|depth=1", 2), ("|depth=2", 3), ("", 3)])
def test_the_depth_says_how_many_levels_of_subcategories_are_listed(wiki: Wiki, option: str, levels: int) -> None:
    listed = list_all(listing(wiki, f"category:Category:Coast{option}"))
    # Coast -> Cliffs is below it, Arches is below Cliffs, and Coast is below Arches
    expected = {known.name for known in collection.known_files() if known.category in collection.LEVELS[:levels]}
    assert set(names(listed)) == expected


def test_a_category_without_a_page_has_its_files(wiki: Wiki) -> None:
    expected = {known.name for known in collection.known_files() if "Topic 03 of 2" in known.topics}
    assert set(names(list_all(listing(wiki, "category:Topic_03 of 2")))) == expected


def test_properties_that_come_in_several_answers_are_put_together(wiki: Wiki) -> None:
    found = by_name(list_all(listing(wiki, "search:Drawn")))
    assert len(found) == collection.N_FILES
    known = {one.name: one for one in collection.known_files()}
    for name, candidate in found.items():
        assert {*known[name].topics, known[name].category} <= set(candidate.tags), name
    assert any("clcontinue" in path for _, path, _ in wiki.requests())


def test_a_file_has_its_licence_author_title_date_and_tags(wiki: Wiki) -> None:
    found = by_name(list_all(listing(wiki, "category:Coast", is_original=True)))
    for known in collection.known_files():
        one = found[known.name]
        assert (one.license_id or "unknown") == known.license_id, known.name
        assert (one.author, one.author_url) == (
            known.author,
            f"http://wiki.example/wiki/User:{known.author.replace(' ', '_')}",
        )
        assert (one.title, one.taken_at) == (known.title, f"2021-05-{known.number % 28 + 1:02d}")
        assert one.tags[0] == known.category or known.category in one.tags
        assert "Coast" in one.tags
        assert "Files with no machine-readable source" not in one.tags
        assert len(one.sha1) == 40


def test_the_authors_own_credit_line_is_kept_with_source_and_licence(wiki: Wiki) -> None:
    known = collection.known_files()[collection.WITH_CREDIT_LINE]
    one = by_name(list_all(listing(wiki, "category:Coast")))[known.name]
    assert one.attribution.startswith(
        f"Photo by Jane / Wikimedia ({one.source_url}), CC BY 2.0 DE (https://creativecommons.org"
    )


def test_only_widths_that_the_servers_make_are_asked_for_and_small_files_come_as_they_are(wiki: Wiki) -> None:
    found = list_all(listing(wiki, "category:Coast", width_px=300)).candidates
    scaled = [one for one in found if "/thumb/" in one.url]
    assert len(scaled) > 50
    assert {re.search(r"/(\d+)px-", one.url).group(1) for one in scaled} == {"330"}  # type: ignore[union-attr]
    assert all((one.width_px, one.sha1) == (330, "") for one in scaled)
    assert all(one.sha1 for one in found if "/thumb/" not in one.url)
    assert status_of(scaled[0].url) == 200
    assert status_of(scaled[0].url.replace("/330px-", "/300px-")) == 400


def test_a_search_finds_files_best_first_with_its_words_as_tag(wiki: Wiki) -> None:
    listed = list_all(listing(wiki, "search:balloons"))
    assert listed.candidates
    assert all("balloons" in one.title for one in listed.candidates)
    assert all("balloons" in one.tags for one in listed.candidates)


def test_a_wiki_without_structured_data_is_asked_for_it_once(wiki: Wiki) -> None:
    list_all(listing(wiki, "category:Coast"))
    assert sum("wbgetentities" in path for _, path, _ in wiki.requests()) == 1


def test_a_lagging_database_is_waited_for_as_long_as_it_says(wiki: Wiki) -> None:
    client = PlainClient()
    wiki.lag(2)
    assert list_all(listing(wiki, "category:Coast|depth=0", client)).candidates
    assert [seconds for seconds, _ in client.waits] == [5.0, 5.0]
    assert "7 seconds lagged" in client.waits[0][1]
    wiki.lag(1_000)
    with pytest.raises(ListingError, match="has asked to wait 6 times"):
        listing(wiki, "category:Coast", client).list(None)


def test_every_question_allows_for_lag(wiki: Wiki) -> None:
    list_all(listing(wiki, "category:Coast|depth=0"))
    questions = [path for _, path, _ in wiki.requests()]
    assert questions
    assert all("maxlag=5" in path and "formatversion=2" in path for path in questions)


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("category:Nowhere", UsageError, "expected the name of a category, got 'Nowhere': there is none at 127.0.0.1"),
        ("category:Bad[name]", UsageError, "there is none at"),
        ("category:Empty", ListingError, "the category 'Empty' of 127.0.0.1:.* holds no files"),
        ("category:", UsageError, "expected wikimedia:category:NAME"),
        ("category:Coast|width=3", UsageError, r"expected \|depth=N with N from 0 to 20 behind a category"),
        ("search:", UsageError, "expected wikimedia:search:WORDS"),
        ("depicts:cat", UsageError, "expected an item of Wikidata such as wikimedia:depicts:Q146"),
        ("sparql:cats.rq", UsageError, "expected a SPARQL query or a file with one"),
        ("photos:cats", UsageError, "expected wikimedia:category:NAME"),
    ],
)
def test_a_query_that_cannot_be_is_one_sentence(wiki: Wiki, query: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        listing(wiki, query).list(None)


def test_a_place_that_the_wiki_does_not_know_any_more_starts_the_listing_again(wiki: Wiki) -> None:
    cursor = '[[[%d, 0]], [1], {"gcmcontinue": "nonsense", "continue": "gcmcontinue||"}]'
    page = listing(wiki, "category:Coast").list(None).cursor or ""
    root = int(re.search(r"\d+", page).group())  # type: ignore[union-attr]
    with pytest.raises(CursorExpiredError):
        listing(wiki, "category:Coast").list(cursor % root)


def test_what_is_no_mediawiki_is_said(wiki: Wiki, sparql: SparqlServer) -> None:
    with pytest.raises(ListingError, match=r"expected the API of a MediaWiki at .*/nothing.php, got 404"):
        open_wikimedia("category:Coast", WebSettings(endpoint=f"{wiki.address}/nothing.php"), PlainClient()).list(None)


def test_a_sparql_query_finds_files_of_the_wiki_redirected_ones_once_and_counts_missing_ones(
    wiki: Wiki, sparql: SparqlServer, tmp_path: Path
) -> None:
    path = tmp_path / "query.rq"
    path.write_text(QUERY)
    listed = list_all(listing(wiki, f"sparql:{path}", sparql=sparql.address))
    expected = [known.name for known in collection.known_files()[:60]]
    assert set(names(listed)) == set(expected)
    assert (listed.refused, listed.total, sparql.n_asked) == ({"missing": 1}, 62, 1)
    found = by_name(listed)
    assert all(any(tag.startswith("thing ") for tag in one.tags) for one in found.values())


def test_a_listing_goes_on_after_a_stop(wiki: Wiki, sparql: SparqlServer) -> None:
    for query in (
        "category:Coast",
        "search:Drawn",
        f"sparql:{QUERY}",
    ):
        whole, cursor, records = list_all(listing(wiki, query, sparql=sparql.address)), None, list[str]()
        for _ in range(whole.pages):  # each page by a new process, as it were
            page = listing(wiki, query, sparql=sparql.address).list(cursor)
            records += [one.record for one in page.candidates]
            cursor = page.cursor
        assert cursor is None
        assert records == whole.records


def test_a_query_that_finds_other_pictures_now_starts_again(wiki: Wiki, sparql: SparqlServer) -> None:
    cursor = listing(wiki, f"sparql:{QUERY}", sparql=sparql.address).list(None).cursor
    sparql.add_pictures("Q146", ["New.jpg"])
    with pytest.raises(CursorExpiredError):
        listing(wiki, f"sparql:{QUERY}", sparql=sparql.address).list(cursor)


@pytest.mark.parametrize(
    ("query", "faults", "error", "message"),
    [
        ("SELECT ?item WHERE { ?item wdt:P31 }", [], UsageError, "refused the query: .*expected"),
        ("SELECT ?item WHERE { ?item wdt:P18 ?image }", [], UsageError, "expected a column with pictures .*, got item"),
        ("SELECT ?image WHERE { ?image wdt:P999 ?x }", [], ListingError, "the query finds nothing at"),
        (
            QUERY,
            ["timeout"],
            ListingError,
            "gave the query up after its limit, 60 s at Wikidata; ask for less: a LIMIT",
        ),
        (QUERY, ["cut", "cut"], ListingError, "is cut off or no SPARQL result; ask for less"),
        (QUERY, ["busy"], ListingError, "429"),
    ],
)
def test_a_fault_of_a_query_is_one_sentence(
    wiki: Wiki, sparql: SparqlServer, query: str, faults: list[str], error: type[Exception], message: str
) -> None:
    sparql.faults = faults
    with pytest.raises(error, match=message):
        listing(wiki, f"sparql:{query}", sparql=sparql.address).list(None)


def test_an_answer_that_is_cut_off_is_asked_for_once_more(wiki: Wiki, sparql: SparqlServer) -> None:
    sparql.faults = ["cut"]
    assert listing(wiki, f"sparql:{QUERY}", sparql=sparql.address).list(None).candidates
    assert sparql.n_asked == 2
