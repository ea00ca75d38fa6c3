"""Pexels, against a contract server."""

from collections.abc import Iterator

import pytest

from acquisition.sources.web.pexels import PEXELS, open_pexels
from acquisition.sources.web.protocol import ListingError, WebSettings
from shared.errors import UsageError
from shared.secret import Secret
from tests.acquisition.sources.web.listings import list_all
from tests.acquisition.sources.web.plain_client import PlainClient
from tests.acquisition.sources.web.servers.pexels import KEY, PexelsServer


@pytest.fixture
def server() -> Iterator[PexelsServer]:
    with PexelsServer() as server:
        yield server


def settings(server: PexelsServer, key: str = KEY) -> WebSettings:
    return WebSettings(keys={"pexels_key": Secret(key)}, endpoint=f"{server.address}/v1")


def test_every_photo_is_listed_once(server: PexelsServer) -> None:
    listed = list_all(open_pexels("lighthouse", settings(server), PlainClient()))
    assert listed.records == [str(1000 + number) for number in range(170)]
    assert (listed.total, listed.pages, listed.refused) == (170, 3, {})


def test_a_photo_has_its_author_and_the_credit_that_pexels_asks_for(server: PexelsServer) -> None:
    first = open_pexels("lighthouse", settings(server), PlainClient()).list(None).candidates[0]
    assert first.url == f"{server.photo_url(0)}?auto=compress&dpr=2&h=650&w=940"
    assert (first.title, first.author, first.tags) == ("Drawn rectangle 0", "Joe 0", ("lighthouse",))
    assert (first.width_px, first.height_px) == (1880, 1253)
    assert first.license_id == "LicenseRef-Pexels"
    assert PEXELS.attribute(first, first.license_id) == (
        "Photo by Joe 0 (https://www.pexels.com/@joe0) on Pexels (https://www.pexels.com/photo/drawn-1000/)"
    )


@pytest.mark.parametrize(
    ("width", "is_original", "size"), [(600, False, "?auto=compress&h=650&w=940"), (600, True, "")]
)
def test_the_smallest_size_that_is_wide_enough_is_taken(
    server: PexelsServer, width: int, is_original: bool, size: str
) -> None:
    wish = settings(server)._replace(width_px=width, is_original=is_original)
    assert open_pexels("a", wish, PlainClient()).list(None).candidates[0].url == f"{server.photo_url(0)}{size}"


def test_the_time_of_a_new_quota_is_remembered_from_the_last_good_answer(server: PexelsServer) -> None:
    server.left = 1
    listing = open_pexels("lighthouse", settings(server), PlainClient())
    page = listing.list(None)
    with pytest.raises(ListingError, match="used up until about 2030-03-17 17:46 UTC; what is listed is kept"):
        listing.list(page.cursor)
    with pytest.raises(ListingError, match=r"used up until about \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        open_pexels("lighthouse", settings(server), PlainClient()).list(None)


def test_a_wrong_key_names_the_variable_and_the_page_but_not_the_key(server: PexelsServer) -> None:
    with pytest.raises(
        UsageError, match=r"IMAGEREC_PEXELS_KEY: pexels refused the key .*https://www.pexels.com/api/"
    ) as caught:
        open_pexels("lighthouse", settings(server, "very-secret"), PlainClient()).list(None)
    assert "very-secret" not in str(caught.value)


def test_nothing_found_is_said(server: PexelsServer) -> None:
    with pytest.raises(ListingError, match="pexels finds nothing for 'nothing'"):
        open_pexels("nothing", settings(server), PlainClient()).list(None)


def test_no_words_are_wrong_usage(server: PexelsServer) -> None:
    with pytest.raises(UsageError, match="expected pexels:WORDS"):
        open_pexels("", settings(server), PlainClient())
