"""Parts rewritten: the same slice with some rows changed or dropped, under a name of its own."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared import tables
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part
from shared.tables.contracts import CONTRACTS

REVISION_LENGTH = 8

Edit = tuple[int, Mapping[str, Any] | None]
"""Position of a row, and its new values; None drops the row."""


def revise(volume: Storage, part: Part, edits: Iterable[Edit]) -> Part | None:
    """Write the part that takes another's place; None if no row is left. A second attempt writes the same bytes.

    Raises:
        CannotProceedError: the part is missing or damaged.
    """
    ordered = sorted(edits, key=lambda one: one[0])
    changed = dict(ordered)
    rows = [
        row if number not in changed else {**row, **(changed[number] or {})}
        for number, row in enumerate(tables.read_rows(volume, part))
        if changed.get(number, {}) is not None
    ]
    if not rows:
        return None
    contract = CONTRACTS[part.table]
    revision = digest(part.sha256, contract.version, ordered)[:REVISION_LENGTH]
    return tables.write_part(
        volume,
        contract,
        rows,
        part.slice,
        part.stage,
        part.fingerprint,
        transient=part.transient,
        revision=revision,
    )
