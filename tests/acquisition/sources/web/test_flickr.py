"""Flickr, against a contract server."""

from collections.abc import Iterator

import pytest

from acquisition.sources.web.flickr import FLICKR, WAITS_S, open_flickr
from acquisition.sources.web.protocol import ListingError, WebSettings
from shared.errors import UsageError
from shared.secret import Secret
from tests.acquisition.sources.web.listings import list_all
from tests.acquisition.sources.web.plain_client import PlainClient
from tests.acquisition.sources.web.servers.flickr import KEY, LICENSES, FlickrServer


@pytest.fixture
def server() -> Iterator[FlickrServer]:
    with FlickrServer() as server:
        yield server


def settings(server: FlickrServer, key: str = KEY, licenses: tuple[str, ...] = ()) -> WebSettings:
    keys = {"flickr_key": Secret(key)}
    return WebSettings(keys=keys, endpoint=f"{server.address}/services/rest/", licenses=licenses)


def test_photos_of_accepted_licences_are_listed_once(server: FlickrServer) -> None:
    listed = list_all(open_flickr("lighthouse", settings(server), PlainClient()))
    expected = [number for number in range(130) if LICENSES[number % len(LICENSES)] in {4, 5, 9, 10, 11, 12}]
    assert sorted(listed.records) == [str(5_000_000 + number) for number in expected]
    assert server.asked[0].params["license"] == "4,5,8,9,10,11,12"


def test_more_photos_than_one_query_answers_are_listed_in_slices(server: FlickrServer) -> None:
    server.n = 6_000
    licenses = ("any",)
    listed = list_all(open_flickr("tag:lighthouse", settings(server, licenses=licenses), PlainClient()))
    expected = sum(1 for number in range(server.n) if LICENSES[number % len(LICENSES)] != 17)
    assert len(listed.records) == len(set(listed.records)) == expected == 5_455
    assert len(server.asked) < 40
    assert {one.params["tags"] for one in server.asked} == {"lighthouse"}


def test_pages_that_come_again_end_a_slice(server: FlickrServer, monkeypatch: pytest.MonkeyPatch) -> None:
    search = server.search
    monkeypatch.setattr(server, "search", lambda asked: search(asked) | {"pages": 7})  # more than there are
    listed = list_all(open_flickr("lighthouse", settings(server), PlainClient()))
    assert len(listed.records) == len(set(listed.records)) == 71
    assert len(server.asked) == 2


def test_a_photo_has_its_licence_author_page_and_date(server: FlickrServer) -> None:
    found = {
        one.record: one for one in open_flickr("lighthouse", settings(server), PlainClient()).list(None).candidates
    }
    by_sa, zero = found["5000015"], found["5000006"]
    assert (by_sa.license_id, by_sa.license, zero.license_id) == ("CC-BY-SA-2.0", "CC BY-SA 2.0", "CC0-1.0")
    assert (by_sa.title, by_sa.author, by_sa.tags) == (
        "Drawn & rectangle 15",
        "Ann 6",
        ("drawn", "rectangle", "lighthouse"),
    )
    assert by_sa.source_url == "https://www.flickr.com/photos/ann6/5000015"
    assert zero.source_url == "https://www.flickr.com/photos/6@N00/5000006"
    assert (by_sa.taken_at, found["5000004"].taken_at if "5000004" in found else "") == ("2011-03-20T05:46:40", "")
    assert (by_sa.width_px, by_sa.height_px) == (1024, 682)
    assert FLICKR.attribute(by_sa, by_sa.license_id) == (
        "“Drawn & rectangle 15” (https://www.flickr.com/photos/ann6/5000015) by Ann 6 "
        "(https://www.flickr.com/people/ann6/), CC BY-SA 2.0 (https://creativecommons.org/licenses/by-sa/2.0/), scaled down"
    )


def test_a_licence_that_is_newer_than_the_table_is_not_asked_for_and_unknown(server: FlickrServer) -> None:
    listing = open_flickr("lighthouse", settings(server, licenses=("any",)), PlainClient())
    listing.list(None)
    assert "17" not in server.asked[0].params["license"].split(",")


def test_a_service_that_is_not_available_is_waited_for(server: FlickrServer) -> None:
    server.n_busy, client = 2, PlainClient()
    assert open_flickr("lighthouse", settings(server), client).list(None).candidates
    assert [seconds for seconds, _ in client.waits] == [*WAITS_S[:2]]
    server.n_busy = 10
    with pytest.raises(ListingError, match="flickr is not available now"):
        open_flickr("lighthouse", settings(server), client).list(None)


def test_a_wrong_key_names_the_variable_and_the_page_but_not_the_key(server: FlickrServer) -> None:
    with pytest.raises(
        UsageError, match=r"IMAGEREC_FLICKR_KEY: flickr refused the key .*100: Invalid API Key"
    ) as caught:
        open_flickr("lighthouse", settings(server, "very-secret"), PlainClient()).list(None)
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "licenses", "message"),
    [
        ("", (), "expected flickr:WORDS or flickr:tag:WORD"),
        ("tag:", (), "expected flickr:WORDS or flickr:tag:WORD"),
        ("lighthouse", ("pexels",), "--licenses: flickr has pictures under"),
    ],
)
def test_a_query_that_cannot_be_is_wrong_usage(
    server: FlickrServer, query: str, licenses: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        open_flickr(query, settings(server, licenses=licenses), PlainClient())


def test_an_endpoint_that_is_no_address_of_the_web_is_wrong_usage(server: FlickrServer) -> None:
    wish = settings(server)._replace(endpoint="ftp://flickr.example/")
    with pytest.raises(UsageError, match="--endpoint: expected an address that begins with https://"):
        open_flickr("lighthouse", wish, PlainClient())


def test_nothing_found_is_said(server: FlickrServer) -> None:
    with pytest.raises(ListingError, match="flickr finds nothing for 'nothing'"):
        open_flickr("nothing", settings(server), PlainClient()).list(None)
