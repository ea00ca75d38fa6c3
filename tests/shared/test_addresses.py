"""Addresses of the web: one spelling for each, and which may be asked."""

import ipaddress

import pytest

from shared.fetching.addresses import canonical, is_public, next_url, place_of
from shared.fetching.door import Door
from shared.fetching.limits import FetchError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80/a#part", "http://example.com/a"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/a?b=c d", "https://example.com:8443/a?b=c%20d"),
        ("http://example.com/a/../b/./c", "http://example.com/b/c"),
        ("http://example.com/%7Ea%2Fb", "http://example.com/%7Ea%2Fb"),
        ("http://user:secret@example.com/", "http://example.com/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        (" http://example.com./a ", "http://example.com/a"),
        ("http://example.com/%e2%82%ac?q=%c3", "http://example.com/%E2%82%AC?q=%C3"),
        ("http://example.com/100%_a b.png?5%", "http://example.com/100%25_a%20b.png?5%25"),
    ],
)
def test_all_spellings_of_an_address_have_one_form(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.jpg", "file:///etc/passwd", "ftp://h/a", "http://", "http://h:port/", "http://[x/", "http://a b/"),
        *("http://a..b/", f"http://{'a' * 64}.example/", "http://h/\ud800"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        canonical(url)
    assert caught.value.kind == "bad_address"


@pytest.mark.parametrize("url", ["http://me:s3cret@h:port/", "http://me:s3c@ret@h\ud800/", "ftp://me:s3cret@h/"])
def test_a_password_in_an_address_is_in_no_message(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        canonical(url)
    assert "s3c" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", "http://h/b"),
        ("//other/b", "http://other/b"),
        ("HTTPS://h/ä", "https://h/%C3%A4"),
        ("b c", "http://h/a/b%20c"),
        ("?q", "http://h/a/x?q"),
    ],
)
def test_a_redirect_leads_on_from_its_address(location: str, expected: str) -> None:
    assert next_url("http://h/a/x", location) == expected


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[::1/x", "javascript:alert(1)", "http://h:99999/"])
def test_a_redirect_to_no_address_of_the_web_is_refused(location: str) -> None:
    with pytest.raises(FetchError) as caught:
        next_url("http://h/a/x", location)
    assert caught.value.kind == "bad_address"


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "fe80::1", "fd00::1", "ff02::1", "::", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "::127.0.0.1", "192.0.2.1", "2001:db8::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_loopback_may_be_allowed_and_nothing_else() -> None:
    allowed = [
        one
        for one in ("127.0.0.1", "::1", "10.0.0.1", "169.254.169.254")
        if is_public(ipaddress.ip_address(one), is_loopback_allowed=True)
    ]
    assert allowed == ["127.0.0.1", "::1"]


def test_a_host_is_named_with_its_port_where_it_is_another() -> None:
    assert [place_of(url).name for url in ("http://h/", "https://h/", "http://h:443/", "http://[::1]:1/")] == [
        "h",
        "h",
        "h:443",
        "[::1]:1",
    ]


def test_private_addresses_are_not_asked_through_a_proxy_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(FetchError) as caught, Door().ask("http://169.254.169.254/latest/meta-data"):
        pass
    assert caught.value.kind == "blocked_address"
