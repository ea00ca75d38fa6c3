"""Measure speed, memory and search, print the tables and write bench/results.md."""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import report, search, service, stages
from bench.embeddings import crop_embeddings
from bench.photos import repeat_photos
from shared import spark
from shared.models import store
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.md"
PARTS = ("stages", "service", "search")


def main() -> int:
    """Run the parts asked for; 2 when there are no photographs."""
    arguments = parser().parse_args()
    if not arguments.photos.is_dir():
        print(f"bench: expected a folder with photographs in --photos, got {arguments.photos}")
        return 2
    sections = [f"# Measurements\n\n{report.machine()}\n"]
    with tempfile.TemporaryDirectory() as folder:
        for section in measure(arguments, Path(folder)):
            print(section, flush=True)
            sections.append(section)
    RESULTS.write_text("\n".join(sections))
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be measured, and on what."""
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument(
        "--photos", type=Path, default=ROOT.parent / "shared" / "photos", help="folder with one folder of JPEGs a class"
    )
    made.add_argument(
        "--cache",
        type=Path,
        default=Path.home() / ".cache" / "imagerec-bench",
        help="where made-up collections are kept",
    )
    made.add_argument(
        "--pictures",
        type=int,
        nargs=2,
        default=(3000, 12000),
        metavar="N",
        help="sizes of the small and the large collection",
    )
    made.add_argument(
        "--vectors", type=int, nargs="+", default=[100_000, 400_000], metavar="N", help="sizes for the search"
    )
    made.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="parts to measure")
    return made


def measure(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The sections of the report, as they are ready."""
    small, large = (
        repeat_photos(arguments.photos, arguments.cache / f"photos-{count}", count) for count in arguments.pictures
    )
    if "stages" in arguments.only:
        yield from measure_stages(small, large, folder)
    if "service" in arguments.only or "search" in arguments.only:
        volume = folder / "small"
        if not volume.exists():
            stages.run_pipeline(small, volume, "local[2]")
        if "service" in arguments.only:
            rows = [service.in_process(volume, arguments.photos, folder), *service.over_http(volume, arguments.photos)]
            yield report.table(f"A new picture among {arguments.pictures[0]:,}, all measures", service.COLUMNS, rows)
        if "search" in arguments.only:
            yield measure_search(arguments, volume)


def measure_stages(small: Path, large: Path, folder: Path) -> Iterator[str]:
    """Speed of every stage, start-up and memory."""
    few = stages.run_pipeline(small, folder / "small", "local[2]")
    one = stages.run_pipeline(large, folder / "one", "local[1]")
    loops = stages.bare_rates(large, folder / "one", folder / "scratch")
    two = stages.run_pipeline(large, folder / "two", "local[2]")
    title = f"Pictures per second, {one.pictures:,} photographs"
    yield report.table(title, stages.STAGE_COLUMNS, stages.stage_rows(one, two, loops))
    seconds = [
        (run.pictures, cores, round(run.watched.seconds, 1), round(run.startup_s, 1))
        for run, cores in ((few, 2), (one, 1), (two, 2))
    ]
    yield report.table("`imagerec run`, seconds", ("pictures", "cores", "in all", "of it start-up and end"), seconds)
    yield report.table(
        "Peak memory of the largest process of each kind",
        stages.MEMORY_COLUMNS,
        [stages.memory_row(few), stages.memory_row(two)],
    )


def measure_search(arguments: argparse.Namespace, volume: Path) -> str:
    """Search among real embeddings of crops."""
    with spark.context(Settings(data=volume), "bench") as sc:
        vectors = crop_embeddings(
            sc, arguments.cache, arguments.photos, volume, store.current(volume), max(arguments.vectors)
        )
    return report.table("Search by embedding", search.COLUMNS, search.measure_search(vectors, arguments.vectors))


if __name__ == "__main__":
    raise SystemExit(main())
