"""The map of the project: stages share only `shared`, imports point downward, one library has one door, files stay readable."""

import ast
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("acquisition", "labeling", "embedding", "recommendation")
STAGE_FILES = {"__init__.py", "__main__.py", "settings.py", "steps.py", "job.py", "Dockerfile", "requirements.txt"}
FILES = sorted(path for package in (*STAGES, "shared") for path in (ROOT / package).rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_FILES_OF_A_FOLDER = 300, 40, 14

#: The modules and folders of each package from the bottom up: each imports only from lines above its own.
ORDER = {
    "shared": """
        csv_text errors project
        fetching licenses secret signals storage
        settings
        pictures models drawing
        tables
        people
        spark
        pipeline
        command
        __main__
    """,
    "acquisition": """
        settings sample
        sources
        credits exports listing revision
        changes
        steps
        removal safeguard synchronise
        fetching
        job removal_job
        commands
        __main__
    """,
    "labeling": """
        settings geometry luminance totals
        palette
        people charts
        exports steps
        job
        __main__
    """,
    "embedding": """
        settings
        networks
        precision steps
        job
        __main__
    """,
    "recommendation": """
        settings metrics labels words
        index
        browse
        scoring search status
        duplicates
        steps
        map
        exports gallery recommend tagging
        quality
        report
        commands
        api web
        job
        __main__
    """,
}
#: Imports against the order: importing file, what it imports, why. Delete a line when its import has gone.
EXCEPTIONS = {
    **{("shared/command/commands.py", stage): "names the modules of the commands" for stage in STAGES},
    ("recommendation/commands/query.py", "recommendation.job"): "answers a batch with Spark",
}

#: Which files may import a library; a name that ends in / is a folder.
DOORS = {
    "pyspark": {
        "job.py",
        "acquisition/synchronise.py",
        "acquisition/fetching/download.py",
        "acquisition/fetching/originals.py",
        "acquisition/fetching/tracking.py",
        "exports.py",
        "shared/spark/session.py",
        "shared/spark/worker_daemon.py",
        "shared/spark/jvm.py",
        "shared/pipeline/slices.py",
        "shared/pipeline/compact.py",
        "shared/pipeline/progress.py",
        "shared/pipeline/stages.py",
        "shared/spark/worker_profiler.py",
    },
    "pyinstrument": {
        "shared/command/profile.py",
        "shared/command/profile_report.py",
        "shared/spark/worker_profiler.py",
    },
    "duckdb": {"shared/tables/catalog.py"},
    "annoy": {"recommendation/index/annoy_index.py"},
    "onnx": {"embedding/networks/"},
    "onnxruntime": {"shared/models/", "embedding/networks/quantise.py"},
    "pyarrow": {
        "shared/people/imports/files.py",
        "shared/tables/columns.py",
        "shared/tables/contracts.py",
        "shared/tables/fetches.py",
        "shared/tables/map.py",
        "shared/tables/people.py",
        "shared/tables/parquet.py",
        "acquisition/sources/untrusted_parquet.py",
        "recommendation/index/build/columns.py",
        "recommendation/exports/",
    },
    "PIL": {
        "shared/pictures/",
        "acquisition/sample/",
        "recommendation/gallery/sheet.py",
        "shared/drawing/",
        "recommendation/exports/records.py",
        "recommendation/exports/tensorboard.py",
        "recommendation/map/drawing.py",
        "recommendation/map/explore/tiles.py",
    },
    "urllib3": {"shared/fetching/"},
    "protego": {"acquisition/fetching/hosts/robots.py"},
    "matplotlib": {"shared/drawing/style.py", "labeling/charts/tables.py", "recommendation/map/drawing.py"},
    "mpl_toolkits": {"recommendation/map/drawing.py"},
    "umap": {"recommendation/map/layouts.py"},
    "openTSNE": {"recommendation/map/layouts.py"},
    "tmap": {"recommendation/map/layouts.py"},
    "numba": {"recommendation/map/layouts.py"},
    "scipy": {
        "recommendation/recommend/overlap.py",
        "recommendation/map/layouts.py",
        "recommendation/map/drawing.py",
    },
    "fastapi": {"recommendation/web/"},
    "starlette": {"recommendation/web/"},
    "jinja2": {"recommendation/web/pages/assets.py", "recommendation/api/display.py"},
    "pydantic": {"recommendation/web/"},
    "prometheus_client": {"recommendation/web/operations/measurements.py"},
    "uvicorn": {
        "recommendation/web/worker.py",
        "recommendation/web/connections.py",
        "recommendation/web/map/server.py",
    },
    "sklearn": {
        "recommendation/scoring/classifiers.py",
        "recommendation/map/clusters.py",
        "recommendation/map/layouts.py",
    },
    "typst": {"recommendation/report/pdf.py"},
    "wordcloud": {"labeling/charts/words.py"},
    "sqlite3": {"shared/people/store.py"},
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_of(path) for path in FILES}


def imported(path: Path) -> set[str]:
    """Full names of what a file imports; modules of the project also where a string names them, as for `python -m`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and node.value in MODULES and "." in str(node.value):
            names.add(str(node.value))
    return names


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def below(package: str, name: str) -> set[str]:
    """What a module or folder of a package may import of the package: itself and all on the lines above its own."""
    allowed: set[str] = set()
    for line in ORDER[package].split("\n"):
        if name in line.split():
            break
        allowed |= set(line.split())
    return allowed | {name}


def upward_imports(path: Path) -> set[str]:
    """What a file imports of its own package against the order."""
    package, name, *_ = (*module_of(path).split("."), "__init__")
    parts = [one.split(".") for one in imported(path)]
    return {f"{package}.{one[1]}" for one in parts if one[0] == package and one[1] not in below(package, name)}


def excused(path: Path) -> set[str]:
    return {name for file, name in EXCEPTIONS if file == name_of(path)}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_package_imports_of_the_project_only_itself_and_shared(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    others = top_level(path) & (set(STAGES) - {package})
    assert others == {name for name in excused(path) if "." not in name}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_downward(path: Path) -> None:
    assert upward_imports(path) == {name for name in excused(path) if "." in name}


@pytest.mark.parametrize("package", ORDER)
def test_the_order_names_every_module_and_folder_once(package: str) -> None:
    there = {module.split(".")[1] for module in MODULES if module.startswith(f"{package}.")}
    assert Counter(ORDER[package].split()) == Counter(there)


def test_an_import_by_string_counts() -> None:
    assert "shared.pictures.decoder_process" in imported(ROOT / "shared/pictures/sandbox.py")
    assert "shared.spark.worker_daemon" in imported(ROOT / "shared/spark/session.py")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_one_library_has_one_door(path: Path) -> None:
    name = name_of(path)
    closed = {
        library
        for library, files in DOORS.items()
        if not any(name.endswith(file) or (file.endswith("/") and file in name) for file in files)
    }
    assert not top_level(path) & closed


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    everything = chain(FILES, (ROOT / "tests").rglob("*.py"), (ROOT / "bench").rglob("*.py"))
    sizes = Counter(name_of(path.parent) for path in everything)
    assert {folder: size for folder, size in sizes.items() if size > MAX_FILES_OF_A_FOLDER} == {}


@pytest.mark.parametrize("stage", STAGES)
def test_who_knows_one_stage_knows_all(stage: str) -> None:
    assert {path.name for path in (ROOT / stage).iterdir()} >= STAGE_FILES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_settings_spark_and_java_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    allowed = {
        "shared/settings.py",
        "shared/spark/session.py",
        "shared/spark/java.py",
        "shared/pictures/sandbox.py",
        "shared/models/__init__.py",
        "recommendation/web/service.py",
    }
    assert name_of(path) in allowed or ("os.environ" not in text and "getenv" not in text)
