"""What several tests use: one Spark context for the whole session, an empty volume, data that is not in the repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.settings import Settings
from shared.spark import session
from shared.storage import LocalStorage
from tests import external_data


@pytest.fixture(scope="session")
def sc() -> Iterator[SparkContext]:
    with session.context(Settings(master="local[2]"), "tests") as context:
        yield context


@pytest.fixture
def volume(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "volume")


def existing(path: Path) -> Path:
    """A path of data that is not in the repository; skips the test where it does not exist."""
    if not path.exists():
        pytest.skip(external_data.missing(path))
    return path


@pytest.fixture(scope="session")
def photos() -> Path:
    """A folder of real photographs, a folder for each class."""
    return existing(external_data.PHOTOS)


@pytest.fixture(scope="session")
def hostile() -> Path:
    """A folder of files that attack image readers."""
    return existing(external_data.HOSTILE)


@pytest.fixture(scope="session")
def exported_network() -> Path:
    """EfficientNet-Lite0 as PyTorch exported it."""
    return existing(external_data.NETWORKS / "efficientnet_lite0.onnx")
