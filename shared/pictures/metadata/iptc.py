"""IPTC: creator, rights, title and keywords as agencies have written them since 1991."""

from collections import defaultdict
from collections.abc import Iterator

from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean, first_of, join_tags
from shared.pictures.metadata.exif import decode_text

TAG_MARKER, ENVELOPE, APPLICATION = 0x1C, 1, 2
CHARACTER_SET, UTF_8 = (ENVELOPE, 90), b"\x1b%G"
OBJECT_NAME, HEADLINE, KEYWORDS, BYLINE, COPYRIGHT, DATE, TIME = 5, 105, 25, 80, 116, 55, 60
LARGEST_BYTES = 1 << 20


def iptc_description(data: bytes) -> Description:
    """What an IPTC block says; nothing of a broken one.

    Source: IPTC-NAA Information Interchange Model 4.2, chapters 3, 5 and 6.
    """
    if not data:
        return NO_DESCRIPTION
    found: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)
    for record, number, content in datasets(data[:LARGEST_BYTES]):
        found[record, number].append(content)
    is_utf_8 = UTF_8 in found[CHARACTER_SET]
    texts = {
        number: [
            clean(content.decode("utf-8", "replace") if is_utf_8 else decode_text(content)) for content in contents
        ]
        for (record, number), contents in found.items()
        if record == APPLICATION
    }
    return Description(
        author=", ".join(filter(None, texts.get(BYLINE, []))),
        license=first_of(texts.get(COPYRIGHT, [])),
        title=first_of([*texts.get(OBJECT_NAME, []), *texts.get(HEADLINE, [])]),
        tags=join_tags(texts.get(KEYWORDS, [])),
        date_taken=to_iso(first_of(texts.get(DATE, [])), first_of(texts.get(TIME, []))),
    )


def datasets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Record, number and content of each dataset, up to the first that is broken."""
    position = 0
    while position + 5 <= len(data) and data[position] == TAG_MARKER:
        record, number = data[position + 1], data[position + 2]
        length = int.from_bytes(data[position + 3 : position + 5], "big")
        if length & 0x8000:  # extended: the length stands behind it; nothing that is read here is so long
            return
        yield record, number, data[position + 5 : position + 5 + length]
        position += 5 + length


def to_iso(date: str, time: str) -> str:
    """ISO 8601 of an IPTC date CCYYMMDD and time HHMMSS±HHMM; empty without a date and time."""
    if not (len(date) == 8 and date.isdecimal() and time[:6].isdecimal() and len(time) >= 6):
        return ""
    zone = f"{time[6:9]}:{time[9:11]}" if len(time) == 11 else ""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}"
