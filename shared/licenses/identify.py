"""Which licence a statement names: by its address first, then by its code or number, then by its name."""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from urllib.parse import urlsplit

from shared.licenses import creative_commons
from shared.licenses.license import License
from shared.licenses.table import FLICKR, NON_FREE, ROWS, UNKNOWN

BY_ID = {row.license.id.lower(): row.license for row in ROWS} | {UNKNOWN.id: UNKNOWN, "licenseref-unknown": UNKNOWN}
ADDRESSES = sorted(
    ((address, row.license) for row in ROWS for address in row.addresses.split()), key=lambda one: -len(one[0])
)

LINK = re.compile(r"https?://[^\s\"'<>]+|\b(?:www\.)?creativecommons\.org/[^\s\"'<>]+", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
SEPARATORS = re.compile(r"[^\w.+?]+|_+")
#: What full sentences begin with.
OPENING = re.compile(
    r"^(?:this (?:work|image|picture|photo|file) is )?(?:licensed|released|available) under (?:an? |the )?"
)
LONGEST = 2_000  # characters of a statement that are read


def find_license(url: str = "", code: str = "", name: str = "") -> License:
    """The licence that a source's statements name; `UNKNOWN` if they name none, or one that is not in the table.

    Args:
        url: address of the licence or of the page of the rights.
        code: a service's code, such as ``cc-by-sa-3.0`` or ``by``.
        name: a name, sentence or HTML fragment for people.
    """
    for statement in (url, code, name):
        if statement:
            found = find_in_text(statement[:LONGEST])
            if found is not UNKNOWN:
                return found
    return UNKNOWN


def flickr_license(number: str | int) -> License:
    """The licence of a number of Flickr's; `UNKNOWN` for numbers that are newer than the table."""
    text = str(number)
    is_known = text.isascii() and text.isdigit() and int(text) < len(FLICKR)
    return find_license(name=FLICKR[int(text)]) if is_known else UNKNOWN


def commons_license(url: str, code: str, name: str, *, is_non_free: bool) -> License:
    """The licence of Wikimedia Commons' statements; what is shown as fair use is free for nobody else."""
    return NON_FREE if is_non_free else find_license(url, code, name)


@lru_cache(maxsize=4096)
def find_in_text(text: str) -> License:
    """The licence that one statement names, an address in it first."""
    exact = license_by_id(text.strip())
    if exact is not UNKNOWN:
        return exact
    found = [one for link in LINK.findall(text) if (one := find_by_address(link)) is not None]
    if found:
        return found[0] if len(set(found)) == 1 else UNKNOWN
    return find_by_name(text)


@lru_cache(maxsize=4096)
def license_by_id(identifier: str) -> License:
    """The licence with an identifier of ours, which is SPDX's where there is one; `UNKNOWN` without."""
    return BY_ID.get(identifier.lower()) or creative_commons.from_id(identifier.upper()) or UNKNOWN


def find_by_address(link: str) -> License | None:
    """The licence at an address."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:  # brackets that are no IPv6 address
        return None
    address = f"{parts.netloc}{parts.path}".lower().removeprefix("www.").rstrip("/.,;)")
    if (found := creative_commons.from_address(address)) is not None:
        return found
    if address.startswith("spdx.org/licenses/"):
        found = license_by_id(address.removeprefix("spdx.org/licenses/").removesuffix(".html"))
        return None if found is UNKNOWN else found
    return next((one for start, one in ADDRESSES if address.startswith(start)), None)


def find_by_name(text: str) -> License:
    """The licence of a name."""
    words = OPENING.sub("", to_words(text))
    for spelling in spellings_for(words):
        if spelling in spellings():
            return spellings()[spelling]
    return (words and creative_commons.from_words(words)) or UNKNOWN


@cache
def spellings() -> dict[str, License]:
    """Every spelling of the table, names of the licences included."""
    names = {to_words(row.license.name): row.license for row in ROWS}
    return names | {spelling: row.license for row in ROWS for spelling in row.spellings.split("; ")}


def spellings_for(words: str) -> Iterator[str]:
    """The spellings that a text may stand for, the most exact first."""
    yield words
    parts = words.split(" ")
    for length in range(len(parts), 0, -1):
        yield f"{' '.join(parts[:length])}*"


def to_words(text: str) -> str:
    """A text in lower case without markup and punctuation, its words separated by single spaces."""
    plain = unicodedata.normalize("NFKC", TAG.sub(" ", html.unescape(text))).casefold()
    return SEPARATORS.sub(" ", plain.replace("creative commons", "cc").replace("creativecommons", "cc")).strip(" .")


def display_name(statement: str) -> str:
    """A statement for answers: the identifier of the licence that it names, else as it stands."""
    found = find_in_text(statement[:LONGEST]) if statement else UNKNOWN
    return statement if found is UNKNOWN else found.id
