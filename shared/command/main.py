"""The command `imagerec`: finds the stages by name and hands over to them."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from shared.command import cli
from shared.project import STAGES

#: Commands that are a stage's own, by the stage that answers them.
QUERY_COMMANDS = {
    "query": "print the pictures most like one picture, or like up to five",
    "serve": "answer queries over HTTP and from the inbox",
    "inbox": "answer the query jobs that wait in queries/inbox, then end",
    "evaluate": "measure retrieval quality over the collection",
}
COMMANDS = {
    "run": "run all four stages, one after the other",
    **{stage: f"run the stage {stage} alone" for stage in STAGES},
    **QUERY_COMMANDS,
    "status": "say what is on the volume",
    "profile": "run `query` or `run` and say where the time goes",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 nothing could be produced, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return cli.run_command(lambda: _run(arguments))  # from here on, since imports take a while, too


def _run(arguments: Sequence[str]) -> int:
    command = _parser().parse_args(arguments[:1]).command
    rest = arguments[1:]
    if command == "run":
        return _run_all(rest)
    if command == "status":
        return _call("shared.command.status", rest)
    if command == "profile":
        return _profile(rest)
    if command in QUERY_COMMANDS:
        return _call("recommendation.__main__", [command, *rest])
    return _call(f"{command}.__main__", rest)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:{width}}  {meaning}" for name, meaning in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="imagerec",
        usage="imagerec COMMAND [options]",
        description="Find, recommend and see pictures.",
        epilog=f"commands:\n{lines}\n\n`imagerec COMMAND --help` lists a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return parser


def _call(module: str, argv: Sequence[str]) -> int:
    code: int = importlib.import_module(module).main(argv)
    return code


def _profile(argv: Sequence[str]) -> int:
    from shared.command.profiling import command  # pulls in profilers, which the other commands do without

    return command.main(argv, main)


def _run_all(argv: Sequence[str]) -> int:
    """`imagerec run`: every stage's settings are flags of this one command."""
    return cli.run_command(lambda: _run_stages(argv), cli.GOES_ON)


def _run_stages(argv: Sequence[str]) -> int:
    from shared.command.next_steps import next_lines
    from shared.pipeline.stages import make_stage, run_stages  # pulls in Spark, which the other commands do without

    classes = {stage: importlib.import_module(f"{stage}.settings").Settings for stage in STAGES}
    arguments = cli.parser("imagerec run", COMMANDS["run"], *classes.values()).parse_args(argv)
    stages = [
        make_stage(name, cli.settings_of(cls, arguments), importlib.import_module(f"{name}.job"))
        for name, cls in classes.items()
    ]
    code = run_stages(stages, "run")
    if code == cli.OK:
        print(*next_lines(stages[0].settings.volume), sep="\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
