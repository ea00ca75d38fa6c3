"""Copies and unrelated pictures in collections that are too small or too uniform to have a mean of their own."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyspark import SparkContext

from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import Upload
from recommendation.search.request import Options
from shared.models.means import built_in_mean
from shared.storage import LocalStorage
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection, build

WIDTH = 1280
NETWORK = "efficientnet-lite0"
MARGIN = 0.3  # of a score


def test_the_built_in_mean_is_one_of_unit_vectors_and_other_networks_have_none() -> None:
    mean = built_in_mean(NETWORK, WIDTH)
    assert mean.shape == (WIDTH,)
    assert 0.5 < np.linalg.norm(mean) < 0.6
    assert not built_in_mean("mine", WIDTH).any()
    assert not built_in_mean(NETWORK, 512).any()
    assert not built_in_mean("../means/" + NETWORK, WIDTH).any()


def as_jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def scores(answerer: Answerer, data: bytes, measure: str) -> list[float]:
    """Scores of all stored pictures against one that is not stored."""
    results = answerer.answer([Upload("query.jpg", data)], Options(top_k=100)).content["results"]
    return [item["score"] for item in results[measure]]


@pytest.mark.spark
@pytest.mark.parametrize("qualities", [[60, 90], range(36, 96, 2)], ids=["2", "30"])
def test_a_copy_beats_an_unrelated_picture_by_far_where_all_stored_ones_are_copies(
    sc: SparkContext, collection: Collection, tmp_path: Path, qualities: list[int]
) -> None:
    by_subject = {path.parent: path for path in collection.paths()}
    one, other = (Image.open(path).convert("RGB") for path in list(by_subject.values())[:2])
    made = Collection(tmp_path / "pictures", LocalStorage(tmp_path / "volume"))
    made.pictures.mkdir()
    for quality in qualities:
        (made.pictures / f"{quality}.jpg").write_bytes(as_jpeg(one, quality))
    build(sc, made, bare(made.volume.root))
    answerer = Answerer(made.volume)
    for measure in ("default", "embedding"):
        copies = scores(answerer, as_jpeg(one, 81), measure)
        unrelated = scores(answerer, as_jpeg(other, 81), measure)
        assert min(copies) > max(unrelated) + MARGIN
        assert max(copies) > 0.9
