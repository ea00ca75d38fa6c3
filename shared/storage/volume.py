"""Where things are on the shared volume; nothing else joins these names."""

from pathlib import Path


def tables_dir(volume: Path) -> Path:
    """Parquet parts, manifests and the snapshot that names them."""
    return volume / "tables"


def work_dir(volume: Path) -> Path:
    """Unfinished work of the running stage; never read by another stage."""
    return volume / "work"


def images_dir(volume: Path) -> Path:
    """Originals that acquisition made or downloaded."""
    return volume / "images"


def index_dir(volume: Path) -> Path:
    """Index generations and CURRENT, which names the live one."""
    return volume / "index"


def models_dir(volume: Path) -> Path:
    """ONNX models, each named by its SHA-256."""
    return volume / "models"


def reports_dir(volume: Path) -> Path:
    """Files made for people: CSV, pictures."""
    return volume / "reports"


def inbox_dir(volume: Path) -> Path:
    """Query jobs waiting for an answer."""
    return volume / "queries" / "inbox"


def answers_dir(volume: Path) -> Path:
    """Answers to query jobs."""
    return volume / "queries" / "answers"


def catalog_path(volume: Path) -> Path:
    """The DuckDB catalog, derived from the tables."""
    return volume / "catalog.duckdb"


def lock_path(volume: Path) -> Path:
    """Held by whoever writes to the volume."""
    return volume / "lock"
