"""Build the index of a collection, and answer queries from it."""

import argparse
import sys
from collections.abc import Sequence

COMMANDS = {
    "build": "make an index generation of the collection (the default: the stage's part of `imagerec run`)",
    "query": "print the pictures most like one picture, or like up to five",
    "serve": "answer queries over HTTP and from the inbox, until stopped",
    "inbox": "answer the query jobs that wait in queries/inbox, then end",
    "evaluate": "measure retrieval quality over the collection",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 it cannot be done, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    is_build = not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help"})
    command = "build" if is_build else _parser().parse_args(arguments[:1]).command
    return _run(command, arguments if is_build else arguments[1:])


def _run(command: str, argv: Sequence[str]) -> int:
    """Each command imports what it needs: a query must not wait for Spark, nor a build for a web server."""
    if command == "query":
        from recommendation.commands import query

        return query.main(argv)
    if command == "serve":
        from recommendation.web import service

        return service.main(argv)
    if command == "inbox":
        from recommendation.commands import inbox

        return inbox.main(argv)
    if command == "evaluate":
        from recommendation.commands import evaluate

        return evaluate.main(argv)
    from recommendation import job
    from recommendation.settings import Settings
    from shared.pipeline import stages

    return stages.main("recommendation", COMMANDS["build"], Settings, job, argv)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:{width}}  {meaning}" for name, meaning in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="imagerec recommendation",
        usage="imagerec recommendation [COMMAND] [options]",
        description=__doc__,
        epilog=f"commands:\n{lines}\n\n`imagerec recommendation COMMAND --help` lists a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
