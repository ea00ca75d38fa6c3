"""reports/report.pdf: typeset from data that is never markup, and made again when what it says has changed."""

import hashlib
import json
import logging
import tempfile
from pathlib import Path

from recommendation.index import generation
from recommendation.quality import stored
from recommendation.report import facts
from shared import tables
from shared.drawing.lettering import font_folder
from shared.errors import CannotProceedError
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import CHARTS, REPORTS
from shared.tables.contracts import FAILURES, IMAGES, LIKES, PROFILES, RECOMMENDATIONS, TOTALS

log = logging.getLogger(__name__)

REPORT = f"{REPORTS}/report.pdf"
TEMPLATE = Path(__file__).parent / "report.typ"
#: What can go wrong, also with documents in reports/ that an older version made or that people changed; a report is not
#: worth a run, so it is left out, and that is said.
ERRORS = (CannotProceedError, ImportError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


def refresh(volume: Storage) -> None:
    """Make the report again if what it is made from has changed; a failure costs a line in the log, never the run."""
    try:
        content = content_of(volume)
        if not exports.is_current(volume, REPORT, content):
            write(volume, content)
    except ERRORS as error:
        log.warning("the report is left out: %s", error)


def write(volume: Storage, content: str) -> None:
    """Make and store the report.

    Raises:
        CannotProceedError: there is no index, or a table is damaged.
        OSError: it cannot be stored.
        RuntimeError: typst refuses it.
    """
    data, drawings = facts.gather(volume, tables.open_snapshot(volume))
    exports.put(volume, REPORT, content, typeset(data, drawings))


def content_of(volume: Storage) -> str:
    """Identity of what the report is made from; times of later runs alone make no new report."""
    snapshot = tables.open_snapshot(volume)
    files = [one for one in (f"{CHARTS}/charts.json", facts.MAP, stored.SEARCH, stored.PEOPLE) if volume.stat(one)]
    return digest(
        TEMPLATE.read_text(encoding="utf-8"),
        snapshot.digest(IMAGES, TOTALS, FAILURES, LIKES, PROFILES, RECOMMENDATIONS),
        generation.live_name(volume),
        [[one, hashlib.sha256(volume.read(one)).hexdigest()] for one in files],
    )


def typeset(data: facts.Facts, drawings: dict[str, bytes]) -> bytes:
    """The PDF (PDF/UA-1), the same bytes each time."""
    import typst  # 0.1 s

    files = {"main.typ": TEMPLATE.read_bytes(), "facts.json": json.dumps(data).encode(), **drawings}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        pdf: bytes = typst.compile(
            str(Path(folder) / "main.typ"),
            root=folder,
            font_paths=[str(font_folder())],
            ignore_system_fonts=True,
            timestamp=0,
            pdf_standards="ua-1",
        )
    return pdf
