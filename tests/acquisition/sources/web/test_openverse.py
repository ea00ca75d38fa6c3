"""Openverse, against a contract server."""

from collections.abc import Iterator

import pytest

from acquisition.sources.web.openverse import OPENVERSE, open_openverse
from acquisition.sources.web.protocol import ListingError, WebSettings
from shared.errors import UsageError
from shared.secret import Secret
from tests.acquisition.sources.web.listings import list_all
from tests.acquisition.sources.web.plain_client import PlainClient
from tests.acquisition.sources.web.servers.openverse import CLIENT, TOKEN, OpenverseServer


@pytest.fixture
def server() -> Iterator[OpenverseServer]:
    with OpenverseServer() as server:
        yield server


def settings(server: OpenverseServer, *licenses: str) -> WebSettings:
    return WebSettings(endpoint=f"{server.address}/v1", licenses=licenses)


def test_every_picture_of_an_accepted_licence_is_listed_once(server: OpenverseServer) -> None:
    listed = list_all(open_openverse("lighthouse", settings(server), PlainClient()))
    assert len(listed.records) == len(set(listed.records)) == 200
    assert {one.license_code for one in listed.candidates} == {"by 2.0", "by-sa 4.0", "cc0 1.0", "pdm 1.0"}
    assert server.asked[0].params["license"] == "by,by-sa,cc0,pdm"


def test_no_page_behind_the_deepest_is_asked_for(server: OpenverseServer) -> None:
    server.n = 900
    listed = list_all(open_openverse("lighthouse", settings(server), PlainClient()))
    assert (len(listed.records), listed.total, len(server.asked)) == (240, 240, 12)


def test_a_picture_has_its_licence_author_and_certain_tags(server: OpenverseServer) -> None:
    first = open_openverse("lighthouse", settings(server), PlainClient()).list(None).candidates[1]
    assert (first.title, first.author, first.tags) == ("Rectangle 1", "Kim 1", ("rectangle", "shape", "lighthouse"))
    assert first.license_url == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert OPENVERSE.attribute(first, "CC-BY-SA-4.0") == (
        "“Rectangle 1” (https://collection.example/1) by Kim 1 (https://collection.example/kim1), "
        "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)"
    )


def test_a_used_up_quota_says_until_when(server: OpenverseServer) -> None:
    server.left = 1
    listing = open_openverse("lighthouse", settings(server), PlainClient())
    page = listing.list(None)
    with pytest.raises(ListingError, match=r"200 a day is used up until about \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        listing.list(page.cursor)


def test_a_refused_query_is_in_openverses_words(server: OpenverseServer) -> None:
    with pytest.raises(UsageError, match="openverse refused the query: Invalid page"):
        open_openverse("lighthouse", settings(server), PlainClient()).list("13")


def test_larger_pages_than_allowed_are_never_asked_for(server: OpenverseServer) -> None:
    list_all(open_openverse("lighthouse", settings(server), PlainClient()))
    assert {one.params["page_size"] for one in server.asked} == {"20"}


@pytest.mark.parametrize(
    ("query", "licenses", "message"),
    [("", (), "expected openverse:WORDS"), ("a", ("unsplash",), "--licenses: openverse has pictures under by, by-sa")],
)
def test_a_query_that_cannot_be_is_wrong_usage(
    server: OpenverseServer, query: str, licenses: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        open_openverse(query, settings(server, *licenses), PlainClient())


def test_nothing_found_is_said(server: OpenverseServer) -> None:
    with pytest.raises(ListingError, match="openverse finds nothing for 'nothing'"):
        open_openverse("nothing", settings(server), PlainClient()).list(None)


def test_an_account_is_named_in_each_request_and_its_token_is_asked_for_once(server: OpenverseServer) -> None:
    account = settings(server)._replace(keys={"openverse_client": Secret(":".join(CLIENT))})
    list_all(open_openverse("lighthouse", account, PlainClient()))
    assert {one.headers.get("Authorization") for one in server.asked_at("/v1/images/")} == {f"Bearer {TOKEN}"}
    assert len(server.asked_at("/v1/auth_tokens/token/")) == 1


def test_an_unknown_account_names_the_variable_but_not_the_secret(server: OpenverseServer) -> None:
    account = settings(server)._replace(keys={"openverse_client": Secret("client:very-secret")})
    with pytest.raises(UsageError, match="IMAGEREC_OPENVERSE_CLIENT: openverse refused the key") as caught:
        open_openverse("lighthouse", account, PlainClient()).list(None)
    assert "very-secret" not in str(caught.value)
