"""Objects in the tables' folders that nothing refers to: of unfinished runs, or replaced some time ago."""

from collections.abc import Iterable

from shared.storage import Storage
from shared.storage.volume import TABLES
from shared.tables import retired
from shared.tables.contracts import Contract
from shared.tables.parts import Part
from shared.tables.snapshot import Snapshot, named_keys


def sweep(
    volume: Storage,
    snapshot: Snapshot,
    stage: str,
    contracts: Iterable[Contract],
    keep: Iterable[Part] = (),
    *,
    at_once: bool = False,
) -> None:
    """Delete what `stage` left in these tables and neither the snapshot nor `keep` names, and unfinished objects.

    What was replaced less than `retired.GRACE_S` ago stays.

    Args:
        at_once: no, it does not stay.
    """
    kept = named_keys(snapshot) | {part.key for part in keep} | (set() if at_once else retired.recent(volume).keys())
    for contract in contracts:
        folder = f"{TABLES}/{contract.name}"
        for one in volume.list(folder):
            name = one.key.removeprefix(f"{folder}/")
            if one.key not in kept and (f"-{stage}-" in name or name.startswith("manifest-")):
                volume.delete(one.key)
        volume.delete_unfinished(folder)
