"""The list of credits of a collection as a web page, Markdown or CSV, a picture at a time; memory does not grow with it."""

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared import csv_text, tables
from shared.licenses.credits import (
    SCALED,
    Piece,
    Work,
    link_html,
    link_markdown,
    stated_credit,
    to_html,
    to_markdown,
    to_text,
)
from shared.licenses.identify import find_in_text, license_by_id
from shared.licenses.license import License
from shared.licenses.table import UNKNOWN
from shared.storage import Storage
from shared.tables import Snapshot
from shared.tables.contracts import IMAGES

Row = Mapping[str, Any]

COLUMNS = (
    *("image_id", "filename", "source", "source_url", "title", "author", "author_url"),
    *("license", "license_id", "license_url", "attribution", "download_url", "display_url"),
)
#: What a service's terms want said wherever its pictures are shown.
#: Source: https://www.flickr.com/help/terms/api, section 1.b; https://www.pexels.com/api/documentation/#guidelines
NOTICES = {
    "flickr": Piece("This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."),
    "pexels": Piece("Photos provided by Pexels", "https://www.pexels.com/"),
}
MOST_LICENSES = 50  # in the summary: people's own notices may be as many as their pictures
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}"
    "li{margin:.4rem 0;overflow-wrap:anywhere}small{color:#595959}a{color:#0b57d0}table{border-collapse:collapse}"
    "td,th{padding:.2rem 1rem .2rem 0;text-align:left}"
)


class Summary(NamedTuple):
    """What a list of credits begins and ends with.

    Args:
        pictures: in the whole collection.
        licenses: licence -> pictures, most first; those about which nothing is stated under an empty name.
        services: kinds of sources that have a notice.
    """

    pictures: int
    licenses: Sequence[tuple[License | None, str, int]]
    services: Sequence[str]


class Format(NamedTuple):
    """A kind of file for credits.

    Args:
        head, foot: what stands before and after the pictures.
        entry: one picture.
    """

    head: Callable[[Summary], str]
    entry: Callable[[Row], str]
    foot: Callable[[Summary], str]


def render(kind: Format, volume: Storage, snapshot: Snapshot, summary: Summary) -> Iterator[str]:
    """The file in pieces."""
    yield kind.head(summary)
    yield from (kind.entry(row) for row in credited(volume, snapshot))
    yield kind.foot(summary)


def credited(volume: Storage, snapshot: Snapshot) -> Iterator[Row]:
    """Pictures about which anything is stated, in the order of the table."""
    for part in snapshot.parts(IMAGES):
        yield from (row for row in tables.iterate_rows(volume, part, COLUMNS) if is_stated(row))


def is_stated(row: Row) -> bool:
    """Whether anything is known about whose a picture is."""
    return any(row[name] for name in ("license", "license_id", "author", "attribution", "source_url"))


def work_of(row: Row) -> Work:
    """A row of IMAGES for its credit."""
    return Work(
        title=row["title"],
        author=row["author"],
        author_url=row["author_url"],
        source_url=row["source_url"],
        license_id=row["license_id"],
        license=row["license"],
        license_url=row["license_url"],
        service=row["source"],
        is_scaled=row["attribution"].endswith(SCALED),
    )


def pieces_of(row: Row) -> Sequence[Piece]:
    """A picture's credit line, with links."""
    return stated_credit(row["attribution"], work_of(row))


def license_of(row: Row) -> License:
    """A picture's licence; `UNKNOWN` if it names none of the table."""
    return license_by_id(row["license_id"]) if row["license_id"] else find_in_text(row["license"])


def summarise(counted: Iterable[tuple[str, str, int]], services: Iterable[str]) -> Summary:
    """The summary of counts by `license_id` and `license`."""
    licenses: dict[tuple[License | None, str], int] = {}
    for license_id, stated, pictures in counted:
        one = license_by_id(license_id) if license_id else find_in_text(stated) if stated else UNKNOWN
        known = None if one is UNKNOWN else one
        key = (known, "" if known else stated)
        licenses[key] = licenses.get(key, 0) + pictures
    most_first = sorted(licenses.items(), key=lambda item: (-item[1], item[0][1]))
    rows = [(known, stated, pictures) for (known, stated), pictures in most_first[:MOST_LICENSES]]
    if others := most_first[MOST_LICENSES:]:
        rows.append((None, f"{len(others):,} other statements", sum(pictures for _, pictures in others)))
    return Summary(sum(licenses.values()), rows, sorted(set(services) & NOTICES.keys()))


def name_pieces(known: License | None, stated: str) -> Piece:
    """A licence in a summary."""
    return Piece(known.name, known.url) if known else Piece(stated or "nothing stated")


def html_head(summary: Summary) -> str:
    """The page up to its list."""
    rows = "".join(
        f"<tr><td>{link_html(name_pieces(known, stated))}</td><td>{pictures:,}</td></tr>\n"
        for known, stated, pictures in summary.licenses
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Picture credits</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Picture credits</h1>\n<p>{summary.pictures:,} pictures.</p>\n"
        f"<table>\n<tr><th>Licence</th><th>Pictures</th></tr>\n{rows}</table>\n<ul>\n"
    )


def html_entry(row: Row) -> str:
    """A picture in the page."""
    name = html.escape(row["filename"])
    return f'<li id="{html.escape(row["image_id"])}">{to_html(pieces_of(row))} <small>{name}</small></li>\n'


def html_foot(summary: Summary) -> str:
    """The page after its list."""
    notices = "".join(f"<p>{link_html(NOTICES[name])}</p>\n" for name in summary.services)
    return f"</ul>\n{notices}</main>\n</body>\n</html>\n"


def markdown_head(summary: Summary) -> str:
    """The text up to its list."""
    lines = (
        f"| {link_markdown(name_pieces(known, stated))} | {pictures} |\n"
        for known, stated, pictures in summary.licenses
    )
    return f"# Picture credits\n\n{summary.pictures} pictures.\n\n| licence | pictures |\n| --- | --- |\n{''.join(lines)}\n"


def markdown_entry(row: Row) -> str:
    """A picture in the text."""
    return f"* {to_markdown(pieces_of(row))} – {link_markdown(Piece(row['filename']))}\n"


def markdown_foot(summary: Summary) -> str:
    """The text after its list."""
    return "".join(f"\n{link_markdown(NOTICES[name])}\n" for name in summary.services)


CSV_COLUMNS = (
    *("image_id", "filename", "title", "author", "author_url", "source_url", "license_id", "license", "license_url"),
    "attribution",
)


def csv_line(values: Iterable[str]) -> str:
    """A line of CSV; what a spreadsheet would compute is quoted as text."""
    return csv_text.csv_line(map(csv_text.safe_cell, values)).decode() + "\n"


def csv_entry(row: Row) -> str:
    """A picture in the table."""
    one = license_of(row)
    known = {"license_id": "" if one is UNKNOWN else one.id, "license_url": row["license_url"] or one.url}
    return csv_line({**row, **known, "attribution": to_text(pieces_of(row))}[name] for name in CSV_COLUMNS)


FORMATS = {
    ".html": Format(html_head, html_entry, html_foot),
    ".md": Format(markdown_head, markdown_entry, markdown_foot),
    ".csv": Format(lambda _: csv_line(CSV_COLUMNS), csv_entry, lambda _: ""),
}
