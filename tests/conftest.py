"""What several tests use: one Spark context for the whole session, an empty volume."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.settings import Settings
from shared.spark import session
from shared.storage import LocalStorage

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def sc() -> Iterator[SparkContext]:
    with session.context(Settings(master="local[2]"), "tests") as context:
        yield context


@pytest.fixture
def volume(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "volume")


@pytest.fixture(scope="session")
def photos() -> Path:
    """Real photographs that stand beside the project on some machines."""
    folder = SHARED / "photos"
    if not folder.is_dir():
        pytest.skip("no photographs beside the project")
    return folder


@pytest.fixture(scope="session")
def hostile() -> Path:
    """Files that attack image readers, beside the project on some machines."""
    folder = SHARED / "hostile"
    if not folder.is_dir():
        pytest.skip("no hostile files beside the project")
    return folder
