"""The report: small, the same bytes each time, accessible, and made of data that is never markup."""

import json
import logging
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from recommendation.quality import stored
from recommendation.report import facts, pdf
from shared import tables
from shared.pipeline import totals
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES
from tests.commands import imagerec_here
from tests.recommendation.conftest import Collection

HOSTILE = '#panic("x") *bold* $x^2$ <label> @ref \\ "quoted" [link](x) // comment'
MOST_BYTES, MOST_PAGES = 2_000_000, 4


def report_on(**changed: Any) -> dict[str, Any]:
    """The data of a report on a small collection."""
    stage = {"name": "labeling", "pictures": "12", "seconds": "1.5", "rate": "8", "larger": ["3 h", "35 h"]}
    data = {"rows": [["Tags", HOSTILE]], "sources": [], "unlicensed": "0 pictures", "failed": "0 files", "reasons": []}
    return {
        "pictures": "12 pictures",
        "data": data,
        "measures": [["hash", "copies", "a", "b", "scan", "1.000", "0.42", "0.54"]],
        "default": {"weights": "embedding", "kind": "precision@5", "figures": []},
        "model": HOSTILE,
        "whitening": "not used",
        "stages": [stage],
        "slowest": "labeling",
        "build": [["basis", "1.0"]],
        "people": {},
        "charts": [],
        "map": {},
        "searched": {},
        "cores": "2",
        "generation": "g",
        **changed,
    }


def text_of(data: bytes, tmp_path: Path) -> str:
    """The report's words, separated by single blanks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext, of the package poppler-utils")
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def page_count(data: bytes) -> int:
    [count] = re.findall(rb"/Type/Pages/Count (\d+)", data)
    return int(count)


def test_what_people_wrote_is_text(tmp_path: Path) -> None:
    text = text_of(pdf.typeset(report_on(), {}), tmp_path)
    assert '#panic("x") *bold* $x^2$ <label> @ref' in text
    assert "People and recommendations" not in text


def test_the_same_data_give_the_same_bytes() -> None:
    first, second = (pdf.typeset(report_on(), {}) for _ in range(2))
    assert first == second
    assert b"pdfuaid" in first  # says that it conforms to PDF/UA, which typst has checked


def test_a_chapter_about_people_is_there_where_there_are_people(tmp_path: Path) -> None:
    people = {"people": "7", "opinions": "90", "recommended": "70", "different": "61", "coverage": "23 %"}
    weighed = {**people, "weights": [["subject", "0.40"]], "evaluated": {}}
    text = text_of(pdf.typeset(report_on(people=weighed), {}), tmp_path)
    assert "7 people gave 90 opinions" in text
    assert "what counts most is subject 0.40;" in text
    assert "the next report has its figures" in text


def test_evaluations_of_this_index_are_told(volume: LocalStorage, tmp_path: Path) -> None:
    hybrid = {"ndcg@10": [0.226, 0.09], "precision@5": [0.194, 0.1], "auc": [0.729, 0.06], "coverage": 0.466}
    listed = {"untrue_reasons": 0, "pictures": 350}
    found = {"people": 7, "seeds": 5, "recommenders": {"hybrid": hybrid}, "hybrid_list": listed}
    stored.keep(volume, stored.PEOPLE, "g", found)
    assert facts.evaluated_of(stored.read(volume, stored.PEOPLE, "another")) == {}
    people = {"people": "7", "opinions": "9", "recommended": "70", "different": "61", "coverage": "2 %", "weights": []}
    evaluated = facts.evaluated_of(stored.read(volume, stored.PEOPLE, "g"))
    text = text_of(pdf.typeset(report_on(people={**people, "evaluated": evaluated}), {}), tmp_path)
    assert "hybrid 0.226 0.194 0.729 0.47" in text
    assert "Of 350 reasons that were recomputed, 0 were untrue." in text
    values = {name: {"color": 0.5} for name in ("precision_at_1", "precision_at_5", "map_at_10")}
    searched = facts.searched_of({"queries": 264, "labels": "/home/ada/labels.csv", **values})
    text = text_of(pdf.typeset(report_on(searched=searched), {}), tmp_path)
    assert "color 0.500 0.500 0.500" in text
    assert ("(labels.csv)" in text, "/home/ada" in text) == (True, False)


def test_few_pictures_say_nothing_about_many() -> None:
    assert facts.time_of("labeling", 1, 9.8)["larger"] == ["-", "-"]
    assert facts.time_of("labeling", 100, 9.8)["larger"] == ["2.7 h", "27.2 h"]
    assert (facts.counted(1, "picture"), facts.counted(1200, "picture")) == ("1 picture", "1,200 pictures")


@pytest.mark.parametrize(("seconds", "text"), [(5.0, "5 s"), (119.0, "119 s"), (600.0, "10 min"), (36_000.0, "10.0 h")])
def test_durations_are_said_in_fitting_units(seconds: float, text: str) -> None:
    assert facts.duration(seconds) == text


@pytest.mark.spark
def test_every_number_is_the_volumes(collection: Collection, tmp_path: Path) -> None:
    done = imagerec_here("report", "--data", collection.volume.root)
    assert (done.returncode, done.stdout) == (0, f"{collection.volume.root}/reports/report.pdf\n")
    data = collection.volume.read(pdf.REPORT)
    assert len(data) <= MOST_BYTES
    assert page_count(data) <= MOST_PAGES
    text = text_of(data, tmp_path)
    snapshot = tables.open_snapshot(collection.volume)
    counts = totals.by_kind(collection.volume, snapshot)
    assert f"The collection has {snapshot.rows(IMAGES)} pictures." in text
    for value, number in counts["orientation"]:
        assert f"{value} {number}" in text
    status = json.loads(imagerec_here("status", "--data", collection.volume.root, "--json").stdout)
    for measure, found in status["index"]["measures"].items():
        assert re.search(rf"{measure} .*{found['recall']:.3f}", text)


@pytest.mark.spark
def test_a_report_is_made_again_only_for_something_new(own_collection: Collection) -> None:
    volume = own_collection.volume
    pdf.refresh(volume)
    before = volume.stat(pdf.REPORT)
    pdf.refresh(volume)
    assert volume.stat(pdf.REPORT) == before
    volume.delete("reports/map.png")
    pdf.refresh(volume)
    assert volume.stat(pdf.REPORT) != before


def test_a_volume_without_an_index_costs_a_sentence(volume: LocalStorage, caplog: pytest.LogCaptureFixture) -> None:
    volume.root.mkdir()
    with caplog.at_level(logging.WARNING):
        pdf.refresh(volume)
    assert caplog.messages == ["the report is left out: there is no index to report on; `imagerec run` makes one"]
    done = imagerec_here("report", "--data", volume.root)
    assert (done.returncode, "there is no index" in done.stderr) == (1, True)


@pytest.mark.spark
def test_a_document_that_is_damaged_costs_a_sentence_not_the_run(
    own_collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    own_collection.volume.put("reports/map/map.json", b'{"pictures": 99}')
    own_collection.volume.delete(pdf.REPORT)
    with caplog.at_level(logging.WARNING):
        pdf.refresh(own_collection.volume)
    assert [message.partition(":")[0] for message in caplog.messages] == ["the report is left out"]
