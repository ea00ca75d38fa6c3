"""Tables on the volume: checksummed Parquet parts, made visible all at once by one small file.

    tables/<name>/part-<slice>-<stage>-<fingerprint>.parquet   immutable
    tables/<name>/manifest-<sha256>.json                       which parts the table has; immutable
    tables/snapshot.json                                       which manifest each table has; replaced in one move

A part that no manifest of the snapshot names does not exist for readers.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared import parquet
from shared.contracts import RUNS, Contract
from shared.errors import CannotProceedError
from shared.files import digest, to_json, write_atomically
from shared.volume import tables_dir

RESTORE = "restore it, or delete tables/ and run again"
#: What this room stores is made from files that may be gone; all else can be made again from what it stored.
FIRST_ROOM = "acquisition"


class Part(NamedTuple):
    """One immutable Parquet file of a table: the rows that one stage made of one slice."""

    table: str
    slice: str
    stage: str
    fingerprint: str
    rows: int
    size_bytes: int
    sha256: str
    transient: bool = False  # holds failures that the next run tries again

    @property
    def name(self) -> str:
        """File name, a pure function of what the part is."""
        return part_name(self.slice, self.stage, self.fingerprint, self.transient)


def part_name(slice_name: str, stage: str, fingerprint: str, transient: bool = False) -> str:
    """File name of the part that `stage` makes of a slice."""
    kind = "transient" if transient else "part"
    return f"{kind}-{slice_name}-{stage}-{fingerprint[:8]}.parquet"


def part_path(volume: Path, part: Part) -> Path:
    """Where a part's file is."""
    return tables_dir(volume) / part.table / part.name


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


def write_part(
    volume: Path,
    contract: Contract,
    rows: Iterable[parquet.Row] | parquet.Encoder,
    slice_name: str,
    stage: str,
    fingerprint: str,
    *,
    transient: bool = False,
) -> Part:
    """Store the rows as one part, durable but not yet visible; a second attempt writes the same bytes.

    Raises:
        ValueError: as `parquet.Encoder.add`.
    """
    encoder = rows if isinstance(rows, parquet.Encoder) else parquet.encode(contract, rows)
    data = encoder.finish()
    sha256 = hashlib.sha256(data).hexdigest()
    part = Part(contract.name, slice_name, stage, fingerprint, encoder.rows, len(data), sha256, transient)
    write_atomically(part_path(volume, part), data)
    return part


def find_part(
    volume: Path, contract: Contract, slice_name: str, stage: str, fingerprint: str, *, transient: bool = False
) -> Part | None:
    """The part that an interrupted run left complete and undamaged, or None.

    Nobody has stored its SHA-256 yet, and page checksums leave out the footer: its rows must encode to the same bytes.
    """
    path = tables_dir(volume) / contract.name / part_name(slice_name, stage, fingerprint, transient)
    try:
        data = path.read_bytes()
        rows = parquet.decode(data).to_pylist()
        if parquet.encode(contract, rows).finish() != data:
            return None
    except (OSError, ValueError, parquet.DamagedError):
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    return Part(contract.name, slice_name, stage, fingerprint, len(rows), len(data), sha256, transient)


def read_table(volume: Path, part: Part, columns: Sequence[str] | None = None) -> parquet.Table:
    """A part's rows, checked against its SHA-256.

    Raises:
        CannotProceedError: the file is missing or not what was written; the message names it.
    """
    data = _checked_bytes(part_path(volume, part), part.sha256, remedy(part))
    return parquet.decode(data, list(columns) if columns is not None else None)


def check_parts(volume: Path, parts: Iterable[Part]) -> None:
    """Do nothing if the parts are what was written; for readers that pass us by. Errors as `read_table`."""
    for part in parts:
        _checked_bytes(part_path(volume, part), part.sha256, remedy(part))


def remedy(part: Part, before: str = "delete it and ") -> str:
    """What to do about a part that is missing or damaged.

    Args:
        before: what must be done before the room can make it again.
    """
    if part.stage == FIRST_ROOM and part.table != RUNS.name:
        return RESTORE
    return f"restore it, or {before}run `imagerec {part.stage}`, which makes it again"


def _checked_bytes(path: Path, sha256: str, advice: str = RESTORE) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotProceedError(f"{path} cannot be read ({error.strerror}); {advice}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CannotProceedError(f"{path} is damaged (its SHA-256 is not the stored one); {advice}")
    return data


def read_rows(volume: Path, part: Part, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A part's rows as dictionaries; errors as `read_table`."""
    return list(read_table(volume, part, columns).to_pylist())


def iterate_rows(volume: Path, part: Part, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of a part's rows, as dictionaries, a row group in memory at a time; errors as `read_table`."""
    return parquet.decode_rows(_checked_bytes(part_path(volume, part), part.sha256, remedy(part)), columns)


def read_columns(volume: Path, part: Part, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of a part as lists of equal length; errors as `read_table`."""
    table = read_table(volume, part, columns)
    return {name: table[name].to_pylist() for name in columns}


def read_matrix(volume: Path, part: Part, name: str) -> NDArray[np.float32]:
    """A column of equally long vectors, shape (rows, width); (0, 0) for no rows; errors as `read_table`."""
    chunks = read_table(volume, part, [name])[name].combine_chunks()
    values: NDArray[np.float32] = chunks.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(chunks), -1) if len(chunks) else np.zeros((0, 0), np.float32)


def read_row(volume: Path, part: Part, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row of a part, {} when it has fewer; reads one row group. Errors as `read_table`.

    The file is checked against its SHA-256 once in this process, the pages that are read each time.
    """
    path = part_path(volume, part)
    _check_once(volume, part)
    try:
        return parquet.read_row(path, row, columns)
    except (OSError, parquet.DamagedError) as error:
        raise CannotProceedError(f"{path} cannot be read ({error}); {remedy(part)}") from error


@lru_cache(maxsize=65536)
def _check_once(volume: Path, part: Part) -> None:
    check_parts(volume, [part])


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
    data = _checked_bytes(_manifest_path(volume, table, sha256), sha256)
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
