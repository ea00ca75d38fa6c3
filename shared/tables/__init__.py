"""Tables on the volume: contracts, checksummed Parquet parts and the snapshot that names them."""

from shared.tables.parts import (
    FIRST_STAGE,
    RESTORE,
    Part,
    check_parts,
    find_part,
    iterate_rows,
    part_name,
    part_path,
    read_columns,
    read_matrix,
    read_row,
    read_rows,
    read_table,
    remedy,
    write_part,
)
from shared.tables.snapshot import Snapshot, open_snapshot, publish, snapshot_path

__all__ = [
    "FIRST_STAGE",
    "RESTORE",
    "Part",
    "Snapshot",
    "check_parts",
    "find_part",
    "iterate_rows",
    "open_snapshot",
    "part_name",
    "part_path",
    "publish",
    "read_columns",
    "read_matrix",
    "read_row",
    "read_rows",
    "read_table",
    "remedy",
    "snapshot_path",
    "write_part",
]
