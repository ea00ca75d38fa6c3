"""The command `imagerec`: finds the rooms by name and hands over to them."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from shared.command import cli
from shared.project import ROOMS

#: Commands that are a room's own, by the room that answers them.
QUERY_COMMANDS = {
    "query": "print the pictures most like one picture, or like up to five",
    "serve": "answer queries over HTTP and from the inbox",
    "inbox": "answer the query jobs that wait in queries/inbox, then end",
    "evaluate": "measure retrieval quality over the collection",
}
COMMANDS = {
    "run": "run all four rooms, one after the other",
    **{room: f"run the room {room} alone" for room in ROOMS},
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
    """`imagerec run`: every room's settings are flags of this one command."""
    return cli.run_command(lambda: _run_rooms(argv), cli.GOES_ON)


def _run_rooms(argv: Sequence[str]) -> int:
    from shared.command.next_steps import next_lines
    from shared.pipeline.stages import room_of, run_rooms  # pulls in Spark, which the other commands do without

    classes = {room: importlib.import_module(f"{room}.settings").Settings for room in ROOMS}
    arguments = cli.parser("imagerec run", COMMANDS["run"], *classes.values()).parse_args(argv)
    rooms = [
        room_of(name, cli.settings_of(cls, arguments), importlib.import_module(f"{name}.job"))
        for name, cls in classes.items()
    ]
    code = run_rooms(rooms, "run")
    if code == cli.OK:
        print(*next_lines(rooms[0].settings.data), sep="\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
