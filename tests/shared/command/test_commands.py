"""Every command is declared once, starts under its own name, and is imported only when it runs."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shared.command import commands
from shared.command.main import main
from shared.project import STAGES, VERSION

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_explains_itself_under_its_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: imagerec {name} ")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert [name for name, command in commands.COMMANDS.items() if f"  {name:14}  {command.help}" not in lines] == []


def test_a_command_that_does_not_exist_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["guess"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2
        assert capsys.readouterr().err.startswith("usage: imagerec COMMAND")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"imagerec {VERSION}\n")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "shared.project.VERSION"}


def test_a_stage_answers_the_commands_whose_modules_it_has() -> None:
    assert commands.of_stage("recommendation") == [
        *("query", "serve", "inbox", "map", "duplicates", "evaluate"),
        *("like", "dislike", "unlike", "tag", "forget", "users", "recommend", "report", "gallery", "export"),
    ]
    assert [commands.of_stage(stage) for stage in STAGES[:-1]] == [["sources", "credits", "remove"], [], []]


@pytest.mark.parametrize("arguments", [["recommendation", "query"], ["recommendation", "build"], ["labeling"]])
def test_a_stage_is_a_program_of_its_own(arguments: list[str]) -> None:
    stage, *rest = arguments
    command = [sys.executable, "-m", stage, *rest, "--help"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    shown = "query" if rest == ["query"] else stage
    assert ran.stdout.startswith(f"usage: imagerec {shown} ")


def test_a_command_imports_no_module_of_another(tmp_path: Path) -> None:
    code = (
        "import sys; from shared.command.main import main; main(['status', '--data', sys.argv[1]]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"pyspark", "annoy", "fastapi", "onnx", "pyinstrument"} & set(ran.stderr.splitlines()[-1].split())
