"""XMP: what people and their programs wrote about a picture, inside it or in a sidecar NAME.xmp."""

import re
from collections.abc import Iterator
from typing import Any

from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean, first_of, join_tags
from shared.pictures.metadata.exif import clean_date

LARGEST_BYTES = 4 << 20
#: The packet without what may stand around it.
PACKET = re.compile(r"<(\w+:xmpmeta|rdf:RDF)\b.*</\1\s*>", re.DOTALL)
#: An XMP packet has no document type; with one come entities, whose expansion can take all memory.
FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
CC = "{http://creativecommons.org/ns#}"
EXIF, EXIF_EX = "{http://ns.adobe.com/exif/1.0/}", "{http://cipa.jp/exif/1.0/}"
AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"

Properties = dict[str, list[str]]


def xmp_description(data: bytes) -> Description:
    """What an XMP packet says; nothing of a broken or huge one, or of one with a document type.

    Source: ISO 16684-1 (XMP), clauses 7 and 8; Creative Commons, "XMP", for licences.
    """
    if not data:
        return NO_DESCRIPTION
    found = properties(data)

    def texts(*names: str) -> list[str]:
        return [clean(text) for name in names for text in found.get(name, [])]

    dates = texts(f"{EXIF}DateTimeOriginal", f"{PHOTOSHOP}DateCreated", f"{XMP}CreateDate", f"{EXIF}DateTimeDigitized")
    return NO_DESCRIPTION._replace(
        author=", ".join(dict.fromkeys(filter(None, texts(f"{DC}creator")))),
        license=first_of(texts(f"{CC}license", f"{RIGHTS}WebStatement", f"{RIGHTS}UsageTerms", f"{DC}rights")),
        title=first_of(texts(f"{DC}title", f"{PHOTOSHOP}Headline")),
        tags=join_tags(texts(f"{DC}subject")),
        rating=to_rating(first_of(texts(f"{XMP}Rating"))),
        date_taken=first_of([clean_date(date) or "" for date in dates]),
        lens=first_of(texts(f"{AUX}Lens", f"{EXIF_EX}LensModel")),
    )


def properties(data: bytes) -> Properties:
    """The values of each property of a packet, by its qualified name."""
    found = PACKET.search(to_text(data[:LARGEST_BYTES]))
    if not found or FORBIDDEN.search(found.group()):
        return {}
    from xml.etree import ElementTree as ET  # few pictures have XMP

    try:
        root = ET.fromstring(found.group())
    except (ET.ParseError, ValueError, RecursionError):
        return {}
    values: Properties = {}
    for description in root.iter(f"{RDF}Description"):
        for name, text in description.attrib.items():
            values.setdefault(name, []).append(text)
        for child in description:
            values.setdefault(child.tag, []).extend(values_of(child))
    return values


def values_of(node: Any) -> Iterator[str]:
    """The texts of a property: its own, its resource, or those of its list."""
    if resource := node.get(f"{RDF}resource"):
        yield resource
    items = list(node.iter(f"{RDF}li"))
    items.sort(key=lambda item: item.get("{http://www.w3.org/XML/1998/namespace}lang", "") != "x-default")
    yield from (one.text or "" for one in items or [node])


def to_text(data: bytes) -> str:
    """A packet's text; most are UTF-8, some UTF-16."""
    if b"\0" in data[:64]:
        order = "utf-16-be" if data[:1] == b"\0" or data.startswith(b"\xfe\xff") else "utf-16-le"
        return data.decode(order, "replace")
    return data.decode("utf-8", "replace")


def to_rating(text: str) -> int:
    """1 to 5 stars, -1 for rejected, 0 for none or nonsense."""
    try:
        number = float(text)
    except ValueError:
        return 0
    return int(number) if -1 <= number <= 5 else 0
