"""Precision@5 over a collection whose groups are known."""

from pathlib import Path

import pytest
from pyspark import SparkContext

from recommendation import job, steps
from recommendation.commands import evaluate
from recommendation.index import generation
from recommendation.labels import read_labels
from recommendation.quality import job as quality
from recommendation.quality import worst
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.steps import Asked
from shared.errors import CannotProceedError
from shared.storage import LocalStorage, Storage
from tests.in_process import context
from tests.recommendation.bare import bare
from tests.recommendation.made_up import group_of, image_id, make_volume

ROWS = 60


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    made = make_volume(LocalStorage(tmp_path_factory.mktemp("evaluate")), {"a": range(ROWS)})
    job.run(context(), bare(made.root))
    return made


def live_name(volume: LocalStorage) -> str:
    return generation.expected_name(volume)


def asked_of(volume: LocalStorage, kind: str = "folder") -> list[Asked]:
    return list(steps.ask_pictures(volume, live_name(volume), read_labels(kind), range(ROWS)))


def asked(label: str, *hits: bool) -> Asked:
    return Asked("", label, {"default": list(hits), "color": [False] * len(hits)})


def test_answers_from_the_querys_folder_are_hits(volume: LocalStorage) -> None:
    engine, found = Engine.open(volume), asked_of(volume)
    for number in (0, 7, 59):
        answers = engine.search([engine.features_of(engine.metadata_at(number)["image_id"])], Options(top_k=10))
        expected = {name: [group_of(number) in item["location"] for item in items] for name, items in answers.items()}
        assert found[number] == Asked(engine.metadata_at(number)["image_id"], f"/pictures/{group_of(number)}", expected)


def test_labels_come_from_tags_categories_or_a_file(volume: LocalStorage, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("picture,label\n0.jpg,a\n/pictures/group 1/1.jpg,b\n" + f"{image_id(2)},c\n", encoding="utf-8")
    labels = {kind: [one.label for one in asked_of(volume, kind)[:4]] for kind in ("tag", "category", str(path))}
    assert labels["tag"] == ["group 0", "group 1", "group 2", "group 3"]
    assert labels["category"] == ["group 0, 1", "group 1, 1", "group 2, 1", "group 3, 1"]
    assert labels[str(path)] == ["a", "b", "c", ""]


def test_a_class_of_two_can_reach_1_and_a_label_of_one_picture_is_left_out() -> None:
    found = evaluate.report(
        "tag",
        [asked("cat", True, False), asked("cat", False, True), asked("dog", False, False), asked("", False)],
        is_tuned=False,
    )
    assert found["queries"] == 2
    assert found["without_partner"] == 2
    assert found["precision_at_1"]["default"] == 0.5
    assert found["precision_at_5"]["default"] == 1.0
    assert found["interval_95"]["precision_at_5"]["default"] == [1.0, 1.0]
    assert found["by_label"] == {"cat": 1.0}


@pytest.mark.parametrize("labels", [["all"] * 3, ["", "", ""], ["a", "b", "c"]])
def test_labels_that_tell_nothing_apart_are_refused(labels: list[str]) -> None:
    with pytest.raises(CannotProceedError, match="expected two labels or more that pictures share"):
        evaluate.report("folder", [asked(label, True) for label in labels], is_tuned=False)


def test_a_collection_in_clear_groups_is_told_apart(volume: LocalStorage) -> None:
    found = evaluate.report("folder", asked_of(volume), is_tuned=False)["precision_at_5"]
    assert found["embedding"] > 0.9
    assert found["default"] >= found["embedding"]


def test_the_report_for_people_has_a_line_for_each_measure_and_says_how_weights_were_chosen() -> None:
    pictures = [asked("a", True), asked("a", True), asked("b", False), asked("b", True), asked("c", True)]
    text = evaluate.to_text(evaluate.report("tag", pictures, is_tuned=True))
    first, _, default, color, *others = text.splitlines()
    assert first == "4 queries, tag as label; 1 pictures left out, whose label no other has"
    assert default.startswith("default          0.7500       0.7500")
    assert color.startswith("color            0.0000")
    assert others[0] == "worst: b 0.50, a 1.00"
    assert others[-1] == "the weights of the default measure were chosen with the tags of this collection"


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
        asked_of(volume)
    assert opened == [volume]


def test_an_index_replaced_during_the_evaluation_stops_it(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match=r"generation 0000 was replaced by .* meanwhile; run again"):
        list(steps.ask_pictures(volume, "0000", read_labels("folder"), range(ROWS)))


@pytest.mark.spark
def test_every_picture_is_asked_once_and_in_order(sc: SparkContext, volume: LocalStorage) -> None:
    assert quality.ask_all(sc, volume, live_name(volume), read_labels("folder"), ROWS) == asked_of(volume)


def test_the_worst_queries_are_those_of_least_average_precision() -> None:
    pictures = [
        Asked(f"{number}", "a", {"default": [hit, False]}) for number, hit in enumerate((True, False, True, False))
    ]
    alone = Asked("4", "b", {"default": [False]})
    found = worst.worst([*pictures, alone])
    assert [(one.image_id, value > 0) for one, value in found] == [("1", False), ("3", False), ("0", True), ("2", True)]


def test_a_query_that_a_network_lacks_has_no_hits_by_it() -> None:
    one = evaluate.with_plain(asked("a", True)._replace(image_id="x"), {"plain net": {"y": [True]}})
    assert one.hits == {"default": [True], "color": [False], "plain net": []}


@pytest.mark.parametrize("gallery", [".", "no/such/folder/worst.png"])
def test_a_gallery_that_cannot_be_written_is_refused_at_once(
    volume: LocalStorage, capsys: pytest.CaptureFixture[str], gallery: str
) -> None:
    assert evaluate.main(["--gallery", gallery, "--data", str(volume.root)]) == 2
    assert "--gallery: expected a file to write in a folder that is there" in capsys.readouterr().err


def test_a_volume_without_index_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(tmp_path)]) == 1
    assert "no index in" in capsys.readouterr().err


def test_other_labels_are_exit_code_2(volume: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--labels", "mood", "--data", str(volume.root)]) == 2
    assert "expected folder, tag, category or a CSV file, got 'mood'" in capsys.readouterr().err
