"""What a checkout needs before anything runs: the locks, the setup script and the images' common ground."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("acquisition", "labeling", "embedding", "recommendation")
LOCKS = {name: ROOT / f"{name}.lock" for name in ("requirements", "requirements-test")}
LOCKS |= {stage: ROOT / stage / "requirements.txt" for stage in (*STAGES, "shared")}
#: What the setup script calls, besides what it looks for.
TOOLS = ("bash", "sh", "env", "dirname", "uname", "id", "tr", "cat", "cksum", "grep", "awk", "rm")


def pins(lock: Path) -> dict[str, str]:
    """Version by package."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def third_party(folder: Path) -> set[str]:
    """Packages that the code of a folder imports."""
    owners = packages_distributions()
    modules: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    ours = {*STAGES, "shared", "imagerec"}
    return {canonical(owner) for module in modules - ours for owner in owners.get(module, [])}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_every_locked_package_has_a_version_and_hashes(lock: Path) -> None:
    entries = re.split(r"^(?=[a-z])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert [
        entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", entry)
    ] == []


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_names_no_address(lock: Path) -> None:
    assert re.findall(r"://|index-url|find-links", lock.read_text()) == []


@pytest.mark.parametrize("name", ["requirements", *STAGES, "shared"])
def test_all_locks_agree(name: str) -> None:
    everything = pins(LOCKS["requirements-test"])
    assert {package: everything.get(package) for package in pins(LOCKS[name])} == pins(LOCKS[name])


def optional() -> set[str]:
    """Packages that a person adds for another layout of the map; the code names the one that is missing."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return {canonical(re.split(r"[><=;]", wanted)[0]) for wanted in extras["layouts"]}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_what_it_imports(stage: str) -> None:
    assert third_party(ROOT / stage) - optional() <= pins(LOCKS[stage]).keys()


def test_the_main_lock_has_what_the_code_imports() -> None:
    imported = {package for folder in (*STAGES, "shared") for package in third_party(ROOT / folder)}
    assert {"numpy", "pyspark"} <= imported - optional() <= pins(LOCKS["requirements"]).keys()


def test_all_images_start_from_the_same_stages() -> None:
    starts = {
        (ROOT / stage / "Dockerfile").read_text().partition("\n\nFROM base")[0].partition("\n\n# Annoy")[0]
        for stage in STAGES
    }
    assert len(starts) == 1
    assert "FROM debian:trixie-slim AS system" in starts.pop()


@pytest.mark.parametrize(
    ("words", "started"),
    [
        ("serve --port 1", "wait for the index, then serve --port 1"),
        ("users --json", "imagerec users --json"),
        ("echo users", "users"),
        ("nonsense", "imagerec nonsense"),
    ],
)
def test_an_image_starts_commands_of_imagerec_before_programs_of_the_same_name(
    tmp_path: Path, words: str, started: str
) -> None:
    shutil.copy(ROOT / "shared/docker/entrypoint", tmp_path / "entrypoint")
    for name, says in (("imagerec", "imagerec"), ("serve", "wait for the index, then serve")):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {says} "$@"\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    command = ["sh", str(tmp_path / "entrypoint"), *words.split()]
    assert subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout == f"{started}\n"


class Machine:
    """A checkout and a PATH on which only some programs are found."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.bin = folder / "checkout", folder / "bin"
        (self.checkout / ".ci").mkdir(parents=True)
        self.bin.mkdir()
        for name in (".ci/setup", "pyproject.toml", "requirements.lock", "requirements-test.lock"):
            shutil.copy(ROOT / name, self.checkout / name)
        for tool in TOOLS:
            self.has(tool, f'exec {shutil.which(tool)} "$@"')  # a link would let a later `has` write over the real one

    def has(self, name: str, script: str = "exit 0") -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def set_up(self, **environ: str) -> tuple[int, list[str]]:
        """Exit code of the setup and what it said."""
        environ = {"PATH": str(self.bin), "HOME": str(self.checkout), **environ}
        command = [str(self.bin / "bash"), ".ci/setup", "requirements.lock"]
        answer = subprocess.run(command, cwd=self.checkout, env=environ, capture_output=True, text=True, check=False)
        return answer.returncode, answer.stderr.splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.has("id", "echo 1000")
    made.has("uname", "echo Linux")
    made.has("apt-get", "exit 9")
    return made


