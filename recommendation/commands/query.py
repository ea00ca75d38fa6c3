"""`imagerec query`: answer on the command line, as a table for people, as JSON, as a drawing."""

import argparse
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recommendation.commands.table import table_lines
from recommendation.index import generation
from recommendation.search.answerer import Answered, Answerer
from recommendation.search.meaning import MAX_PICTURES
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options, QueryRequest, default_options, meanings
from recommendation.settings import QuerySettings
from shared.command import cli
from shared.errors import UsageError
from shared.storage import Storage
from shared.storage.files import to_json, write_atomically

log = logging.getLogger("recommendation")

DESCRIPTION = "Print the pictures most like one picture, or like up to five together, or that fit a text."


#: Options that are given once for each of their texts, and what their help calls one.
REPEATED = (
    *(("weight", "MEASURE=NUMBER"), ("min_score", "[MEASURE=]NUMBER"), ("where", "CONDITION")),
    ("crop", "X,Y,W,H"),
)


def main(argv: Sequence[str]) -> int:
    """Return 0 when answered, 1 when it cannot be (no index, no picture), 2 on wrong usage."""
    return cli.run_command(lambda: run_query(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec query`."""
    made = cli.parser("imagerec query", DESCRIPTION, QuerySettings)
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    made.add_argument("--image", type=Path, metavar="FILE", help=f"the query: 1 to {MAX_PICTURES} pictures", **many)
    made.add_argument("--id", metavar="IMAGE_ID", help="pictures of the collection as the query, or part of it", **many)
    made.add_argument("--text", default="", metavar="WORDS", help=meanings()["text"].text)
    made.add_argument("--unlike", type=Path, metavar="FILE", help=meanings()["unlike"].text, **many)
    made.add_argument("--unlike-id", metavar="IMAGE_ID", help=meanings()["unlike_id"].text, **many)
    made.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="NAME",
        help="default, or the name of one measure; repeatable; without it, all of them",
    )
    add_option_flags(made)
    add_output_flags(made)
    return made


def add_option_flags(made: argparse.ArgumentParser) -> None:
    """Add the flags of the options that only a request has, with their meaning."""
    repeated: dict[str, Any] = {"action": "append", "default": []}
    for name, metavar in REPEATED:
        made.add_argument(flag(name), metavar=metavar, help=f"{meanings()[name].text}; repeatable", **repeated)
    made.add_argument("--diversity", type=float, default=0.0, metavar="0..1", help=meanings()["diversity"].text)
    made.add_argument(
        "--expand-neighbours", type=int, default=0, metavar="N", help=meanings()["expand_neighbours"].text
    )
    for name in ("no_copies", "mirror"):
        made.add_argument(flag(name), action="store_true", help=meanings()[name].text)


def flag(name: str) -> str:
    """The flag of a field."""
    return "--" + name.replace("_", "-")


def options_of(settings: QuerySettings, arguments: argparse.Namespace) -> Options:
    """How to search, from settings and flags."""
    texts: dict[str, Any] = {
        name: tuple(getattr(arguments, name)) for name in ("measure", "unlike_id", *(name for name, _ in REPEATED))
    }
    others = {
        name: getattr(arguments, name) for name in ("diversity", "expand_neighbours", "no_copies", "mirror", "text")
    }
    return replace(default_options(settings), **texts, **others)


def add_output_flags(made: argparse.ArgumentParser) -> None:
    """Add the flags that say where the answer goes."""
    made.add_argument("--json", action="store_true", help="print one JSON object")
    for flag, metavar, meaning in (
        ("--gallery", "FILE.png", "also draw the query and its answers side by side"),
        ("--batch", "FILE.jsonl", "answer one JSON request per line with Spark, in the lines' order"),
        ("--out", "FILE.jsonl", "where the answers of --batch go; without it, standard output"),
    ):
        made.add_argument(flag, type=Path, metavar=metavar, help=meaning)


def run_query(arguments: argparse.Namespace) -> int:
    """Answer the query, or the batch, of the parsed flags."""
    settings = cli.settings_of(QuerySettings, arguments)
    options = options_of(settings, arguments)
    if arguments.batch:
        if arguments.image or arguments.id or arguments.unlike or arguments.text or arguments.gallery:
            raise UsageError(
                "--batch: expected it without --image, --id, --unlike, --text and --gallery; the requests name their pictures"
            )
        return _run_batch(settings, options, arguments.batch, arguments.out)
    if arguments.gallery and arguments.gallery.is_dir():
        raise UsageError(f"--gallery: expected a file to write, got the folder {arguments.gallery}")
    if arguments.out:
        raise UsageError("--out: expected it with --batch only")
    files = {"images": tuple(map(str, arguments.image)), "unlike": tuple(map(str, arguments.unlike))}
    request = QueryRequest(**{**vars(options), **files}, id=tuple(arguments.id))
    answerer = Answerer(settings.volume)
    uploads, unlike = ([read_upload(path, str(path)) for path in some] for some in (arguments.image, arguments.unlike))
    answered = answerer.answer(uploads, request, request.id, unlike)
    if arguments.gallery:
        _draw(settings.volume, answerer, answered, arguments.gallery)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    weights = answerer.current.engine.weights_of(request, has_pictures=bool(answered.content["queries"]))
    lines = table_lines(answered.content, weights, width)
    sys.stdout.write(to_json(answered.content).decode() if arguments.json else "\n".join([*lines, ""]))
    return cli.OK


def _run_batch(settings: QuerySettings, options: Options, requests: Path, out: Path | None) -> int:
    from recommendation import job  # imports Spark
    from recommendation.commands import batch

    lines = batch.read_lines(requests)
    generation.expected_name(settings.volume)  # raises before Spark starts
    answers = job.answer_batch(settings, options, lines, requests.parent)
    data = "".join(f"{line}\n" for line in answers).encode()
    if out:
        write_atomically(out, data)
    else:
        sys.stdout.write(data.decode())
    errors = sum(map(batch.is_error, answers))
    if errors:
        log.warning("%d of %d requests could not be answered; their lines say why", errors, len(answers))
    return cli.NOTHING_PRODUCED if answers and errors == len(answers) else cli.OK


def _draw(volume: Storage, answerer: Answerer, answered: Answered, path: Path) -> None:
    from recommendation.gallery.pictures import draw_answer  # pulls in fonts and drawing, needed with --gallery only

    drawn = draw_answer(volume, answerer.current.engine, answered.content, answered.query_thumbnails)
    write_atomically(path, drawn)
