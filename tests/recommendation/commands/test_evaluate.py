"""Precision@5 over a collection whose groups are known."""

from pathlib import Path

import numpy as np
import pytest
from pyspark import SparkContext

from recommendation import job, steps
from recommendation.commands import evaluate
from recommendation.index import generation
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage, Storage
from tests.in_process import context
from tests.recommendation.made_up import group_of, make_volume

ROWS = 60


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    made = make_volume(LocalStorage(tmp_path_factory.mktemp("evaluate")), {"a": range(ROWS)})
    job.run(context(), Settings(data=made.root))
    return made


def live_name(volume: LocalStorage) -> str:
    return generation.expected_name(volume)


def tallies_of(volume: LocalStorage) -> list[steps.Tally]:
    return list(steps.count_hits(volume, live_name(volume), range(ROWS)))


def test_answers_from_the_querys_folder_are_counted(volume: LocalStorage) -> None:
    engine, tallies = Engine.open(volume), tallies_of(volume)
    for number in (0, 7, 59):
        answers = engine.search([engine.features_of(engine.metadata_at(number)["image_id"])], Options())
        expected = {
            name: sum(group_of(number) in item["location"] for item in items) for name, items in answers.items()
        }
        assert tallies[number] == {"queries": 1, **expected}


def test_tallies_add_up_to_a_report() -> None:
    tally = steps.add_tallies({"queries": 1, "default": 5, "color": 1}, {"queries": 1, "default": 4, "color": 0})
    assert evaluate.report(tally) == {"precision_at_5": {"default": 0.9, "color": 0.1}, "queries": 2}


def test_a_collection_in_clear_groups_is_told_apart(volume: LocalStorage) -> None:
    tallies = tallies_of(volume)
    assert np.mean([tally["embedding"] for tally in tallies]) > 4.5
    assert np.mean([tally["default"] for tally in tallies]) >= np.mean([tally["embedding"] for tally in tallies])


def test_the_report_for_people_is_a_line_for_each_measure() -> None:
    text = evaluate.to_text({"precision_at_5": {"default": 0.9, "embedding": 0.85}, "queries": 2})
    assert text == "precision@5 of 2 queries, the folder as label\n  default    0.9000\n  embedding  0.8500\n"


def test_a_process_opens_the_index_once_for_all_its_partitions(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.engine_of.cache_clear()
    opened: list[Storage] = []
    open_live = generation.open_live

    def counted(storage: Storage) -> generation.Generation:
        opened.append(storage)
        return open_live(storage)

    monkeypatch.setattr(generation, "open_live", counted)
    for _ in range(3):
        tallies_of(volume)
    assert opened == [volume]


def test_an_index_replaced_during_the_evaluation_stops_it(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match=r"generation 0000 was replaced by .* meanwhile; run again"):
        list(steps.count_hits(volume, "0000", range(ROWS)))


@pytest.mark.spark
def test_every_picture_is_asked_once(sc: SparkContext, volume: LocalStorage) -> None:
    found = evaluate.report(job.tally_hits(sc, volume, live_name(volume), ROWS))
    tallies = tallies_of(volume)
    assert found["queries"] == ROWS
    assert found["precision_at_5"] == {
        name: pytest.approx(np.mean([tally[name] for tally in tallies]) / 5, abs=1e-4)
        for name in ("default", *MEASURES)
    }


def test_a_volume_without_index_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(tmp_path)]) == 1
    assert "no index in" in capsys.readouterr().err


def test_other_labels_are_exit_code_2(volume: LocalStorage) -> None:
    with pytest.raises(SystemExit, match="2"):
        evaluate.main(["--labels", "mood", "--data", str(volume.root)])
