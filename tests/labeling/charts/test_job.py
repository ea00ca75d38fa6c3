"""reports/charts after labeling: drawn once, drawn again for what has changed, and never the end of a run."""

import json
import logging
import re
import shutil
from pathlib import Path

import pytest
from pyspark import SparkContext

from labeling import job
from labeling.charts.bars import Bars
from labeling.settings import Settings
from shared.drawing.style import Drawing
from shared.storage import LocalStorage
from tests.labeling.collection import Drawn, publish
from tests.labeling.test_job import FIRST, SECOND, THIRD, states
from tests.shared.pictures.drawn import WHITE, plain

pytestmark = pytest.mark.spark

CHARTS = "reports/charts"


def run(sc: SparkContext, volume: LocalStorage, *, charts: bool = True) -> None:
    job.run(sc, Settings(data=volume.root, master="local[2]", charts=charts))


def listed(volume: LocalStorage) -> list[str]:
    return [one["name"] for one in json.loads((volume.root / CHARTS / "charts.json").read_text())["charts"]]


@pytest.fixture(scope="module")
def made(sc: SparkContext, tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A volume of three labelled pictures, with charts."""
    volume = LocalStorage(tmp_path_factory.mktemp("made") / "volume")
    publish(volume, {"a": FIRST, "b": SECOND})
    run(sc, volume)
    return volume


@pytest.fixture
def drawn(made: LocalStorage, volume: LocalStorage) -> LocalStorage:
    """A copy of it that a test may change."""
    shutil.copytree(made.root, volume.root)
    return volume


def test_the_page_shows_every_chart_and_asks_nobody_else(drawn: LocalStorage) -> None:
    names = listed(drawn)
    assert {"orientation", "size", "brightness", "palettes", "colors", "tags"} <= set(names)
    html = (drawn.root / CHARTS / "index.html").read_text()
    assert re.findall(r'<img src="([^"]+)"', html) == [f"{name}.png" for name in names]
    assert set(re.findall(r'(?:href|src)="([^"]+)"', html)) <= {path.name for path in (drawn.root / CHARTS).iterdir()}
    assert not re.search(r"<script|<style|style=|https?:|//", html)
    assert "sea" in html
    for name in names:
        assert (drawn.root / CHARTS / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (drawn.root / CHARTS / f"{name}.svg").read_text()


def test_a_second_run_draws_and_writes_nothing(sc: SparkContext, drawn: LocalStorage) -> None:
    before = states(drawn)
    run(sc, drawn)
    assert states(drawn) == before


def test_only_what_shows_something_else_is_drawn_again(sc: SparkContext, drawn: LocalStorage) -> None:
    before = states(drawn)
    publish(drawn, {"c": [Drawn("/pictures/x/9.png", plain((250, 250), WHITE), (2000, 2000), ("sea",))]})
    run(sc, drawn)
    after = states(drawn)
    changed = {Path(key).name for key in after if key.startswith(CHARTS) and before.get(key) != after[key]}
    assert {"orientation.png", "tags.png", "index.html"} <= changed
    assert "format.png" not in changed  # all are PNG: it is not even there


def test_a_chart_that_shows_nothing_any_more_goes(sc: SparkContext, drawn: LocalStorage) -> None:
    stale = drawn.root / CHARTS / "year.png"
    stale.write_bytes(b"old")
    (drawn.root / CHARTS / "tags.png").unlink()
    run(sc, drawn)
    assert not stale.exists()
    assert (drawn.root / CHARTS / "tags.png").exists()


def test_a_killed_drawing_is_finished_by_the_next_run(sc: SparkContext, drawn: LocalStorage) -> None:
    before = {key: data for key, (_, data) in states(drawn).items() if key.startswith(CHARTS)}
    path = drawn.root / CHARTS / "charts.json"
    path.write_bytes(b"{")
    (drawn.root / CHARTS / "tags.png").write_bytes(b"of an interrupted run")
    run(sc, drawn)
    assert {key: data for key, (_, data) in states(drawn).items() if key.startswith(CHARTS)} == before


def test_charts_can_be_left_out(sc: SparkContext, volume: LocalStorage) -> None:
    publish(volume, {"b": SECOND})
    run(sc, volume, charts=False)
    assert not (volume.root / CHARTS).exists()


def test_a_chart_that_cannot_be_drawn_costs_a_sentence_not_the_run(
    sc: SparkContext, volume: LocalStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(bars: Bars, title: str, note: str) -> Drawing:
        raise ValueError("no room")

    publish(volume, {"b": SECOND, "c": THIRD})
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(Bars, "draw", fail)
        run(sc, volume)
    assert "the chart orientation is left out, for it could not be drawn: no room" in caplog.messages
    assert "palettes" in listed(volume)
    run(sc, volume)
    assert "orientation" in listed(volume)


def test_a_folder_that_cannot_be_written_costs_a_sentence_not_the_run(
    sc: SparkContext, volume: LocalStorage, caplog: pytest.LogCaptureFixture
) -> None:
    publish(volume, {"b": SECOND})
    (volume.root / "reports").write_bytes(b"a file")
    with caplog.at_level(logging.WARNING):
        run(sc, volume)
    assert any(message.startswith("charts are left out: ") for message in caplog.messages)
