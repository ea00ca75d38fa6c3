"""`imagerec profile`: the same answers and tables as without it, where the time went, and pages for a web browser."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyspark import SparkContext

from shared import tables
from shared.command.main import main
from shared.project import STAGES
from shared.storage import LocalStorage
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES, LABELS, LOCATIONS, THUMBNAILS
from tests.commands import BARE, Finished, imagerec
from tests.recommendation.conftest import Collection

ROOT = Path(__file__).resolve().parents[3]
CONTENTS = (IMAGES, THUMBNAILS, LOCATIONS, LABELS, FEATURES, EMBEDDINGS, CATEGORIES)
STEPS = {
    "acquisition": {("acquisition/steps.py", "stage_picture"), ("shared/pictures/sandbox.py", "decode")},
    "labeling": {("labeling/steps.py", "label_picture"), ("shared/pictures/pixels.py", "open_thumbnail")},
    "embedding": {("embedding/steps.py", "embed_slice"), ("shared/models/session.py", "embed")},
    "recommendation": {("recommendation/index/fusion.py", "gather")},
}


class Profiled(NamedTuple):
    """A command that was profiled: what it printed, and the folder with its files."""

    ran: Finished
    folder: Path

    def functions(self, name: str) -> set[tuple[str, str]]:
        """Files, without what is above the project, and names of the functions in a profile."""
        page = (self.folder / name).read_text(encoding="utf-8")
        data, _ = json.JSONDecoder().raw_decode(page.split("sessionData = ")[1])
        frames, found = [data["frame_tree"]], set()
        while frames:
            frame = frames.pop()
            function, _, place = frame["identifier"].partition("\0")
            found.add((place.partition("\0")[0].removeprefix(f"{ROOT}/"), function))
            frames += frame["children"]
        return found


def profile(folder: Path, *arguments: str | Path) -> Profiled:
    return Profiled(imagerec("profile", "--out", folder / "p.html", *arguments), folder)


@pytest.fixture(scope="module")
def run(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Profiled:
    """All stages over the collection's pictures, onto a fresh volume beside the profiles."""
    folder = tmp_path_factory.mktemp("profile")
    settings = ("--model", "efficientnet-lite0", "--precision", "fp32", "--master", "local[2]", *BARE)
    made = profile(folder, "run", "--source", collection.pictures, "--data", folder / "volume", *settings)
    assert made.ran.returncode == 0, made.ran.stderr
    return made


def test_a_profiled_run_makes_what_a_run_makes(run: Profiled, collection: Collection) -> None:
    volumes = (LocalStorage(run.folder / "volume"), collection.volume)
    mine, usual = (tables.open_snapshot(volume).digest(*CONTENTS) for volume in volumes)
    assert mine == usual
    mine_index, usual_index = ((volume.root / "index" / "CURRENT").read_text() for volume in volumes)
    assert mine_index == usual_index


@pytest.mark.parametrize("stage", STAGES)
def test_the_profile_of_a_stages_workers_holds_its_steps(run: Profiled, stage: str) -> None:
    assert STEPS[stage] <= run.functions(f"p-{stage}.html")


def test_the_profile_of_a_run_itself_holds_the_stages_jobs(run: Profiled) -> None:
    assert {(f"{stage}/job.py", "run") for stage in STAGES} <= run.functions("p.html")


def test_a_run_prints_every_stage_and_what_its_workers_did(run: Profiled) -> None:
    said = run.ran.stderr
    for stage in STAGES:
        assert re.search(rf"\d\.\d\d\d run  {stage}/job\.py", said)
        assert f"\n{stage}, Python workers together: " in said
    assert "\nrun, this process: " in said
    assert "context  shared/spark/session.py" in said
    assert run.ran.stdout.startswith("next: ")  # as a run without it


def test_the_pages_ask_no_server_for_anything(run: Profiled) -> None:
    pages = [path.read_text(encoding="utf-8") for path in run.folder.glob("*.html")]
    assert len(pages) == 5
    assert {found for page in pages for found in re.findall(r"https?://[\w.]+", page)} <= {"http://www.w3.org"}


def test_a_profiled_query_answers_as_a_query_does(
    collection: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["query", "--data", str(collection.volume.root), "--image", str(collection.paths()[0]), "--json"]
    assert main(asked) == 0
    usual = json.loads(capsys.readouterr().out)
    made = profile(tmp_path, *asked)
    assert without_time(json.loads(made.ran.stdout)) == without_time(usual)
    assert ("recommendation/search/answerer.py", "open_current") in made.functions("p.html")
    for words in ("query, this process: ", "import_module", "open_current", "Decoder.decode", "p.html"):
        assert words in made.ran.stderr


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"seconds": 0}


def test_a_profiled_batch_says_what_the_workers_did(collection: Collection, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text(json.dumps({"images": [str(collection.paths()[0])]}))
    batch = ("query", "--batch", jobs, "--data", collection.volume.root, "--master", "local[1]")
    made = profile(tmp_path, *batch)
    assert json.loads(made.ran.stdout)["results"]
    assert ("recommendation/commands/batch.py", "answer_lines") in made.functions("p-query.html")


def test_nothing_is_profiled_unless_asked_for(sc: SparkContext) -> None:
    assert sc.profiler_collector is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "profile: expected query or run and its options, got no command"),
        (["serve"], "profile: expected query or run and its options, got serve"),
        (["--out", ".", "run"], "--out: expected a file in a folder that can be written to, got ."),
        (["--out", "missing/a.html", "run"], "--out: expected a file"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: Sequence[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, says in captured.err, captured.err.count("\n")) == ("", True, 1)


def test_what_the_command_refuses_is_not_profiled(tmp_path: Path) -> None:
    made = profile(tmp_path, "query", "--data", tmp_path)
    assert (made.ran.returncode, list(tmp_path.iterdir())) == (2, [])
    assert made.ran.stderr == "imagerec: expected 1 to 5 query pictures or a text, got 0\n"
