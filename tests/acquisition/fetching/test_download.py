"""What is checked of a source of the web before Spark starts."""

from typing import Any

import pytest

from acquisition import job
from acquisition.settings import Settings
from shared.errors import UsageError
from shared.secret import Secret
from shared.storage import LocalStorage

CONTACT = {"contact": "me@example.org"}


@pytest.mark.parametrize(
    ("source", "given", "message"),
    [
        ("wikimedia:category:Coast", {}, "--contact: wikimedia asks for a mail or web address"),
        ("wikimedia:category:Coast", {"contact": "m\xe9"}, "--contact: expected a mail or web address in ASCII"),
        ("wikimedia:photos:Coast", CONTACT, "--source: expected wikimedia:category:NAME"),
        ("wikimedia:category:", CONTACT, "--source: expected wikimedia:category:NAME, got no name"),
        ("wikimedia:sparql:none.rq", CONTACT, "--source: expected a SPARQL query or a file with one"),
        ("openverse:", {}, "--source: expected openverse:WORDS, got no words"),
        ("openverse:sea", {"licenses": "unsplash"}, "--licenses: openverse has pictures under by"),
        ("openverse:sea", {"licenses": "mine"}, "--licenses: expected open, any, an SPDX identifier"),
        ("openverse:sea", {"endpoint": "ftp://h"}, "--endpoint: expected an address that begins with https"),
        ("pexels:sea", {}, "expected a key of pexels in the variable IMAGEREC_PEXELS_KEY .*; get one at https://www.p"),
        ("flickr:sea", {}, "expected a key of flickr in the variable IMAGEREC_FLICKR_KEY .*; get one at https://www.f"),
        ("unsplash:sea", {}, "--accept-terms: unsplash asks for this: .* Agree with --accept-terms unsplash"),
        ("unsplash:sea", {"accept_terms": ("unsplash",)}, "expected a key of unsplash in .* IMAGEREC_UNSPLASH_KEY"),
    ],
)
def test_a_source_that_cannot_be_asked_is_one_sentence(
    volume: LocalStorage, source: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        job.check(Settings(data=volume.root, source=source, **given))
    assert not volume.root.exists() or not volume.list("")


@pytest.mark.parametrize("key", ["two words", "k\xe9y", "line\nbreak"])
def test_a_key_that_no_header_can_have_is_refused_and_not_shown(volume: LocalStorage, key: str) -> None:
    with pytest.raises(UsageError, match="IMAGEREC_PEXELS_KEY: expected a key in ASCII without blanks") as caught:
        job.check(Settings(data=volume.root, source="pexels:sea", pexels_key=Secret(key)))
    assert key not in str(caught.value)
