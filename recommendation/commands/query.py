"""`imagerec query`: answer on the command line, as a table for people, as JSON, as a drawing."""

import argparse
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recommendation.index import generation
from recommendation.search.answerer import Answer, Answerer
from recommendation.search.engine import DEFAULT, Options
from recommendation.search.query_picture import MAX_PICTURES, check_size, read_upload
from recommendation.search.request import default_options
from recommendation.settings import QuerySettings
from shared.command import cli
from shared.errors import UsageError
from shared.storage import Storage
from shared.storage.files import to_json, write_atomically

log = logging.getLogger("recommendation")

DESCRIPTION = "Print the pictures most like one picture, or like up to five together."


def main(argv: Sequence[str]) -> int:
    """Return 0 when answered, 1 when it cannot be (no index, no picture), 2 on wrong usage."""
    return cli.run_command(lambda: ask(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec query`."""
    made = cli.parser("imagerec query", DESCRIPTION, QuerySettings)
    made.add_argument(
        "--image",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help=f"the query: 1 to {MAX_PICTURES} pictures",
    )
    made.add_argument(
        "--id",
        nargs="+",
        action="extend",
        default=[],
        metavar="IMAGE_ID",
        help="pictures of the collection as the query, or part of it",
    )
    made.add_argument(
        "--measure",
        action="append",
        metavar="NAME",
        help="default, or the name of one measure; repeatable; without it, all of them",
    )
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument(
        "--gallery", type=Path, metavar="FILE.png", help="also draw the query and its answers side by side"
    )
    made.add_argument(
        "--batch", type=Path, metavar="FILE.jsonl", help="answer one JSON job per line with Spark, in the lines' order"
    )
    made.add_argument(
        "--out", type=Path, metavar="FILE.jsonl", help="where the answers of --batch go; without it, standard output"
    )
    return made


def ask(arguments: argparse.Namespace) -> int:
    """Answer what the parsed flags ask."""
    settings = cli.settings_of(QuerySettings, arguments)
    options = default_options(settings)._replace(measures=tuple(arguments.measure) if arguments.measure else None)
    if arguments.batch:
        if arguments.image or arguments.id or arguments.gallery:
            raise UsageError("--batch: expected it without --image, --id and --gallery; the jobs name their pictures")
        return _ask_batch(settings, options, arguments.batch, arguments.out)
    if arguments.gallery and arguments.gallery.is_dir():
        raise UsageError(f"--gallery: expected a file to write, got the folder {arguments.gallery}")
    if arguments.out:
        raise UsageError("--out: expected it with --batch only")
    check_size(len(arguments.image) + len(arguments.id), options.top_k)
    answerer = Answerer(settings.volume)
    answer = answerer.answer([read_upload(path, str(path)) for path in arguments.image], options, arguments.id)
    if arguments.gallery:
        _draw(settings.volume, answerer, answer, arguments.gallery)
    lines = table_lines(answer.content, answerer.live.engine.weights)
    sys.stdout.write(to_json(answer.content).decode() if arguments.json else "\n".join([*lines, ""]))
    return cli.OK


def _ask_batch(settings: QuerySettings, options: Options, jobs: Path, out: Path | None) -> int:
    from recommendation import job  # pulls in Spark, which one query does without
    from recommendation.commands import batch

    lines = batch.read_lines(jobs)
    generation.expected_name(settings.volume)  # refuses before Spark makes the user wait
    answers = job.answer_batch(settings, options, lines, jobs.parent)
    data = "".join(f"{line}\n" for line in answers).encode()
    if out:
        write_atomically(out, data)
    else:
        sys.stdout.write(data.decode())
    refused = sum(map(batch.is_refusal, answers))
    if refused:
        log.warning("%d of %d jobs could not be answered; their lines say why", refused, len(answers))
    return cli.NOTHING_PRODUCED if answers and refused == len(answers) else cli.OK


def _draw(volume: Storage, answerer: Answerer, answer: Answer, path: Path) -> None:
    from recommendation.search.gallery import draw_gallery  # pulls in fonts and drawing, which few queries need
    from recommendation.search.thumbnails import Thumbnails

    thumbnails = Thumbnails(volume).read(answerer.live.engine, ids_of(answer.content))
    write_atomically(path, draw_gallery(answer.content, thumbnails, answer.query_thumbnails))


def ids_of(content: dict[str, Any]) -> list[str]:
    """Ids of the pictures in an answer, each once, in the order they first appear."""
    return list(dict.fromkeys(item["image_id"] for items in content["results"].values() for item in items))


def table_lines(content: dict[str, Any], weights: Mapping[str, float]) -> Iterable[str]:
    """An answer for people: for each measure, the default one first, score, file name and licence, aligned.

    Args:
        weights: what the default measure is the sum of.
    """
    items = [item for found in content["results"].values() for item in found]
    width = max((len(printable(item["filename"])) for item in items), default=0)
    for measure, found in content["results"].items():
        yield f"{measure} = {sum_text(weights)}" if measure == DEFAULT else measure
        for item in found:
            name, licence = printable(item["filename"]), printable(item["license"])
            yield f"  {item['rank']:>2}  {item['score']:.3f}  {name:{width}}  {licence}".rstrip()
        yield ""
    yield f"{content['seconds']:.3f} s, generation {content['generation']}, model {content['model']}"


def sum_text(weights: Mapping[str, float]) -> str:
    """A weighted sum of measures for people: ``0.75 embedding + 0.25 color``."""
    return " + ".join(name if weight == 1 else f"{weight:g} {name}" for name, weight in weights.items())


def printable(text: str) -> str:
    """The text on one line, without characters that could steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
