"""A small real collection, made once by the real stages, and the service over it."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark import SparkContext

from acquisition import job as acquisition
from acquisition.sample.plan import Drawing
from acquisition.sample.subjects import SUBJECTS
from acquisition.settings import Settings as AcquisitionSettings
from acquisition.sources.sample_files import add_drawing
from embedding import job as embedding
from embedding.settings import Settings as EmbeddingSettings
from labeling import job as labeling
from labeling.settings import Settings as LabelingSettings
from recommendation import job as recommendation
from recommendation.search.answerer import Answerer
from recommendation.settings import Settings
from shared.storage import LocalStorage
from shared.tables import catalog

PICTURES_PER_SUBJECT = 4


class Collection(NamedTuple):
    """A folder of pictures and the volume that the stages made of it."""

    pictures: Path
    volume: LocalStorage

    def paths(self) -> list[Path]:
        """The pictures' files, sorted."""
        return sorted(path for path in self.pictures.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def collection(sc: SparkContext, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Four drawn pictures of each subject, through all four stages."""
    folder = tmp_path_factory.mktemp("collection")
    made = Collection(folder / "pictures", LocalStorage(folder / "volume"))
    for subject in SUBJECTS:
        for number in range(PICTURES_PER_SUBJECT):
            add_drawing(made.pictures, Drawing(subject, number))
    build(sc, made, Settings(data=made.volume.root, report=False))
    return made


def build(sc: SparkContext, made: Collection, settings: Settings) -> None:
    """Run the four stages.

    Args:
        settings: of the last stage.
    """
    data = made.volume.root
    acquisition.run(sc, AcquisitionSettings(data=data, source=str(made.pictures)))
    labeling.run(sc, LabelingSettings(data=data, charts=False))
    embedding.run(sc, EmbeddingSettings(data=data, model="efficientnet-lite0", precision="fp32"))
    recommendation.run(sc, settings)
    catalog.rebuild(made.volume)


@pytest.fixture(scope="session")
def answerer(collection: Collection) -> Answerer:
    return Answerer(collection.volume)


@pytest.fixture
def own_collection(collection: Collection, tmp_path: Path) -> Collection:
    """A copy that a test may change."""
    made = Collection(collection.pictures, LocalStorage(tmp_path / "volume"))
    shutil.copytree(collection.volume.root, made.volume.root)
    return made
