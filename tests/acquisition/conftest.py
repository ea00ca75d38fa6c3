"""A source that is a folder, and runs over it."""

from functools import partial
from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.storage import LocalStorage
from tests.acquisition.source_folder import Run, run_source


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sc: SparkContext, volume: LocalStorage) -> Run:
    return partial(run_source, sc, volume)
