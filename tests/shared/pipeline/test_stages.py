"""What is wrong is said before Spark makes the user wait, and before anything is created."""

from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.pipeline import stages
from shared.pipeline.runs import StageCounts
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.commands import imagerec, imagerec_here

COMMANDS = {
    "labeling": "labeling found no pictures on the volume; run `imagerec acquisition` first",
    "embedding": "embedding found no pictures on the volume; run `imagerec acquisition` first",
    "recommendation": "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first",
    "inbox": "run `imagerec recommendation build`",
    "evaluate": "run `imagerec recommendation build`",
    "status": "nothing is stored in ",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_volume_with_nothing_to_work_on_is_refused_at_once(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for volume in (tmp_path, tmp_path / "missing" / "volume"):
        refused = imagerec_here(command, "--data", volume)
        assert refused.returncode == 1
        assert COMMANDS[command] in refused.stderr
        assert caplog.text == ""
    assert list(tmp_path.iterdir()) == []


def test_a_service_without_an_index_ends_at_once_and_says_how_to_make_one(tmp_path: Path) -> None:
    refused = imagerec("serve", "--data", tmp_path)  # its workers are processes, which write to its standard error
    assert refused.returncode == 1
    assert "run `imagerec recommendation build`" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_a_stage_that_could_use_nothing_ends_the_run_and_says_so(
    sc: SparkContext, volume: LocalStorage, caplog: pytest.LogCaptureFixture
) -> None:
    def run(_: SparkContext, __: Settings) -> StageCounts:
        return StageCounts("acquisition", "f" * 64, 2, 0, 0, {"vanished": 2})

    stage = stages.Stage(
        "acquisition", Settings(data=volume.root), run, stages.nothing_to_check, stages.nothing_to_check
    )
    assert not stages._run_stage(sc, stage)
    assert "acquisition: no usable pictures, stopping; reasons are in the table failures" in caplog.text
