"""The snapshot: one small file says what all tables of a volume are, and its replacement publishes a change.

    tables/<name>/manifest-<sha256>.json    which parts the table has; immutable
    tables/snapshot.json                    which manifest each table has; replaced in one move

A part that no manifest of the snapshot names does not exist for readers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from shared.errors import CannotProceedError
from shared.storage.files import digest, to_json, write_atomically
from shared.storage.volume import tables_dir
from shared.tables.contracts import Contract
from shared.tables.parts import RESTORE, Part, checked_bytes


class Snapshot(NamedTuple):
    """All tables of a volume at one moment."""

    tables: dict[str, tuple[Part, ...]]

    def parts(self, contract: Contract, stage: str | None = None, fingerprint: str | None = None) -> list[Part]:
        """Parts of a table, by slice; of one stage or fingerprint only when asked."""
        return [
            part
            for part in self.tables.get(contract.name, ())
            if stage in (None, part.stage) and fingerprint in (None, part.fingerprint)
        ]

    def slices(self, contract: Contract) -> list[str]:
        """Names of the slices a table has, sorted."""
        return sorted({part.slice for part in self.parts(contract)})

    def rows(self, contract: Contract) -> int:
        """Rows of a table."""
        return sum(part.rows for part in self.parts(contract))

    def digest(self, *contracts: Contract) -> str:
        """Identity of the content of some tables: equal digests, equal bytes."""
        return digest([[part.sha256 for part in self.parts(contract)] for contract in contracts])


def snapshot_path(volume: Path) -> Path:
    """The one file that says what the tables are."""
    return tables_dir(volume) / "snapshot.json"


def open_snapshot(volume: Path) -> Snapshot:
    """The tables as last published; an empty snapshot where nothing was.

    Raises:
        CannotProceedError: the snapshot or a manifest is damaged; the message names the file.
    """
    data = _snapshot_bytes(volume)
    while True:
        manifests = {} if data is None else _parse_snapshot(snapshot_path(volume), data)
        try:
            return Snapshot({name: _read_manifest(volume, name, sha256) for name, sha256 in manifests.items()})
        except CannotProceedError:
            latest = _snapshot_bytes(volume)
            if latest == data:
                raise
            data = latest  # it was replaced while we read the manifests it named


def _snapshot_bytes(volume: Path) -> bytes | None:
    try:
        return snapshot_path(volume).read_bytes()
    except FileNotFoundError:
        return None


def _parse_snapshot(path: Path, data: bytes) -> dict[str, str]:
    try:
        content = json.loads(data)
        manifests: dict[str, str] = content["manifests"]
        checksum = content["checksum"]
    except (ValueError, KeyError, TypeError) as error:
        raise CannotProceedError(f"{path} is damaged ({error}); {RESTORE}") from error
    if digest(manifests) != checksum or to_json(content) != data:
        raise CannotProceedError(f"{path} is damaged (its checksum is not the stored one); {RESTORE}")
    return manifests


def _manifest_path(volume: Path, table: str, sha256: str) -> Path:
    return tables_dir(volume) / table / f"manifest-{sha256[:16]}.json"


def _read_manifest(volume: Path, table: str, sha256: str) -> tuple[Part, ...]:
    data = checked_bytes(_manifest_path(volume, table, sha256), sha256)
    return tuple(Part(table, *entry) for entry in json.loads(data))


def _write_manifest(volume: Path, table: str, parts: Iterable[Part]) -> str:
    lines = ",\n".join(json.dumps(part[1:]) for part in parts)
    data = f"[\n{lines}\n]\n".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    write_atomically(_manifest_path(volume, table, sha256), data)
    return sha256


def publish(volume: Path, base: Snapshot, stage: str, parts: Mapping[str, Iterable[Part]]) -> Snapshot:
    """Make `parts` the ones that `stage` has in each named table, in one move for all of them.

    Parts of other stages in the same tables, and tables not named, stay as they are.

    Raises:
        ValueError: a part is another stage's or another table's.
    """
    tables = dict(base.tables)
    for name, mine in parts.items():
        mine = list(mine)
        if any(part.stage != stage or part.table != name for part in mine):
            raise ValueError(f"expected parts of {name} made by {stage}, got {mine}")
        others = [part for part in tables.get(name, ()) if part.stage != stage]
        tables[name] = tuple(
            sorted({part.name: part for part in [*others, *mine]}.values(), key=lambda part: (part.slice, part.name))
        )
    manifests = {name: _write_manifest(volume, name, tables[name]) for name in sorted(tables)}
    write_atomically(snapshot_path(volume), to_json({"manifests": manifests, "checksum": digest(manifests)}))
    return Snapshot(tables)
