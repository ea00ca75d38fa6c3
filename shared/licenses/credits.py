"""The credit that a licence and a service ask for: title, creator, source, licence, and whether the picture was changed.

Source: https://wiki.creativecommons.org/wiki/Recommended_practices_for_attribution;
https://help.unsplash.com/en/articles/2511315-guideline-attribution; https://www.pexels.com/api/documentation/#guidelines
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.licenses.identify import find_in_text, license_by_id
from shared.licenses.table import UNKNOWN

SCALED = "scaled down"
#: What begins a link that may be shown; any other could run a script.
WEB = ("https://", "http://")
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")


class Work(NamedTuple):
    """A picture, for its credit; texts are plain and empty where nothing is known.

    Args:
        license_id: of `shared.licenses`; empty: what `license` names counts.
        license: as the source states it.
        service: the kind of source it came from.
        is_scaled: what is stored is smaller than the original.
    """

    title: str = ""
    author: str = ""
    author_url: str = ""
    source_url: str = ""
    license_id: str = ""
    license: str = ""
    license_url: str = ""
    service: str = ""
    is_scaled: bool = False


class Piece(NamedTuple):
    """A part of a credit, a link if it has an address."""

    text: str
    url: str = ""


class PhotoService(NamedTuple):
    """A service that asks for ``Photo by NAME on SERVICE``.

    Args:
        referral: what links to it must carry.
    """

    name: str
    page: str
    referral: str = ""


PHOTO_SERVICES = {
    "unsplash": PhotoService("Unsplash", "https://unsplash.com/", "utm_source=imagerec&utm_medium=referral"),
    "pexels": PhotoService("Pexels", "https://www.pexels.com/"),
}


def credit(work: Work) -> list[Piece]:
    """The credit line of a picture."""
    service = PHOTO_SERVICES.get(work.service)
    return photo_credit(work, service) if service else license_credit(work)


def license_credit(work: Work) -> list[Piece]:
    """Title, creator, licence and change, as Creative Commons recommends."""
    pieces = [Piece(f"“{work.title}”" if work.title else "Picture", work.source_url)]
    if work.author:
        pieces += [Piece(" by "), Piece(work.author, work.author_url)]
    if (stated := license_piece(work)).text:
        pieces += [Piece(", "), stated]
    return [*pieces, *([Piece(f", {SCALED}")] if work.is_scaled else [])]


def license_piece(work: Work) -> Piece:
    """The licence with its address; as it is stated if it is not in the table."""
    one = license_by_id(work.license_id) if work.license_id else find_in_text(work.license)
    if one is UNKNOWN:
        return Piece(work.license, work.license_url)
    return Piece(one.name, work.license_url or one.url)


def photo_credit(work: Work, service: PhotoService) -> list[Piece]:
    """``Photo by NAME on SERVICE``, with links."""
    author = Piece(work.author or "an unknown photographer", with_referral(work.author_url, service))
    page = Piece(service.name, with_referral(work.source_url or service.page, service))
    return [Piece("Photo by "), author, Piece(" on "), page]


def with_referral(url: str, service: PhotoService) -> str:
    """A link to a service with what it must carry."""
    if not url or not service.referral or service.referral in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}{service.referral}"


def to_text(pieces: Iterable[Piece]) -> str:
    """A credit as plain text, addresses of the web in parentheses."""
    return "".join(f"{piece.text} ({piece.url})" if is_web(piece.url) else piece.text for piece in pieces)


def to_html(pieces: Iterable[Piece]) -> str:
    """A credit as HTML, safe whatever the texts are."""
    return "".join(link_html(piece) for piece in pieces)


def link_html(piece: Piece) -> str:
    """A piece as HTML; an address that is not of the web is no link."""
    text = html.escape(piece.text)
    return f'<a href="{html.escape(piece.url)}" rel="nofollow noopener">{text}</a>' if is_web(piece.url) else text


def to_markdown(pieces: Iterable[Piece]) -> str:
    """A credit as Markdown, safe whatever the texts are."""
    return "".join(link_markdown(piece) for piece in pieces)


def link_markdown(piece: Piece) -> str:
    """A piece as Markdown; an address that is not of the web is no link."""
    text = MARKDOWN.sub(r"\\\1", piece.text)
    url = re.sub(r"[\s()<>\\]", lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), piece.url)
    return f"[{text}]({url})" if is_web(piece.url) else text


def is_web(url: str) -> bool:
    """Whether an address is one of the web."""
    return url.lower().startswith(WEB)


def stated_credit(stated: str, work: Work) -> Sequence[Piece]:
    """The credit line of a picture whose source states one: that line, with a link to the source."""
    composed = credit(work)
    return composed if not stated or stated == to_text(composed) else [Piece(stated, work.source_url)]
