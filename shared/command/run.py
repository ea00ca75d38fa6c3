"""`imagerec run`: all stages one after the other, with every stage's settings as flags."""

import argparse
import importlib
from collections.abc import Sequence

from shared.command import cli
from shared.command.commands import COMMANDS
from shared.command.stage import settings_class
from shared.project import STAGES


def main(argv: Sequence[str]) -> int:
    """Return 0 when every stage produced something or had nothing left to do, 1 when one could not, 2 on wrong usage."""
    return cli.run_command(lambda: _run(parser().parse_args(argv)), cli.GOES_ON)


def parser() -> argparse.ArgumentParser:
    """The flags of all stages."""
    return cli.parser("imagerec run", COMMANDS["run"].help, *map(settings_class, STAGES))


def _run(arguments: argparse.Namespace) -> int:
    from shared.command.next_steps import next_lines
    from shared.pipeline.stages import make_stage, run_stages  # imports Spark, which `--help` does without

    stages = [
        make_stage(name, cli.settings_of(settings_class(name), arguments), importlib.import_module(f"{name}.job"))
        for name in STAGES
    ]
    if not run_stages(stages, "run"):
        return cli.NOTHING_PRODUCED
    print(*next_lines(stages[0].settings.volume), sep="\n")
    return cli.OK
