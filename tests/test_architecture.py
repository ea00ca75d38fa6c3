"""The rules of the house: stages meet in tables, one library has one door, files stay readable."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = {"acquisition", "labeling", "embedding", "recommendation"}
STAGE_FILES = {"__init__.py", "__main__.py", "settings.py", "steps.py", "job.py", "Dockerfile", "requirements.txt"}
FILES = sorted(path for folder in (*STAGES, "shared") for path in (ROOT / folder).rglob("*.py"))
MAX_LINES = 300

#: Which files may import a library; a name that ends in / is a folder.
DOORS = {
    "pyspark": {
        "job.py",
        "exports.py",
        "shared/spark/session.py",
        "shared/spark/worker_daemon.py",
        "shared/spark/jvm.py",
        "shared/pipeline/slices.py",
        "shared/pipeline/progress.py",
        "shared/pipeline/stages.py",
        "shared/command/profiling/workers.py",
    },
    "duckdb": {"shared/tables/catalog.py"},
    "annoy": {"recommendation/index/annoy_index.py"},
    "onnx": {"embedding/networks/"},
    "onnxruntime": {"shared/models/", "embedding/networks/quantise.py"},
    "pyarrow": {"shared/tables/contracts.py", "shared/tables/parquet.py", "acquisition/sources/untrusted_parquet.py"},
    "PIL": {
        "shared/pictures/decoding.py",
        "shared/pictures/pixels.py",
        "acquisition/sample/",
        "recommendation/search/gallery.py",
    },
    "fastapi": {
        "recommendation/web/server.py",
        "recommendation/web/error_handlers.py",
        "recommendation/web/middleware.py",
    },
    "uvicorn": {"recommendation/web/service.py"},
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Full names of the modules a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_stage_imports_only_itself_and_shared(path: Path) -> None:
    stage = path.relative_to(ROOT).parts[0]
    assert not top_level(path) & (STAGES - {stage})


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_one_library_has_one_door(path: Path) -> None:
    name = name_of(path)
    doors = {
        library
        for library, files in DOORS.items()
        if not any(name.endswith(file) or (file.endswith("/") and file in name) for file in files)
    }
    assert not top_level(path) & doors


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_who_knows_one_stage_knows_all(stage: str) -> None:
    assert {path.name for path in (ROOT / stage).iterdir()} >= STAGE_FILES


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_imports_run_downhill(stage: str) -> None:
    order = ["settings", "steps", "job"]
    for position, module in enumerate(order):
        uphill = {f"{stage}.{later}" for later in [*order[position + 1 :], "__main__"]}
        assert not imported(ROOT / stage / f"{module}.py") & uphill


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_settings_spark_and_java_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    allowed = {
        "shared/settings.py",
        "shared/spark/session.py",
        "shared/spark/java.py",
        "shared/pictures/sandbox.py",
        "shared/models/__init__.py",
    }
    assert name_of(path) in allowed or ("os.environ" not in text and "getenv" not in text)
