"""`imagerec report`: a report about the collection as a PDF."""

import argparse
import sys
from collections.abc import Sequence

from recommendation.report import pdf
from shared.command import cli
from shared.errors import CannotProceedError
from shared.settings import Settings


def main(argv: Sequence[str]) -> int:
    """Return 0 when made, 1 when it cannot be, 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec report`."""
    return cli.parser(
        "imagerec report", "Write reports/report.pdf: what is in the collection, and how well it is searched.", Settings
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the report, whether or not it is there."""
    volume = cli.settings_of(Settings, arguments).volume
    try:
        pdf.write(volume, pdf.content_of(volume))
    except (ImportError, RuntimeError) as error:
        raise CannotProceedError(f"the report cannot be made: {error}") from error
    sys.stdout.write(f"{volume.locate(pdf.REPORT)}\n")
    return cli.OK
