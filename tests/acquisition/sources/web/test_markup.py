"""HTML fragments of services to plain text."""

import pytest

from acquisition.sources.web import markup

BASE = "https://commons.wikimedia.org/wiki/File:A.jpg"


@pytest.mark.parametrize(
    ("fragment", "text", "link"),
    [
        ("Jane  Doe\n", "Jane Doe", ""),
        ("Tom &amp; Jerry", "Tom & Jerry", ""),
        (
            '<a href="//commons.wikimedia.org/wiki/User:Jane" title="User:Jane">Jane <b>Doe</b></a>',
            "Jane Doe",
            "https://commons.wikimedia.org/wiki/User:Jane",
        ),
        (
            'by <a href="/wiki/User:J">J</a>, <a href="https://x.example">X</a>',
            "by J, X",
            "https://commons.wikimedia.org/wiki/User:J",
        ),
        ('<a href="javascript:alert(1)">J</a>', "J", ""),
        ('<a href="http://[">J</a>', "J", ""),
        ("one<br>two<p>three</p><ul><li>four</li></ul>", "one two three four", ""),
        ('<span class="language en" title="English"><b>English:</b></span> A <i>red</i> beach', "A red beach", ""),
        ("<style>p {}</style>a<script>alert(1)</script>b", "ab", ""),
        ('<div style="display: none">hidden <br> text</div>seen', "seen", ""),
        ("<p>open <b>tags", "open tags", ""),
        ("a < b & c", "a < b & c", ""),
        ("", "", ""),
    ],
)
def test_a_fragment_has_a_text_and_a_first_link(fragment: str, text: str, link: str) -> None:
    assert markup.read(fragment, BASE) == (text, link)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"de": "Strand", "en": "beach", "_type": "lang"}, "beach"),
        ({"de": "Strand", "en-gb": "seaside", "_type": "lang"}, "seaside"),
        ({"_type": "lang", "fr": "plage", "de": "Strand"}, "plage"),
        ({"_type": "lang"}, ""),
        *(("beach", "beach"), (None, ""), (12, "12")),
    ],
)
def test_english_comes_first(value: object, expected: str) -> None:
    assert markup.in_english(value) == expected


def test_what_is_no_text_is_empty() -> None:
    assert markup.plain(None) == markup.plain(["a"]) == ""
