"""Credit lines as licences and services ask for them."""

import pytest

from shared.licenses.credits import Piece, Work, credit, stated_credit, to_html, to_markdown, to_text

BEACH = Work(
    title="Red beach",
    author="Jane Doe",
    author_url="https://commons.wikimedia.org/wiki/User:Jane",
    source_url="https://commons.wikimedia.org/wiki/File:Red_beach.jpg",
    license_id="CC-BY-SA-4.0",
    service="wikimedia",
)


def test_a_licence_of_creative_commons_asks_for_title_creator_source_and_licence() -> None:
    assert to_text(credit(BEACH)) == (
        "“Red beach” (https://commons.wikimedia.org/wiki/File:Red_beach.jpg) by Jane Doe "
        "(https://commons.wikimedia.org/wiki/User:Jane), CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)"
    )


def test_a_scaled_copy_says_so() -> None:
    assert to_text(credit(BEACH._replace(is_scaled=True))).endswith("/by-sa/4.0/), scaled down")


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (Work(), "Picture"),
        (Work(title="a"), "“a”"),
        (Work(author="b", license="© b"), "Picture by b, © b"),
        (Work(title="a", license="CC BY 4.0"), "“a”, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)"),
        (Work(title="a", license_id="LicenseRef-PD"), "“a”, public domain"),
        (
            Work(title="a", license="x", license_id="unknown", license_url="https://x.example"),
            "“a”, x (https://x.example)",
        ),
    ],
)
def test_what_is_not_known_is_left_out(work: Work, expected: str) -> None:
    assert to_text(credit(work)) == expected


def test_unsplash_asks_for_links_with_a_referral() -> None:
    work = Work(
        author="Jane", author_url="https://unsplash.com/@jane", service="unsplash", license_id="LicenseRef-Unsplash"
    )
    assert credit(work) == [
        Piece("Photo by "),
        Piece("Jane", "https://unsplash.com/@jane?utm_source=imagerec&utm_medium=referral"),
        Piece(" on "),
        Piece("Unsplash", "https://unsplash.com/?utm_source=imagerec&utm_medium=referral"),
    ]
    page = work._replace(source_url="https://unsplash.com/photos/a?x=1")
    assert credit(page)[3].url == "https://unsplash.com/photos/a?x=1&utm_source=imagerec&utm_medium=referral"


def test_pexels_asks_for_photographer_and_link() -> None:
    work = Work(author="Joe", source_url="https://www.pexels.com/photo/1/", service="pexels")
    assert to_text(credit(work)) == "Photo by Joe on Pexels (https://www.pexels.com/photo/1/)"


def test_a_stated_line_counts_before_a_composed_one() -> None:
    assert stated_credit("Jane / Wikimedia", BEACH) == [Piece("Jane / Wikimedia", BEACH.source_url)]
    assert stated_credit(to_text(credit(BEACH)), BEACH) == stated_credit("", BEACH) == credit(BEACH)


def test_html_is_escaped_and_links_to_the_web_only() -> None:
    pieces = [Piece('<b>&"', "javascript:alert(1)"), Piece("a<b", 'https://x.example/?a="&b')]
    assert to_html(pieces) == (
        '&lt;b&gt;&amp;&quot;<a href="https://x.example/?a=&quot;&amp;b" rel="nofollow noopener">a&lt;b</a>'
    )


def test_markdown_is_escaped_and_links_to_the_web_only() -> None:
    pieces = [Piece("*a* [b](c)", "data:x"), Piece("d_e", "https://x.example/a (b)")]
    assert to_markdown(pieces) == r"\*a\* \[b\]\(c\)[d\_e](https://x.example/a%20%28b%29)"


def test_text_has_addresses_of_the_web_only() -> None:
    assert to_text([Piece("Ann", "javascript:alert(1)"), Piece(", "), Piece("CC0", "https://x.example/")]) == (
        "Ann, CC0 (https://x.example/)"
    )
