"""Progress: it moves with pictures, also within a slice that takes long."""

import pytest
from pyspark import SparkContext

from shared.pipeline import progress
from shared.pipeline.progress import PictureCounter, progress_line
from shared.storage import LocalStorage


@pytest.mark.spark
def test_pictures_of_a_running_slice_are_counted(
    sc: SparkContext, volume: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "REPORT_PERIOD_S", 0.0)
    counter = PictureCounter.of(sc, volume)
    counter.finished.add(100)
    rows = counter.watch(["picture", "category", "picture", "picture"], "a", lambda row: row == "picture")
    seen = [counter.value() for _ in rows]
    assert seen == [101, 101, 102, 103]
    assert counter.value() == 100


@pytest.mark.spark
def test_nothing_is_left_of_it(sc: SparkContext, volume: LocalStorage) -> None:
    with progress.progress(sc, volume, "labeling", 10) as counter:
        counter.folder.put("killed", b"3")
    assert volume.list("") == []


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (0, 5, "labeling: 0 of 100 pictures, 0 pictures/s"),
        (50, 5, "labeling: 50 of 100 pictures, 10 pictures/s, 5 s left"),
    ],
)
def test_a_line_says_how_far_how_fast_and_how_long(done: int, seconds: float, line: str) -> None:
    assert progress_line("labeling", done, 100, seconds) == line
