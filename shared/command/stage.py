"""The command of one stage, such as `imagerec labeling`; `python -m labeling` is the same."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from shared.command import cli, commands
from shared.settings import Settings


def main(stage: str, argv: Sequence[str] | None = None) -> int:
    """Run a stage, or the command that it answers and that the first word names; return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in commands.of_stage(stage):
        return commands.call(arguments[0], arguments[1:])
    return cli.run_command(lambda: _run(stage, arguments), cli.GOES_ON)


def parser(stage: str) -> argparse.ArgumentParser:
    """The flags of a stage."""
    made = cli.parser(f"imagerec {stage}", commands.COMMANDS[stage].help, settings_class(stage))
    if others := commands.of_stage(stage):
        made.epilog = f"`imagerec {stage} COMMAND` runs one of the commands {', '.join(others)}."
    return made


def settings_class(stage: str) -> type[Settings]:
    """The class of a stage's settings."""
    cls: type[Settings] = importlib.import_module(f"{stage}.settings").Settings
    return cls


def _run(stage: str, argv: Sequence[str]) -> int:
    from shared.pipeline.stages import make_stage, run_stages  # imports Spark, which the other commands do without

    settings = cli.settings_of(settings_class(stage), parser(stage).parse_args(argv))
    is_done = run_stages([make_stage(stage, settings, importlib.import_module(f"{stage}.job"))], stage)
    return cli.OK if is_done else cli.NOTHING_PRODUCED