def test_setup_without_python_says_what_installs_it(machine: Machine) -> None:
    code, lines = machine.set_up()
    assert (code, lines) == (
        1,
        [
            "setup: missing: Python 3.11, 3.12 or 3.13",
            "setup: this installs it:  sudo apt-get install -y python3 python3-dev python3-venv g++",
        ],
    )


@pytest.mark.parametrize(
    ("manager", "command"),
    [("apt-get", "sudo apt-get install -y g++"), ("dnf", "sudo dnf install -y gcc-c++")],
)
def test_setup_without_a_compiler_says_what_installs_it(machine: Machine, manager: str, command: str) -> None:
    (machine.bin / "apt-get").unlink()
    machine.has(manager)
    machine.has("python3", f'exec "{sys.executable}" "$@"')
    code, lines = machine.set_up()
    assert code == 1
    assert lines[0].startswith("setup: missing: a C++ compiler (for Annoy)")
    assert lines[1].startswith(f"setup: this installs it:  {command}")


def test_setup_on_a_mac_without_its_tools_says_what_installs_them(machine: Machine) -> None:
    machine.has("uname", "echo Darwin")
    machine.has("xcode-select", "exit 2")
    machine.has("python3", f'exec "{sys.executable}" "$@"')
    code, lines = machine.set_up()
    assert (code, lines[1]) == (1, "setup: this installs it:  xcode-select --install")


def test_setup_refuses_a_python_it_does_not_support(machine: Machine) -> None:
    machine.has("python3.9", "exit 1")
    assert machine.set_up(PYTHON="python3.9") == (2, ["setup: PYTHON=python3.9: expected a Python 3.11, 3.12 or 3.13"])


def test_setup_as_root_on_debian_installs_what_is_missing_and_says_so(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", 'echo "$@" >>"$HOME/installed"')
    code, lines = machine.set_up()
    assert lines[0].endswith("you are root, so this runs: apt-get install -y python3 python3-dev python3-venv g++")
    assert (machine.checkout / "installed").read_text().splitlines() == [
        "update -qq",
        "install -y python3 python3-dev python3-venv g++ -qq",
    ]
    assert code == 1  # this apt-get installs nothing, so there is still no Python, and no second try


def test_a_second_setup_installs_nothing(machine: Machine) -> None:
    (machine.checkout / ".venv/bin").mkdir(parents=True)
    imagerec = machine.checkout / ".venv/bin/imagerec"
    imagerec.touch(mode=0o755)
    names = ("requirements.lock", "requirements-test.lock", "pyproject.toml", ".ci/setup")
    stamped = f"{machine.checkout}\n".encode() + b"".join((machine.checkout / name).read_bytes() for name in names)
    key = subprocess.run(["cksum"], input=stamped, capture_output=True, check=True).stdout.decode().strip()
    (machine.checkout / ".venv/.setup").write_text(f"{key} requirements-test.lock\n")
    assert machine.set_up() == (0, [])
    (machine.checkout / "requirements.lock").write_text("# another lock\n")
    assert machine.set_up()[0] == 1  # there is no Python to install it with


def test_make_help_names_every_target() -> None:
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", listed)) == targets - {"setup-test"}


@pytest.mark.parametrize("package", [*STAGES, "shared"])
def test_every_file_of_a_package_is_in_its_wheel(package: str) -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    docker = ("Dockerfile", "docker")  # for images only
    files = [path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix not in {".py", ".pyc"} and not set(path.parts) & set(docker)]
    assert [path for path in data if not any(path.match(pattern) for pattern in patterns)] == []
