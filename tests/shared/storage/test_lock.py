"""The lock of a volume: one writer at a time."""

import os
from pathlib import Path

import pytest

from shared.errors import CannotProceedError
from shared.storage.lock import exclusive
from tests.commands import python


def test_a_second_writer_is_told_who_holds_the_volume(tmp_path: Path) -> None:
    with exclusive(tmp_path, "run"):
        code = (
            "import sys; from pathlib import Path; from shared.storage.lock import exclusive\n"
            "with exclusive(Path(sys.argv[1]), 'labeling'): pass"
        )
        second = python("-c", code, tmp_path)
        assert f"is in use by `imagerec run` (process {os.getpid()} on" in second.stderr
        with pytest.raises(CannotProceedError, match="in use by `imagerec run`"), exclusive(tmp_path, "status"):
            pytest.fail("two held the volume")
    with exclusive(tmp_path, "labeling"):
        assert '"labeling"' in (tmp_path / "lock").read_text()
