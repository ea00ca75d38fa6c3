"""The README's commands, flags, links and example are real."""

import re
import shlex
from pathlib import Path

import pytest

from shared.command.commands import COMMANDS
from shared.storage import LocalStorage
from shared.tables import catalog
from tests.commands import ROOT, imagerec_here, python

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCES = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands(page: Path) -> list[list[str]]:
    """Words of every line of a page's shell examples."""
    lines = [line for block in FENCES.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()]
    return [
        shlex.split(line, comments=True)
        for line in lines
        if "<<" not in line and not line.startswith((" ", '"', "print", "import"))
    ]


def help_of(command: str) -> str:
    shown = imagerec_here(command, "--help")
    assert shown.returncode == 0
    return shown.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_flag_shown_of_imagerec_exists(page: Path) -> None:
    shown = [words for words in commands(page) if words and words[0].endswith("imagerec")]
    for _, command, *arguments in shown:
        known = help_of(command)
        assert [flag for flag in arguments if flag.startswith("--") and flag not in known] == []


def test_every_make_target_shown_exists() -> None:
    shown = {words[1] for page in PAGES for words in commands(page) if words and words[0] == "make"}
    assert shown
    assert shown <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_command_is_in_the_table() -> None:
    assert [name for name in COMMANDS if not re.search(rf"^\| `imagerec [^`]*\b{name}\b", README, re.MULTILINE)] == []


def test_the_annotated_tree_names_what_is_there() -> None:
    tree = README.split("## What is where")[1].split("```")[1]
    names = re.findall(r"^(\w+)/", tree, re.MULTILINE)
    assert len(names) >= 8
    assert [name for name in names if not (ROOT / name).is_dir()] == []


def test_the_catalog_example_runs(tmp_path: Path) -> None:
    catalog.rebuild(LocalStorage(tmp_path / "shared_data"))
    code = README.split("<<'SQL'\n")[1].split("\nSQL")[0]
    ran = python("-c", code, cwd=tmp_path)
    assert "brightness" in ran.stdout
