"""What unfinished runs left in the folders of tables."""

import json
from collections.abc import Iterable
from pathlib import Path

from shared.storage.files import TEMPORARY
from shared.storage.volume import tables_dir
from shared.tables import Part, Snapshot, snapshot_path
from shared.tables.contracts import Contract


def sweep(
    volume: Path, snapshot: Snapshot, stage: str, contracts: Iterable[Contract], keep: Iterable[Part] = ()
) -> None:
    """Delete what `stage` left in these tables and neither the snapshot nor `keep` names, and temporary files."""
    kept = list(keep)
    for contract in contracts:
        folder = tables_dir(volume) / contract.name
        named = {part.name for part in [*snapshot.parts(contract), *kept] if part.table == contract.name}
        for path in folder.glob("*"):
            is_mine = f"-{stage}-" in path.name or TEMPORARY in path.name
            if is_mine and path.name not in named:
                path.unlink(missing_ok=True)
        _sweep_manifests(volume, contract)


def _sweep_manifests(volume: Path, contract: Contract) -> None:
    """Delete the table's manifests but the live one."""
    live = _live_manifests(volume).get(contract.name, "")
    for path in (tables_dir(volume) / contract.name).glob("manifest-*.json"):
        if path.name != f"manifest-{live[:16]}.json":
            path.unlink(missing_ok=True)


def _live_manifests(volume: Path) -> dict[str, str]:
    path = snapshot_path(volume)
    manifests: dict[str, str] = json.loads(path.read_bytes())["manifests"] if path.exists() else {}
    return manifests
