"""The licences of Creative Commons: six kinds, six versions, ports to the law of countries; named by rules, not by a list.

Source: https://creativecommons.org/licenses/list.en; https://spdx.org/licenses/ for the form of identifiers.
"""

import re
from typing import NamedTuple

from shared.licenses.license import License
from shared.licenses.table import FILLERS, SHORT

ELEMENTS = frozenset({"by", "nc", "nd", "sa"})
KINDS = frozenset({"by", "by-nc", "by-nc-nd", "by-nc-sa", "by-nd", "by-sa"})
#: Of version 1.0 only, given up in 2004.
OLD_KINDS = frozenset({"nc", "nc-sa", "nd", "nc-nd", "sa"})
VERSIONS = ("4.0", "3.0", "2.5", "2.1", "2.0", "1.0")
PORTED = frozenset(VERSIONS[1:])  # from 4.0 on there are no ports

ADDRESS = re.compile(r"creativecommons\.org/licenses/([a-z-]+)(?:/([0-9.]+))?(?:/([a-z]{2,8}))?(?=/|$)")
ID = re.compile(r"CC-([A-Z-]+?)(?:-([0-9.]+)(?:-([A-Z]{2,8}))?)?")
JURISDICTION = re.compile(r"[a-z]{2}|igo|scotland")
#: Parts of an address behind the version that are no country.
NO_COUNTRY = frozenset({"deed", "legalcode", "rdf"})


class Terms(NamedTuple):
    """A licence of Creative Commons.

    Args:
        version: empty where the source names none.
        jurisdiction: of a port, in lower case, else empty.
    """

    kind: str
    version: str = ""
    jurisdiction: str = ""


def from_address(address: str) -> License | None:
    """The licence at an address, given as host and path in lower case without ``www.``; None if it is none of these."""
    found = ADDRESS.match(address)
    if not found:
        return None
    kind, version, jurisdiction = (part or "" for part in found.groups())
    return make_license(kind.split("-"), version, "" if jurisdiction in NO_COUNTRY else jurisdiction)


def from_id(identifier: str) -> License | None:
    """The licence of an identifier that `make_license` gave; None if it is none of these."""
    found = ID.fullmatch(identifier)
    if not found:
        return None
    kind, version, jurisdiction = (part or "" for part in found.groups())
    return make_license(kind.lower().split("-"), version, jurisdiction.lower())


def from_words(text: str) -> License | None:
    """The licence that a text names, such as ``cc by sa 3.0 de``; None if anything in it is not understood.

    Args:
        text: in lower case, words separated by single spaces. Of several versions the newest is taken.
    """
    for written, short in SHORT.items():
        text = re.sub(rf"\b{written}\b", short, text)
    words = [word for word in text.removesuffix(" all").split(" ") if word not in FILLERS]
    elements = [word for word in words if word in ELEMENTS]
    versions = [word.rstrip("+") for word in words if word.rstrip("+") in VERSIONS]
    jurisdiction = words[-1] if versions and words[-1].rstrip("+") not in {*ELEMENTS, *VERSIONS} else ""
    is_complete = len(words) == len(elements) + len(versions) + bool(jurisdiction)
    if not is_complete or ("by" not in elements and not text.startswith("cc ")):
        return None
    return make_license(elements, max(versions, default=VERSIONS[0] if text.endswith(" all") else ""), jurisdiction)


def make_license(elements: list[str], version: str, jurisdiction: str) -> License | None:
    """The licence with these elements; None if Creative Commons never published it."""
    terms = Terms("-".join(sorted(set(elements))), version, jurisdiction if version in PORTED else "")
    is_known = terms.kind in KINDS or (terms.kind in OLD_KINDS and version == "1.0")
    if not is_known or (version and version not in VERSIONS):
        return None
    return None if terms.jurisdiction and not JURISDICTION.fullmatch(terms.jurisdiction) else describe(terms)


def describe(terms: Terms) -> License:
    """A licence's identifier, name, address and permissions."""
    elements = terms.kind.split("-")
    named = [terms.kind.upper(), terms.version, terms.jurisdiction.upper()]
    place = f"{terms.kind}/{terms.version}/{terms.jurisdiction}".rstrip("/") if terms.version else ""
    return License(
        id="-".join(["CC", *filter(None, named)]),
        name=" ".join(["CC", *filter(None, named)]),
        url=f"https://creativecommons.org/licenses/{place}/" if place else "https://creativecommons.org/licenses/",
        group=f"cc-{terms.kind}",
        attribution_required="by" in elements,
        commercial_ok="nc" not in elements,
        derivatives_ok="nd" not in elements,
        share_alike="sa" in elements,
    )
