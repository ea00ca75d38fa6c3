"""What a wiki of Debian's packages does not have: structured data, servers' errors of all kinds, odd fields."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from acquisition.sources.web.protocol import Candidate, CursorExpiredError, ListingError, Reply, WebSettings
from acquisition.sources.web.wikimedia import files
from acquisition.sources.web.wikimedia.api import MOST_ROUNDS, Api
from acquisition.sources.web.wikimedia.files import Wish, step_of, to_candidate
from acquisition.sources.web.wikimedia.search import search_terms
from acquisition.sources.web.wikimedia.service import WIKIMEDIA, open_wikimedia
from acquisition.sources.web.wikimedia.sparql import explain, title_of
from shared.errors import UsageError

Json = dict[str, Any]
API = "https://wiki.example/w/api.php"
PAGE = "https://commons.wikimedia.org/wiki/File:Red_beach.jpg"


class ScriptedClient:
    """Gives prepared answers in turn; notes what was asked and how long it was to wait."""

    def __init__(self, *answers: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.answers = [*answers]
        self.asked: list[dict[str, str]] = []
        self.waits: list[float] = []
        self.status, self.headers = status, headers or {}

    def get(
        self, url: str, params: Mapping[str, str] = {}, headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        assert url
        assert not final or set(final) <= {500}
        self.asked.append({**params, **headers})
        return Reply(self.status, self.headers, json.dumps(self.answers.pop(0)).encode())

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = {}, final: Collection[int] = ()
    ) -> Reply:
        return self.get(url, form, headers, final)

    def wait(self, seconds: float, reason: str) -> None:
        assert reason
        self.waits.append(seconds)


def error(code: str, **more: Any) -> Json:
    return {"error": {"code": code, "info": f"it is {code}", **more}}


def page(number: int = 7, **metadata: str) -> Json:
    """A file's page as Commons gives it."""
    info = {
        "url": "https://upload.wikimedia.org/wikipedia/commons/a/a9/Red_beach.jpg",
        "thumburl": "https://thumb.wikimedia.org/wikipedia/commons/thumb/a/a9/Red_beach.jpg/960px-Red_beach.jpg",
        "width": 4000,
        "height": 3000,
        "thumbwidth": 960,
        "thumbheight": 720,
        "mime": "image/jpeg",
        "sha1": "a" * 40,
        "descriptionurl": PAGE,
        "extmetadata": {name: {"value": value, "source": "commons-desc-page"} for name, value in metadata.items()},
    }
    categories = [{"title": "Category:Beaches"}, {"title": "Category:Hidden one", "hidden": True}]
    return {"pageid": number, "ns": 6, "title": "File:Red beach.jpg", "imageinfo": [info], "categories": categories}


def candidate(found: Candidate | str) -> Candidate:
    assert isinstance(found, Candidate)
    return found


@pytest.mark.parametrize("code", ["maxlag", "ratelimited", "readonly", "internal_api_error_DBQueryError"])
def test_what_passes_is_waited_for(code: str) -> None:
    client = ScriptedClient(error(code), error(code), {"query": {}})
    assert Api(client, API).ask({}) == {"query": {}}
    assert client.waits == [5.0, 10.0]


def test_the_wiki_says_how_long_to_wait() -> None:
    lagging = ScriptedClient(error("maxlag", lag=7), {"query": {}})
    Api(lagging, API).ask({})
    named = ScriptedClient(error("ratelimited"), {"query": {}}, headers={"retry-after": "30"})
    Api(named, API).ask({})
    assert (lagging.waits, named.waits) == ([7.0], [30.0])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *(("badcontinue", CursorExpiredError), ("invalidcategory", UsageError), ("toomanyvalues", UsageError)),
        *(("cirrussearch-parse-error", UsageError), ("blocked", ListingError)),
    ],
)
def test_what_does_not_pass_is_an_error(code: str, expected: type[Exception]) -> None:
    with pytest.raises(expected, match=f"it is {code}"):
        Api(ScriptedClient(error(code)), API).ask({})


