"""What every command does with its output, wherever that goes."""

import argparse
import subprocess
import sys
from pathlib import Path

import duckdb

from shared.command import cli
from shared.settings import Settings
from shared.storage import LocalStorage
from shared.tables import EMPTY, catalog, publish, write_part
from shared.tables.contracts import TOTALS
from tests.commands import ROOT
from tests.rows import row

PRINT = "from shared.command import cli; raise SystemExit(cli.run_command(lambda: print({text!r} * {times}) or 0))"


def command(text: str, times: int = 1) -> list[str]:
    return [sys.executable, "-c", PRINT.format(text=text, times=times)]


def test_letters_that_the_locale_lacks_are_escaped() -> None:
    ran = subprocess.run(
        command("caf\xe9 \N{SLICE OF PIZZA}"),
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONIOENCODING": "latin-1"},
        check=True,
    )
    assert ran.stdout == b"caf\xe9 \\U0001f355\n"


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
    with subprocess.Popen(
        command("line\n", 100_000), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.read(5)
        running.stdout.close()
        assert running.wait() == cli.READER_GONE
        assert running.stderr.read() == b""


def test_a_closed_standard_output_is_no_error() -> None:
    shell = ["sh", "-c", '"$@" >&-', "sh", *command("text")]
    ran = subprocess.run(shell, capture_output=True, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_names_cannot_steer_the_terminal() -> None:
    assert cli.printable("two\nlines\x1b[31m é \u202e \udce9") == "two\\nlines\\x1b[31m é \\u202e \\udce9"


def test_any_command_renews_the_catalog_of_a_moved_volume(tmp_path: Path) -> None:
    before = LocalStorage(tmp_path / "before")
    parts = [write_part(before, TOTALS, [row(TOTALS, value="sea")], "a", "labeling", "f" * 64)]
    publish(before, EMPTY, "labeling", {TOTALS.name: parts})
    catalog.rebuild(before)
    assert not cli.is_catalog_moved(before)
    after = LocalStorage(before.root.rename(tmp_path / "after"))
    assert cli.is_catalog_moved(after)
    cli.settings_of(Settings, argparse.Namespace(profile=None, data=str(after.root)))
    with duckdb.connect(str(after.root / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT value FROM totals").fetchall() == [("sea",)]
