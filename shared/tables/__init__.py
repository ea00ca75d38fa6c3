"""Tables on the volume: contracts, checksummed Parquet parts and the snapshot that names them."""

from shared.tables.parts import (
    FIRST_STAGE,
    RESTORE,
    Part,
    check_parts,
    find_part,
    iterate_rows,
    part_name,
    read_columns,
    read_matrix,
    read_row,
    read_rows,
    read_table,
    remedy,
    write_part,
)
from shared.tables.snapshot import EMPTY, SNAPSHOT, Snapshot, open_snapshot, publish, publish_tables

__all__ = [
    "EMPTY",
    "FIRST_STAGE",
    "RESTORE",
    "SNAPSHOT",
    "Part",
    "Snapshot",
    "check_parts",
    "find_part",
    "iterate_rows",
    "open_snapshot",
    "part_name",
    "publish",
    "publish_tables",
    "read_columns",
    "read_matrix",
    "read_row",
    "read_rows",
    "read_table",
    "remedy",
    "write_part",
]