def test_pieces_of_a_batch_are_put_together_by_page() -> None:
    first = {
        "continue": {"clcontinue": "x", "continue": "||"},
        "query": {"pages": [page(1) | {"categories": []}, page(2)]},
    }
    more: Json = {"pageid": 1, "title": "File:Red beach.jpg", "categories": [{"title": "Category:Late"}]}
    second = {"batchcomplete": True, "continue": {"gcmcontinue": "next"}, "query": {"pages": [more]}}
    batch = Api(ScriptedClient(first, second), API).batch({}, {})
    assert [one["pageid"] for one in batch.pages] == [1, 2]
    assert batch.pages[0]["categories"] == [{"title": "Category:Late"}]
    assert batch.more == {"gcmcontinue": "next"}


def test_a_property_that_never_ends_is_given_up_and_the_next_batch_asked_for() -> None:
    endless = {"continue": {"clcontinue": "x", "gcmcontinue": "here", "continue": "||"}, "query": {"pages": [page(1)]}}
    client = ScriptedClient(*[endless] * MOST_ROUNDS, {"batchcomplete": True, "continue": {"gcmcontinue": "next"}})
    batch = Api(client, API).batch({"generator": "categorymembers", "gcmlimit": "50", "prop": "categories"}, {})
    assert (len(batch.pages), batch.more) == (1, {"gcmcontinue": "next"})
    assert client.asked[-1].keys() & {"prop", "clcontinue"} == set()
    assert client.asked[-1]["gcmcontinue"] == "here"


def test_a_scaled_copy_has_the_address_that_the_api_gives() -> None:
    found = candidate(to_candidate(page(), Wish(960)))
    assert found.url.startswith("https://thumb.wikimedia.org/")
    assert (found.sha1, found.width_px, found.height_px) == ("", 960, 720)
    assert WIKIMEDIA.attribute(found, "CC0-1.0").endswith(", scaled down")
    original = candidate(to_candidate(page(), Wish(0)))
    assert (original.url.endswith("/Red_beach.jpg"), original.sha1, original.width_px) == (True, "a" * 40, 4000)


def test_fields_are_plain_text_in_english() -> None:
    fields = page(
        Artist='<a href="//commons.wikimedia.org/wiki/User:Jane">Jane &amp; Co</a>',
        LicenseShortName="CC BY-SA 4.0",
        License="cc-by-sa-4.0",
        LicenseUrl="//creativecommons.org/licenses/by-sa/4.0",
        DateTimeOriginal='<time class="dtstart" datetime="2019-05-06 10:11">2019-05-06 10:11</time>',
        Restrictions="personality",
    )
    fields["imageinfo"][0]["extmetadata"]["ObjectName"] = {"value": {"de": "Strand", "en": "Beach", "_type": "lang"}}
    found = candidate(to_candidate(fields, Wish(0, ["beaches of Brittany"]), ["beach"]))
    assert (found.author, found.author_url) == ("Jane & Co", "https://commons.wikimedia.org/wiki/User:Jane")
    assert (found.title, found.taken_at) == ("Beach", "2019-05-06T10:11")
    assert found.tags == ("Beaches", "beach", "beaches of Brittany")
    assert found.license == "CC BY-SA 4.0 (restrictions: personality)"
    assert found.license_id == "CC-BY-SA-4.0"
    assert found.license_url == "https://creativecommons.org/licenses/by-sa/4.0"


def test_fair_use_is_never_a_free_licence() -> None:
    found = candidate(to_candidate(page(LicenseShortName="CC BY 4.0", NonFree="true"), Wish(0)))
    assert found.license_id == "LicenseRef-NonFree"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"imageinfo": [{"mime": "application/pdf"}]}, "not_a_picture"),
        ({"imageinfo": [{"mime": "image/svg+xml"}]}, "not_a_picture"),
        ({"imageinfo": [{"mime": "image/jpeg", "filehidden": True}]}, "hidden"),
        ({"imageinfo": [], "missing": True}, "missing"),
    ],
)
def test_what_is_no_picture_is_left_out_with_a_reason(changed: Json, reason: str) -> None:
    assert to_candidate(page() | changed, Wish(0)) == reason


@pytest.mark.parametrize(("width", "step"), [(1, 20), (300, 330), (960, 960), (961, 1280), (9000, 3840)])
def test_widths_are_those_that_wikimedia_makes(width: int, step: int) -> None:
    assert step_of(width) == step


