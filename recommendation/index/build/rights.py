"""Licence and credit of a picture as answers show them, whatever source stated them and how."""

from recommendation.index.metadata import Row
from shared.licenses.credits import Work, credit, to_text
from shared.licenses.identify import find_in_text, license_by_id
from shared.licenses.table import UNKNOWN

#: Columns of IMAGES that they are made of.
RIGHTS_COLUMNS = (
    *("license", "license_id", "license_url", "author", "author_url", "title", "source", "source_url", "attribution"),
)


def with_rights(row: Row) -> Row:
    """A row of IMAGES with its licence's identifier in place of the words, where they are understood, and with a credit."""
    one = license_by_id(row["license_id"]) if row["license_id"] else find_in_text(row["license"])
    license_id = row["license_id"] if one is UNKNOWN else one.id
    return {
        **row,
        "license": row["license"] if one is UNKNOWN else one.id,
        "license_id": license_id,
        "license_url": row["license_url"] or one.url,
        "attribution": row["attribution"] or composed_credit(row, license_id),
    }


def composed_credit(row: Row, license_id: str) -> str:
    """The credit line of a picture whose source composed none; empty if nothing is stated of whose it is."""
    if not (row["license"] or row["author"] or row["source_url"]):
        return ""
    work = Work(
        title=row["title"],
        author=row["author"],
        author_url=row["author_url"],
        source_url=row["source_url"],
        license_id=license_id,
        license=row["license"],
        license_url=row["license_url"],
        service=row["source"],
    )
    return to_text(credit(work))
