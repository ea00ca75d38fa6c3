"""Thumbnails are found by the index and read from the table, and a damaged table is named."""

import pytest
from pyspark import SparkContext

from recommendation import job
from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.thumbnails import Thumbnails
from shared import tables
from shared.errors import CannotProceedError, UsageError
from shared.tables.contracts import IMAGES, THUMBNAILS
from tests.bits import flip_bit
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection
from tests.recommendation.made_up import replace_part, rows_of_slice

pytestmark = pytest.mark.spark


def test_every_picture_of_the_index_has_its_own_thumbnail(collection: Collection, answerer: Answerer) -> None:
    parts = tables.open_snapshot(collection.volume).parts(THUMBNAILS)
    stored = {row["image_id"]: row["jpeg"] for part in parts for row in tables.read_rows(collection.volume, part)}
    assert len(stored) == answerer.current.engine.count
    assert Thumbnails(collection.volume).read(answerer.current.engine, stored) == stored


def test_a_picture_that_is_not_in_the_index_has_none(collection: Collection, answerer: Answerer) -> None:
    with pytest.raises(UsageError, match="nothing"):
        Thumbnails(collection.volume).read(answerer.current.engine, ["nothing"])


def test_a_picture_after_one_that_was_removed_has_its_own_thumbnail(
    sc: SparkContext, own_collection: Collection
) -> None:
    volume = own_collection.volume
    slice_name = tables.open_snapshot(volume).slices(IMAGES)[0]
    first, *others = (row["image_id"] for row in rows_of_slice(volume, IMAGES, slice_name))
    stored = {row["image_id"]: row["jpeg"] for row in rows_of_slice(volume, THUMBNAILS, slice_name)}
    rows = [row for row in rows_of_slice(volume, IMAGES, slice_name) if row["image_id"] != first]
    replace_part(volume, IMAGES, slice_name, rows)
    job.run(sc, bare(volume.root))
    engine = Engine.open(volume)
    assert Thumbnails(volume).read(engine, others) == {one: stored[one] for one in others}


def test_a_flipped_bit_is_noticed_and_the_file_named(own_collection: Collection, answerer: Answerer) -> None:
    metadata = answerer.current.engine.metadata_at(0)
    parts = tables.open_snapshot(own_collection.volume).parts(THUMBNAILS)
    [path] = [own_collection.volume.local_path(part.key) for part in parts if part.slice == metadata["slice"]]
    data = path.read_bytes()
    path.write_bytes(flip_bit(data, 4 * len(data)))
    with pytest.raises(CannotProceedError, match=str(path)):
        Thumbnails(own_collection.volume).read(answerer.current.engine, [metadata["image_id"]])
