"""Unsplash, against a contract server."""

import re
from collections.abc import Iterator

import pytest

from acquisition.sources.web.protocol import ListingError, WebSettings
from acquisition.sources.web.unsplash import UNSPLASH, open_unsplash
from shared.errors import UsageError
from shared.secret import Secret
from tests.acquisition.sources.web.listings import list_all
from tests.acquisition.sources.web.plain_client import PlainClient
from tests.acquisition.sources.web.servers.unsplash import KEY, UnsplashServer


@pytest.fixture
def server() -> Iterator[UnsplashServer]:
    with UnsplashServer() as server:
        yield server


def settings(server: UnsplashServer, key: str = KEY) -> WebSettings:
    return WebSettings(keys={"unsplash_key": Secret(key)}, endpoint=server.address)


def test_every_photo_is_listed_once_and_those_of_unsplash_plus_are_refused(server: UnsplashServer) -> None:
    listed = list_all(open_unsplash("lighthouse", settings(server), PlainClient()))
    assert len(listed.records) == len(set(listed.records)) == 113
    assert (listed.refused, listed.total, listed.pages) == ({"unsplash_plus": 12}, 125, 5)
    assert {one.params["per_page"] for one in server.asked} == {"30"}


def test_a_photo_keeps_its_hotlink_its_author_and_its_tracking_address(server: UnsplashServer) -> None:
    listing = open_unsplash("lighthouse", settings(server), PlainClient())
    first, second = listing.list(None).candidates[:2]
    assert first.url == first.display_url == f"{server.address}/photos/0.jpg?ixid=search-0&w=1080"
    assert (first.record, first.title, first.author) == ("photo0", "Photo number 0", "Jane 0")
    assert second.title == "a drawn rectangle 1"
    assert first.tags == ("rectangle", "lighthouse")
    assert first.license_id == "LicenseRef-Unsplash"
    assert (first.width_px, first.height_px) == (1080, 810)
    assert first.tracking_url == f"{server.address}/downloads/photo0?ixid=search-0"
    assert listing.tracking_headers == {"Authorization": Secret(f"Client-ID {KEY}")}
    assert UNSPLASH.attribute(first, first.license_id) == (
        "Photo by Jane 0 (https://unsplash.com/@user0?utm_source=imagerec&utm_medium=referral) on Unsplash "
        "(https://unsplash.com/photos/photo0?utm_source=imagerec&utm_medium=referral)"
    )


@pytest.mark.parametrize(
    ("width", "is_original", "size"), [(300, False, "w=400"), (2000, False, "q=100"), (300, True, "q=100")]
)
def test_the_smallest_size_that_is_wide_enough_is_taken(
    server: UnsplashServer, width: int, is_original: bool, size: str
) -> None:
    wish = settings(server)._replace(width_px=width, is_original=is_original)
    assert open_unsplash("a", wish, PlainClient()).list(None).candidates[0].url.endswith(size)


def test_a_used_up_quota_says_until_when_although_the_answer_is_no_json(server: UnsplashServer) -> None:
    server.left = 1
    listing = open_unsplash("lighthouse", settings(server), PlainClient())
    page = listing.list(None)
    with pytest.raises(
        ListingError, match=r"quota of 50 requests an hour is used up until about \d{4}-\d\d-\d\d \d\d:\d\d UTC"
    ):
        listing.list(page.cursor)


def test_a_wrong_key_names_the_variable_and_the_page_but_not_the_key(server: UnsplashServer) -> None:
    with pytest.raises(UsageError, match="IMAGEREC_UNSPLASH_KEY: unsplash refused the key") as caught:
        open_unsplash("lighthouse", settings(server, "very-secret"), PlainClient()).list(None)
    assert "https://unsplash.com/oauth/applications" in str(caught.value)
    assert "very-secret" not in str(caught.value)


def test_any_other_error_is_in_unsplashs_words(server: UnsplashServer) -> None:
    server.fault = 418
    with pytest.raises(ListingError, match=re.escape("unsplash answered 418: Something went wrong")):
        open_unsplash("lighthouse", settings(server), PlainClient()).list(None)


def test_nothing_found_is_said(server: UnsplashServer) -> None:
    with pytest.raises(ListingError, match="unsplash finds nothing for 'nothing'"):
        open_unsplash("nothing", settings(server), PlainClient()).list(None)


def test_no_words_are_wrong_usage(server: UnsplashServer) -> None:
    with pytest.raises(UsageError, match="expected unsplash:WORDS"):
        open_unsplash("", settings(server), PlainClient())
