"""A file's page of a MediaWiki as a candidate: address, licence, author, title and tags.

Source: https://www.mediawiki.org/wiki/API:Imageinfo, https://www.mediawiki.org/wiki/Extension:CommonsMetadata,
https://www.mediawiki.org/wiki/Common_thumbnail_sizes
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from acquisition.sources.web import markup
from acquisition.sources.web.answers import credit_of
from acquisition.sources.web.protocol import Candidate
from shared.licenses.credits import Piece, Work, license_piece, to_text
from shared.licenses.identify import commons_license
from shared.licenses.table import UNKNOWN

Json = dict[str, Any]

#: The widths that Wikimedia's servers make; others are refused.
STEPS_PX = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
#: Files in one answer: no more are scaled in one.
FILES = 50
PICTURE_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/x-ms-bmp", "image/bmp"}
)
PROPERTIES = {
    "prop": "imageinfo|categories",
    "iiprop": "url|size|mime|sha1|mediatype|extmetadata",
    "iiextmetadatalanguage": "en",
    "iilimit": "1",
    "clshow": "!hidden",
    "cllimit": "max",
    "redirects": "1",
}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")


class Wish(NamedTuple):
    """Which form of the files is wanted.

    Args:
        width_px: a scaled copy of one of `STEPS_PX`; 0: the original.
        terms: tags of every file: what was asked for.
    """

    width_px: int
    terms: Sequence[str] = ()


def step_of(width_px: int) -> int:
    """The smallest width of Wikimedia's that is not below the one wished for, else the largest."""
    return next((step for step in STEPS_PX if step >= width_px), STEPS_PX[-1])


def properties(wish: Wish) -> dict[str, str]:
    """What to ask for each file."""
    return PROPERTIES | ({"iiurlwidth": str(wish.width_px)} if wish.width_px else {})


def to_candidate(page: Json, wish: Wish, depicted: Iterable[str] = ()) -> Candidate | str:
    """The candidate of a file's page, or why there is none."""
    info = next(iter(page.get("imageinfo") or []), None)
    if info is None:
        return "missing"
    if info.get("mime") not in PICTURE_TYPES:
        return "not_a_picture"
    if not (info.get("url") and info.get("descriptionurl")):
        return "hidden"
    metadata, is_scaled = info.get("extmetadata") or {}, is_scaled_copy(info, wish)
    author, author_url = markup.read(text_of(metadata, "Artist"), info["descriptionurl"])
    found = Candidate(
        record=str(page.get("pageid") or page["title"]),
        url=info["thumburl"] if is_scaled else info["url"],
        source_url=info["descriptionurl"],
        title=title_of(page, metadata),
        author=author,
        author_url=author_url,
        tags=tuple(dict.fromkeys([*categories_of(page), *depicted, *page.get("labels", ()), *wish.terms])),
        taken_at=date_of(text_of(metadata, "DateTimeOriginal")),
        width_px=int(info.get("thumbwidth" if is_scaled else "width") or 0),
        height_px=int(info.get("thumbheight" if is_scaled else "height") or 0),
        sha1="" if is_scaled else str(info.get("sha1", "")),
    )
    return with_license(found, metadata)


def is_scaled_copy(info: Json, wish: Wish) -> bool:
    """Whether the address of the scaled copy leads to another file than the original: it does not for small ones."""
    return bool(wish.width_px and info.get("thumburl") and info["thumburl"] != info["url"])


def with_license(found: Candidate, metadata: Json) -> Candidate:
    """The candidate with its licence, and with the credit line that its author asks for, if one does."""
    name, code, url = (text_of(metadata, key) for key in ("LicenseShortName", "License", "LicenseUrl"))
    one = commons_license(url, code, name, is_non_free=text_of(metadata, "NonFree").lower() in {"true", "1"})
    restrictions = text_of(metadata, "Restrictions")
    raw = markup.plain(name) or code or markup.plain(text_of(metadata, "UsageTerms")) or url
    stated = found._replace(
        license=f"{raw} (restrictions: {restrictions})" if restrictions else raw,
        license_url=markup.absolute(found.source_url, url),
        license_code=code,
        license_id=one.id if one is not UNKNOWN else "",
    )
    line = markup.plain(text_of(metadata, "Attribution"))
    return stated._replace(attribution=asked_credit(line, stated, one.name)) if line else stated


def asked_credit(line: str, found: Candidate, license_name: str) -> str:
    """The author's own credit line, with the source, and with the licence if the line lacks it."""
    pieces = [Piece(line, found.source_url)]
    if license_name.lower() not in line.lower().replace("cc-", "cc "):
        pieces += [
            Piece(", "),
            license_piece(Work(license_id=found.license_id, license=found.license, license_url=found.license_url)),
        ]
    return to_text(pieces)


def attribute(found: Candidate, license_id: str) -> str:
    """The credit line of a file."""
    return credit_of(found, license_id, "wikimedia", is_scaled="/thumb/" in found.url)


def text_of(metadata: Json, key: str) -> str:
    """A value of the extended metadata, in English if it has several languages; HTML as it stands."""
    field = metadata.get(key)
    return markup.in_english(field.get("value")).strip() if isinstance(field, dict) else ""


def title_of(page: Json, metadata: Json) -> str:
    """The title that the page states, else the file's name without its kind."""
    stated = markup.plain(text_of(metadata, "ObjectName"))
    name = str(page["title"]).partition(":")[2] or str(page["title"])
    return stated or name.rpartition(".")[0] or name


def categories_of(page: Json) -> list[str]:
    """Names of the categories that are no maintenance."""
    return [str(one["title"]).partition(":")[2] for one in page.get("categories") or [] if not one.get("hidden")]


def date_of(text: str) -> str:
    """The date in a text, ISO 8601; empty if there is none."""
    found = DATE.search(markup.plain(text))
    return found.group().replace(" ", "T") if found else ""
