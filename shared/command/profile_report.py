"""Writes profiles for people: text on standard error and a page for a web browser."""

import re
import sys
from pathlib import Path

from pyinstrument.renderers import ConsoleRenderer, HTMLRenderer
from pyinstrument.session import Session

from shared.spark.profiles import Profiles
from shared.storage.files import write_atomically

MOST_FUNCTIONS = 15
#: pyinstrument's page asks a foreign server for fonts.
FONTS = re.compile(r'https://fonts\.googleapis\.com/[^"]*')


class Text(ConsoleRenderer):
    """pyinstrument's text without its banner."""

    def render_preamble(self, session: Session) -> str:  # noqa: ARG002 # pyinstrument's signature
        """Nothing."""
        return ""


def report(out: Path, command: str, driver: Session, workers: Profiles) -> None:
    """Print where the time went in this process and in each stage's workers, and write a file for each.

    Args:
        out: the file for this process; those for the workers are named after it and the stage.
    """
    print_part(f"{command}, this process: {driver.duration:.2f} s", Text(unicode=True).render(driver).splitlines())
    files = {out: driver}
    for stage, session in workers.items():
        functions = Text(flat=True).render(session).splitlines()
        print_part(f"{stage}, Python workers together: {session.duration:.2f} s", functions[:MOST_FUNCTIONS])
        files[out.with_stem(f"{out.stem}-{stage}")] = session
    for path, session in files.items():
        write_atomically(path, FONTS.sub("data:text/css,", HTMLRenderer().render(session)).encode())
    sys.stderr.write(f"\nwritten, for a web browser: {' '.join(map(str, files))}\n")


def print_part(title: str, lines: list[str]) -> None:
    """Print a title and lines of seconds and functions on standard error."""
    sys.stderr.write("\n".join(["", title, *lines, ""]))
