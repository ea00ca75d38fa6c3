"""The snapshot: one small object says what all tables of a volume are, and its replacement publishes a change.

    tables/<name>/manifest-<sha256>.json    which parts the table has; immutable
    tables/snapshot.json                    which manifest each table has; replaced by one conditional commit

A part that no manifest of the snapshot names does not exist for readers.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.errors import CannotProceedError
from shared.storage import CommitConflictError, Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import TABLES
from shared.tables import presence, retired
from shared.tables.contracts import Contract
from shared.tables.parts import RESTORE, Part, checked_bytes

SNAPSHOT = f"{TABLES}/snapshot.json"
#: Counts up when older code could not read what is written now. 0: manifests were lists without names.
FORMAT = 1
FIELDS = Part._fields[1:]  # the table's name is in the manifest's key


class Snapshot(NamedTuple):
    """All tables of a volume at one moment.

    Args:
        manifests: SHA-256 of the manifest of each table, as it is stored.
        stored: the object that this was read from; None before the first is published.
    """

    tables: dict[str, tuple[Part, ...]]
    manifests: Mapping[str, str] = {}
    stored: bytes | None = None

    def parts(self, contract: Contract, stage: str | None = None, fingerprint: str | None = None) -> list[Part]:
        """Parts of a table, by slice; of one stage or fingerprint only when asked."""
        return [
            part
            for part in self.tables.get(contract.name, ())
            if stage in (None, part.stage) and fingerprint in (None, part.fingerprint)
        ]

    def all_parts(self) -> list[Part]:
        """Parts of all tables."""
        return [part for parts in self.tables.values() for part in parts]

    def slices(self, contract: Contract) -> list[str]:
        """Names of the slices a table has, sorted."""
        return sorted({part.slice for part in self.parts(contract)})

    def rows(self, contract: Contract) -> int:
        """Rows of a table."""
        return sum(part.rows for part in self.parts(contract))

    def digest(self, *contracts: Contract) -> str:
        """Identity of the content of some tables: equal digests, equal bytes."""
        return digest([[part.sha256 for part in self.parts(contract)] for contract in contracts])

    def replace(self, stage: str, parts: Mapping[str, Iterable[Part]]) -> dict[str, tuple[Part, ...]]:
        """The tables with `parts` as the ones that `stage` has in each named table.

        Raises:
            ValueError: a part is another stage's or another table's.
        """
        tables = dict(self.tables)
        for name, mine in parts.items():
            mine = list(mine)
            if any(part.stage != stage or part.table != name for part in mine):
                raise ValueError(f"expected parts of {name} made by {stage}, got {mine}")
            others = [part for part in tables.get(name, ()) if part.stage != stage]
            tables[name] = in_order([*others, *mine])
        return tables


EMPTY = Snapshot({})


def in_order(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts by slice, each once."""
    return tuple(sorted({part.name: part for part in parts}.values(), key=lambda part: (part.slice, part.name)))


def open_snapshot(volume: Storage) -> Snapshot:
    """The tables as last published; an empty snapshot where nothing was.

    Raises:
        CannotProceedError: the snapshot or a manifest is damaged or of a newer format; the message names the object.
    """
    data = _read_if_there(volume)
    while data is not None:
        manifests = _parse_snapshot(volume.locate(SNAPSHOT), data)
        try:
            tables = {name: _read_manifest(volume, name, sha256) for name, sha256 in manifests.items()}
            return Snapshot(tables, manifests, data)
        except CannotProceedError:
            latest = _read_if_there(volume)
            if latest == data:
                raise
            data = latest  # it was replaced while the manifests that it named were read
    return EMPTY


def _read_if_there(volume: Storage) -> bytes | None:
    try:
        return volume.read(SNAPSHOT)
    except FileNotFoundError:
        return None


def _parse_snapshot(where: str, data: bytes) -> dict[str, str]:
    try:
        content = json.loads(data)
        manifests: dict[str, str] = content["manifests"]
        checksum = content["checksum"]
        version = int(content.get("format", 0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotProceedError(f"{where} is damaged ({error}); {RESTORE}") from error
    if version > FORMAT:
        raise CannotProceedError(
            f"{where} has format {version}, and this version of imagerec reads up to {FORMAT}; use a newer imagerec"
        )
    if _checksum(version, manifests) != checksum or to_json(content) != data:
        raise CannotProceedError(f"{where} is damaged (its checksum is not the stored one); {RESTORE}")
    return manifests


def _checksum(version: int, manifests: Mapping[str, str]) -> str:
    return digest(version, manifests) if version else digest(manifests)


def _manifest_key(table: str, sha256: str) -> str:
    return f"{TABLES}/{table}/manifest-{sha256[:16]}.json"


def _read_manifest(volume: Storage, table: str, sha256: str) -> tuple[Part, ...]:
    key = _manifest_key(table, sha256)
    content = json.loads(checked_bytes(volume, key, sha256))
    fields, entries = (FIELDS, content) if isinstance(content, list) else (content["fields"], content["parts"])
    return tuple(_part(table, fields, entry) for entry in entries)


def _part(table: str, fields: Iterable[str], entry: Iterable[Any]) -> Part:
    return Part(table, **dict(zip(fields, entry, strict=False)))  # older manifests have fewer fields


def _write_manifest(volume: Storage, table: str, parts: Iterable[Part]) -> str:
    lines = ",\n".join(json.dumps(part[1:]) for part in parts)
    data = f'{{"fields": {json.dumps(FIELDS)}, "parts": [\n{lines}\n]}}\n'.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    volume.put(_manifest_key(table, sha256), data)
    return sha256


def publish(volume: Storage, base: Snapshot, stage: str, parts: Mapping[str, Iterable[Part]]) -> Snapshot:
    """Make `parts` the ones that `stage` has in each named table, in one move for all of them.

    Parts of other stages in the same tables, and tables not named, stay as they are.

    Raises:
        ValueError: a part is another stage's or another table's.
        CannotProceedError: a part is not on the volume, or another process has published since `base` was read.
    """
    return publish_tables(volume, base, base.replace(stage, parts))


def publish_tables(volume: Storage, base: Snapshot, tables: dict[str, tuple[Part, ...]]) -> Snapshot:
    """Make `tables` the tables of the volume in one move; errors as `publish`."""
    before = set(base.all_parts())
    presence.check_all(volume, (part for parts in tables.values() for part in parts if part not in before))
    manifests = {
        name: base.manifests[name]
        if name in base.manifests and parts == base.tables[name]
        else _write_manifest(volume, name, parts)
        for name, parts in sorted(tables.items())
    }
    data = to_json({"format": FORMAT, "manifests": manifests, "checksum": _checksum(FORMAT, manifests)})
    published = Snapshot(tables, manifests, data)
    retired.add(volume, named_keys(base) - named_keys(published))
    try:
        volume.commit(SNAPSHOT, data, base.stored)
    except CommitConflictError as error:
        raise CannotProceedError(f"{error}; run the same command again") from error
    return published


def named_keys(snapshot: Snapshot) -> set[str]:
    """Keys of everything that a snapshot refers to."""
    manifests = {_manifest_key(name, sha256) for name, sha256 in snapshot.manifests.items()}
    return manifests | {part.key for part in snapshot.all_parts()}
