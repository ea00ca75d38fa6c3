"""Run `imagerec`: as a process, or in this one."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from shared.command.main import main

ROOT = Path(__file__).resolve().parents[1]
#: Flags of `imagerec run` that leave out what takes long and what most tests do not look at.
BARE = ("--charts=no", "--map=no", "--report=no", "--duplicates=no")
Finished = subprocess.CompletedProcess[str]
Running = subprocess.Popen[str]


def python(*arguments: str | Path, cwd: Path = ROOT, environ: dict[str, str] | None = None) -> Finished:
    """Run this interpreter, which finds the project's modules, to its end, whatever its exit code.

    Args:
        environ: the whole environment; this process's unless given.
    """
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**(os.environ if environ is None else environ), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def imagerec(*arguments: str | Path, **variables: str) -> Finished:
    """Run a command to its end, whatever its exit code, with these variables added to the environment."""
    return python("-m", "shared", *arguments, environ={**os.environ, **variables})


def start_imagerec(*arguments: str | Path) -> Running:
    """Start a command in a session of its own; its standard error is a pipe."""
    command = [sys.executable, "-m", "shared", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)


def imagerec_here(*arguments: str | Path) -> Finished:
    """Run a command in this process, which is faster; only for commands that start no Spark."""
    words, out, err = [*map(str, arguments)], io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
    return Finished(words, code, out.getvalue(), err.getvalue())
