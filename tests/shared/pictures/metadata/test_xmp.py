"""XMP as programs write it, and as attackers do."""

import pytest

from shared.pictures.metadata.described import NO_DESCRIPTION
from shared.pictures.metadata.xmp import xmp_description

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
)


def packet(content: str = "", attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {NAMESPACES} {attributes}>{content}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>" + " " * 2000 + '<?xpacket end="w"?>'
    ).encode()


FULL = packet(
    "<dc:creator><rdf:Seq><rdf:li>Jürgen Öz</rdf:li><rdf:li>Second</rdf:li></rdf:Seq></dc:creator>"
    '<dc:title><rdf:Alt><rdf:li xml:lang="de">Der See</rdf:li><rdf:li xml:lang="x-default">The lake</rdf:li></rdf:Alt></dc:title>'
    '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Öz</rdf:li></rdf:Alt></dc:rights>'
    "<dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>Alps</rdf:li><rdf:li>lake</rdf:li></rdf:Bag></dc:subject>"
    '<cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>',
    'xmp:Rating="4" exif:DateTimeOriginal="2021-07-04T10:11:12.50+02:00" aux:Lens="EF 50mm"',
)


def test_everything_that_is_known_is_read() -> None:
    assert xmp_description(FULL) == NO_DESCRIPTION._replace(
        author="Jürgen Öz, Second",
        license="https://creativecommons.org/licenses/by/4.0/",
        title="The lake",
        tags=("lake", "Alps"),
        rating=4,
        date_taken="2021-07-04T10:11:12.50+02:00",
        lens="EF 50mm",
    )


@pytest.mark.parametrize(
    ("content", "attributes", "expected"),
    [
        ("<xmpRights:WebStatement>https://x.org/l</xmpRights:WebStatement>", "", "https://x.org/l"),
        ("", 'xmpRights:WebStatement="https://x.org/l"', "https://x.org/l"),
        ("<dc:rights>all rights reserved</dc:rights>", "", "all rights reserved"),
        (
            "<xmpRights:UsageTerms><rdf:Alt><rdf:li>CC BY</rdf:li></rdf:Alt></xmpRights:UsageTerms><dc:rights>c</dc:rights>",
            "",
            "CC BY",
        ),
    ],
)
def test_the_licence_is_the_most_exact_that_is_given(content: str, attributes: str, expected: str) -> None:
    assert xmp_description(packet(content, attributes)).license == expected


@pytest.mark.parametrize(
    ("text", "rating"), [("5", 5), ("3.0", 3), ("-1", -1), ("0", 0), ("99", 0), ("many", 0), ("nan", 0)]
)
def test_a_rating_is_one_to_five_or_rejected(text: str, rating: int) -> None:
    assert xmp_description(packet(attributes=f'xmp:Rating="{text}"')).rating == rating


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read(encoding: str) -> None:
    assert xmp_description(FULL.decode().encode(encoding)) == xmp_description(FULL)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<x:xmpmeta",
        b"\xff\xfe\xfd",
        FULL[:700],
        FULL.replace(b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x:xmpmeta').replace(b"The lake", b"&a;"),
        FULL.replace(b"<rdf:RDF", b'<!DOCTYPE x [<!ENTITY a "a">]><rdf:RDF'),
        b"<x:xmpmeta>" + b"<a>" * 200_000 + b"</x:xmpmeta>",
        b"<rdf:RDF>&undefined;</rdf:RDF>",
    ],
)
def test_a_packet_that_is_broken_or_hostile_says_nothing(data: bytes) -> None:
    assert xmp_description(data) == NO_DESCRIPTION


def test_texts_are_short_and_printable_and_tags_are_few() -> None:
    many = "".join(f"<rdf:li>tag {number}</rdf:li>" for number in range(5000))
    found = xmp_description(
        packet(f"<dc:subject><rdf:Bag>{many}</rdf:Bag></dc:subject><dc:rights>{'x' * 9999}\n</dc:rights>")
    )
    assert len(found.tags) == 100
    assert len(found.license) == 500