def test_what_files_depict_is_named_in_english_and_each_name_asked_for_once() -> None:
    def claims(*items: str) -> Json:
        return {"P180": [{"mainsnak": {"datavalue": {"value": {"id": item}}}} for item in items]}

    some = {"batchcomplete": True, "continue": {"gsroffset": 50}, "query": {"pages": [page(7), page(8)]}}
    last = {"batchcomplete": True, "query": {"pages": [page(9)]}}
    statements = {"entities": {"M7": {"statements": claims("Q1", "Q2")}, "M8": {"missing": ""}}}
    labels = {"entities": {"Q1": {"labels": {"en": {"value": "beach"}}}, "Q2": {"labels": []}}}
    client = ScriptedClient(some, statements, labels, last, {"entities": {"M9": {"statements": claims("Q1")}}})
    listing = open_wikimedia("depicts:q146", WebSettings(endpoint=API), client)
    first = listing.list(None)
    assert [one.tags for one in first.candidates] == [("Beaches", "beach"), ("Beaches",)]
    assert listing.list(first.cursor).candidates[0].tags == ("Beaches", "beach")
    assert client.asked[0]["gsrsearch"] == "haswbstatement:P180=Q146 filetype:bitmap"
    assert len(client.asked) == 5


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("red panda filetype:bitmap", ["red panda"]),
        ('"red panda" -zoo incategory:"Ailurus fulgens" OR', ["red panda"]),
        ("haswbstatement:P180=Q42 filew:>1000", []),
    ],
)
def test_the_words_of_a_search_are_a_tag(query: str, terms: list[str]) -> None:
    assert search_terms(query) == terms


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("http://commons.wikimedia.org/wiki/Special:FilePath/Red%20beach%2C%20A.jpg", "Red beach, A.jpg"),
        ("https://commons.wikimedia.org/wiki/Special:FilePath/A.jpg?width=300", "A.jpg"),
        ("https://commons.wikimedia.org/wiki/File:Red_beach.jpg", "Red beach.jpg"),
        ("https://upload.wikimedia.org/wikipedia/commons/a/a9/Red_beach.jpg", "Red beach.jpg"),
        ("https://upload.wikimedia.org/wikipedia/commons/thumb/a/a9/B.png/330px-B.png", "B.png"),
        ("http://www.wikidata.org/entity/Q42", ""),
        ("http://commons.wikimedia.org/wiki/Special:FilePath/A.jpg%7CFile:B.jpg", ""),
    ],
)
def test_addresses_of_files_have_their_title(url: str, title: str) -> None:
    assert title_of(url) == title


def test_a_malformed_query_is_explained_in_one_line() -> None:
    answer = (
        "SPARQL-QUERY: queryStr=SELECT ?x\njava.util.concurrent.ExecutionException: org.openrdf.query."
        'MalformedQueryException: Encountered " <EOF> " at line 1, column 9.\n\tat java.base/java.util.concurrent.FutureTask.get(F.java)'
    )
    assert explain(answer) == 'Encountered " <EOF> " at line 1, column 9.'


def test_properties_never_ask_for_all_metadata_of_a_file() -> None:
    asked = files.properties(Wish(960))
    assert "metadata" not in asked["iiprop"].split("|")
    assert asked["iiurlwidth"] == "960"


def test_categories_without_files_are_walked_through_for_one_page() -> None:
    root: Json = {"query": {"pages": [{"pageid": 1, "categoryinfo": {"files": 0, "subcats": 2}}]}}
    nothing: Json = {"batchcomplete": True}
    below: Json = {"batchcomplete": True, "query": {"categorymembers": [{"pageid": 2}, {"pageid": 3}, {"pageid": 1}]}}
    some: Json = {"batchcomplete": True, "query": {"pages": [page(9)]}}
    client = ScriptedClient(root, nothing, below, nothing, nothing, some, nothing, {"entities": {}})
    listing = open_wikimedia("category:Coasts|depth=2", WebSettings(endpoint=API), client)
    found = listing.list(None)
    assert ([one.record for one in found.candidates], found.cursor) == (["9"], None)
    assert [one.get("gcmpageid") for one in client.asked if "gcmpageid" in one] == ["1", "2", "3"]
