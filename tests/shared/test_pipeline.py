"""What is wrong is said before Spark makes the user wait, and before anything is created."""

from pathlib import Path

import pytest

from shared import __main__ as imagerec

COMMANDS = {
    "labeling": "labeling found no pictures on the volume; run `imagerec acquisition` first",
    "embedding": "embedding found no pictures on the volume; run `imagerec acquisition` first",
    "recommendation": "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first",
    "serve": "run `imagerec recommendation build`",
    "inbox": "run `imagerec recommendation build`",
    "evaluate": "run `imagerec recommendation build`",
    "status": "nothing is stored in ",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_volume_with_nothing_to_work_on_is_refused_at_once(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for volume in (tmp_path, tmp_path / "missing" / "volume"):
        assert imagerec.main([command, "--data", str(volume)]) == 1
        assert COMMANDS[command] in capsys.readouterr().err
        assert caplog.text == ""
    assert list(tmp_path.iterdir()) == []
