"""Parts: immutable, checksummed Parquet files of a table's rows.

tables/<name>/part-<slice>-<stage>-<fingerprint>.parquet
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import CannotProceedError
from shared.storage.files import write_atomically
from shared.storage.volume import tables_dir
from shared.tables import parquet
from shared.tables.contracts import RUNS, Contract

RESTORE = "restore it, or delete tables/ and run again"
#: What this stage stores is made from files that may be gone; all else can be made again from what it stored.
FIRST_STAGE = "acquisition"


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
    data = checked_bytes(part_path(volume, part), part.sha256, remedy(part))
    return parquet.decode(data, list(columns) if columns is not None else None)


def check_parts(volume: Path, parts: Iterable[Part]) -> None:
    """Do nothing if the parts are what was written; for readers that pass us by. Errors as `read_table`."""
    for part in parts:
        checked_bytes(part_path(volume, part), part.sha256, remedy(part))


def remedy(part: Part, before: str = "delete it and ") -> str:
    """What to do about a part that is missing or damaged.

    Args:
        before: what must be done before the stage can make it again.
    """
    if part.stage == FIRST_STAGE and part.table != RUNS.name:
        return RESTORE
    return f"restore it, or {before}run `imagerec {part.stage}`, which makes it again"


def checked_bytes(path: Path, sha256: str, advice: str = RESTORE) -> bytes:
    """The bytes of a file, checked against its SHA-256; errors as `read_table`."""
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
    return parquet.decode_rows(checked_bytes(part_path(volume, part), part.sha256, remedy(part)), columns)


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
