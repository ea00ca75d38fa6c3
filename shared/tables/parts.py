"""Parts: immutable, checksummed Parquet files of a table's rows.

tables/<name>/part-<slice>-<stage>-<fingerprint>[-<revision>].parquet
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.volume import TABLES
from shared.tables import parquet
from shared.tables.contracts import CONTRACTS, RUNS, Contract

RESTORE = "restore it, or delete tables/ and run again"
#: What this stage stores is made from files that may be gone; all else can be made again from what it stored.
FIRST_STAGE = "acquisition"


class Part(NamedTuple):
    """One immutable Parquet file of a table: the rows that one stage made of one slice.

    Args:
        transient: holds failures that the next run tries again.
        version: of the contract that it was written with.
        revision: tells a part from those of the same slice that it replaces; empty for the first.
    """

    table: str
    slice: str
    stage: str
    fingerprint: str
    rows: int
    size_bytes: int
    sha256: str
    transient: bool = False
    version: int = 0
    revision: str = ""

    @property
    def name(self) -> str:
        """File name, a pure function of what the part is."""
        return part_name(self.slice, self.stage, self.fingerprint, self.transient, self.revision)

    @property
    def key(self) -> str:
        """Where it is on the volume."""
        return f"{TABLES}/{self.table}/{self.name}"


def part_name(slice_name: str, stage: str, fingerprint: str, transient: bool = False, revision: str = "") -> str:
    """File name of the part that `stage` makes of a slice."""
    kind = "transient" if transient else "part"
    return f"{kind}-{slice_name}-{stage}-{fingerprint[:8]}{revision and '-' + revision}.parquet"


def write_part(
    volume: Storage,
    contract: Contract,
    rows: Iterable[parquet.Row] | parquet.Encoder,
    slice_name: str,
    stage: str,
    fingerprint: str,
    *,
    transient: bool = False,
    revision: str = "",
) -> Part:
    """Store the rows as one part, durable but not yet visible; a second attempt writes the same bytes.

    Raises:
        ValueError: as `parquet.Encoder.add`.
    """
    encoder = rows if isinstance(rows, parquet.Encoder) else parquet.encode(contract, rows)
    data = encoder.finish()
    part = Part(
        table=contract.name,
        slice=slice_name,
        stage=stage,
        fingerprint=fingerprint,
        rows=encoder.rows,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        transient=transient,
        version=contract.version,
        revision=revision,
    )
    volume.put(part.key, data)
    return part


def find_part(
    volume: Storage, contract: Contract, slice_name: str, stage: str, fingerprint: str, *, transient: bool = False
) -> Part | None:
    """The part that an interrupted run left complete and undamaged, or None.

    Its SHA-256 is in no manifest yet, and page checksums leave out the footer: its rows must encode to the same bytes.
    """
    name = part_name(slice_name, stage, fingerprint, transient)
    try:
        data = volume.read(f"{TABLES}/{contract.name}/{name}")
        rows = parquet.decode(data).to_pylist()
        if parquet.encode(contract, rows).finish() != data:
            return None
    except (OSError, ValueError, parquet.DamagedError):
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    return Part(
        contract.name, slice_name, stage, fingerprint, len(rows), len(data), sha256, transient, contract.version
    )


def read_table(volume: Storage, part: Part, columns: Sequence[str] | None = None) -> parquet.Table:
    """A part's rows in columns of today's contract, checked against its SHA-256.

    Raises:
        CannotProceedError: the file is missing or not what was written; the message names it.
    """
    contract = _contract_of(part)
    data = checked_bytes(volume, part.key, part.sha256, remedy(part))
    if contract is None:
        return parquet.decode(data, list(columns) if columns is not None else None)
    table = parquet.decode(data, parquet.stored_names(contract, part.version, columns))
    return parquet.conform(table, contract, part.version, columns)


def _contract_of(part: Part) -> Contract | None:
    """The contract of a published table; None for those that only live under work/ and are never older than the code."""
    return CONTRACTS.get(part.table)


def check_parts(volume: Storage, parts: Iterable[Part]) -> None:
    """Verify that the parts are what was written; for readers that bypass this module. Errors as `read_table`."""
    for part in parts:
        checked_bytes(volume, part.key, part.sha256, remedy(part))


def remedy(part: Part, before: str = "delete it and ") -> str:
    """What to do about a part that is missing or damaged.

    Args:
        before: what must be done before the stage can make it again.
    """
    if part.stage == FIRST_STAGE and part.table != RUNS.name:
        return RESTORE
    return f"restore it, or {before}run `imagerec {part.stage}`, which makes it again"


def checked_bytes(volume: Storage, key: str, sha256: str, advice: str = RESTORE) -> bytes:
    """The bytes of an object, checked against its SHA-256; errors as `read_table`."""
    try:
        data = volume.read(key)
    except OSError as error:
        raise CannotProceedError(f"{volume.locate(key)} cannot be read ({error.strerror}); {advice}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CannotProceedError(f"{volume.locate(key)} is damaged (its SHA-256 is not the stored one); {advice}")
    return data


def read_rows(volume: Storage, part: Part, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A part's rows as dictionaries; errors as `read_table`."""
    return list(read_table(volume, part, columns).to_pylist())


def iterate_rows(volume: Storage, part: Part, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of a part's rows, as dictionaries, a row group in memory at a time; errors as `read_table`."""
    contract = _contract_of(part)
    data = checked_bytes(volume, part.key, part.sha256, remedy(part))
    stored = columns if contract is None else parquet.stored_names(contract, part.version, columns)
    for group in parquet.decode_groups(data, stored):
        yield from (group if contract is None else parquet.conform(group, contract, part.version, columns)).to_pylist()


def read_columns(volume: Storage, part: Part, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of a part as lists of equal length; errors as `read_table`."""
    table = read_table(volume, part, columns)
    return {name: table[name].to_pylist() for name in columns}


def read_matrix(volume: Storage, part: Part, name: str) -> NDArray[np.float32]:
    """A column of equally long vectors, shape (rows, width); (0, 0) for no rows; errors as `read_table`."""
    chunks = read_table(volume, part, [name])[name].combine_chunks()
    values: NDArray[np.float32] = chunks.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(chunks), -1) if len(chunks) else np.zeros((0, 0), np.float32)


def read_row(volume: Storage, part: Part, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row of a part, {} when it has fewer; reads one row group. Errors as `read_table`.

    The file is checked against its SHA-256 once in this process, the pages that are read each time.
    """
    contract = CONTRACTS[part.table]
    _check_once(volume, part)
    try:
        with volume.open(part.key) as file:
            found = parquet.read_row(file, row, parquet.stored_names(contract, part.version, columns))
    except (OSError, parquet.DamagedError) as error:
        raise CannotProceedError(f"{volume.locate(part.key)} cannot be read ({error}); {remedy(part)}") from error
    return {} if found is None else dict(parquet.conform(found, contract, part.version, columns).to_pylist()[0])


@lru_cache(maxsize=65536)
def _check_once(volume: Storage, part: Part) -> None:
    check_parts(volume, [part])
