"""Measure speed, memory and search, print the tables and bring bench/results.md up to date."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import fetch, grown, quality, report, search, service, stages
from bench.embeddings import crop_embeddings
from bench.map import measure as maps
from bench.photos import repeat_photos
from shared.models import store
from shared.settings import Settings
from shared.spark import session
from shared.storage import LocalStorage
from tests import external_data

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.md"
PARTS = ("stages", "service", "search", "fetch", "map", "quality")
TINY = 64  # photographs: two slices


def main() -> int:
    """Run the parts asked for; 2 when there are no photographs."""
    arguments = parser().parse_args()
    if not arguments.photos.is_dir():
        print(f"bench: expected a folder with photographs in --photos; {external_data.missing(arguments.photos)}")
        return 2
    sections = []
    with tempfile.TemporaryDirectory() as folder:
        for section in measure(arguments, Path(folder)):
            print(section, flush=True)
            sections.append(section)
    RESULTS.write_text(report.merged(RESULTS.read_text(), sections))
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be measured, and on what."""
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument(
        "--photos", type=Path, default=external_data.PHOTOS, help="folder with one folder of JPEGs a class"
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
    made.add_argument("--img2dataset", help="its program, in an environment of its own, to be measured beside `fetch`")
    made.add_argument("--map", type=int, default=500_000, metavar="N", help="made-up pictures on the map")
    made.add_argument("--grown", type=int, default=480_000, metavar="N", help="made-up pictures behind the service")
    made.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="parts to measure")
    return made


def measure(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The sections of the report, as they are ready."""
    if "quality" in arguments.only:
        yield measure_quality(arguments.photos, folder)
    yield from measure_speed(arguments, folder)


def measure_speed(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The sections about speed and memory."""
    if "fetch" in arguments.only:
        rows = fetch.measure(arguments.photos, folder, arguments.pictures[0], arguments.img2dataset, sys.executable)
        yield report.table("Downloads from this machine, budgets off", fetch.COLUMNS, rows)
    if not set(arguments.only) & {"stages", "service", "search", "map"}:
        return
    small, large = (
        repeat_photos(arguments.photos, arguments.cache / f"photos-{count}", count) for count in arguments.pictures
    )
    if "stages" in arguments.only:
        yield from measure_stages(arguments.photos, small, large, folder)
    if {"service", "search", "map"} & set(arguments.only):
        volume = folder / "small"
        if not volume.exists():
            stages.run_pipeline(small, volume, "local[2]")
        if "service" in arguments.only:
            rows = [service.in_process(volume, arguments.photos, folder), *service.over_http(volume, arguments.photos)]
            yield report.table(f"A new picture among {arguments.pictures[0]:,}, all measures", service.COLUMNS, rows)
            grown.grow(LocalStorage(shutil.copytree(volume, folder / "grown")), arguments.grown)
            rows = list(service.over_http(folder / "grown", arguments.photos))
            yield report.table("A new picture among many made-up neighbours of these", service.COLUMNS, rows)
        if "search" in arguments.only:
            yield measure_search(arguments, volume)
        yield from measure_map(arguments, volume)


def measure_map(arguments: argparse.Namespace, volume: Path) -> Iterator[str]:
    """The map of made-up vectors, if it is asked for."""
    if "map" in arguments.only:
        rows = maps.measure(LocalStorage(volume), arguments.map)
        yield report.table("The map of made-up vectors", maps.COLUMNS, rows)


def measure_stages(photos: Path, small: Path, large: Path, folder: Path) -> Iterator[str]:
    """Speed of every stage, start-up and memory."""
    tiny = repeat_photos(photos, folder / "tiny-photos", TINY)
    fresh = stages.run_pipeline(small, folder / "small", "local[2]")
    settled = {
        (size, cores): stages.run_pipeline(source, folder / f"{size}-{cores}", f"local[{cores}]", folder / "small")
        for size, source in (("tiny", tiny), ("large", large))
        for cores in (1, 2)
    }
    again = stages.run_pipeline(small, folder / "again", "local[2]", folder / "small")
    loops = stages.bare_seconds(large, folder / "large-1", folder / "scratch")
    one, two = (stages.Speed(settled["tiny", cores], settled["large", cores]) for cores in (1, 2))
    title = f"Pictures per second, {one.whole.pictures:,} photographs, start-up not counted"
    yield report.table(title, stages.STAGE_COLUMNS, stages.stage_rows(one, two, loops))
    yield report.table("Start-up, seconds", stages.STARTUP_COLUMNS, stages.startup_rows(one, two))
    made_s = fresh.seconds["embedding"] - again.seconds["embedding"]
    yield (
        f"Making and checking the int8 copy, once a volume: {made_s:.1f} s. "
        f"Spark on two cores is done before the bare loop from {stages.pays_from(two, loops):,} pictures on.\n"
    )
    runs = [
        (run.pictures, cores, round(run.watched.seconds, 1))
        for run, cores in ((again, 2), (one.whole, 1), (two.whole, 2))
    ]
    yield report.table("`imagerec run` with a model settled on, seconds in all", ("pictures", "cores", "seconds"), runs)
    yield report.table(
        "Peak memory of the largest process of each kind, mapped files not counted",
        stages.MEMORY_COLUMNS,
        [stages.memory_row(fresh, True), stages.memory_row(again, False), stages.memory_row(two.whole, False)],
    )


def measure_quality(photos: Path, folder: Path) -> str:
    """Precision on the photographs without their folders."""
    labels = quality.flatten(photos, folder / "flat")
    other = quality.second_network(external_data.NETWORKS, folder / "networks")
    rows = quality.measure(photos.name, folder / "flat", labels, folder / "quality", other)
    return report.table("Precision of answers, folders not used", quality.COLUMNS, rows)


def measure_search(arguments: argparse.Namespace, volume: Path) -> str:
    """Search among real embeddings of crops."""
    with session.context(Settings(data=volume), "bench") as sc:
        vectors = crop_embeddings(
            sc,
            arguments.cache,
            arguments.photos,
            LocalStorage(volume),
            store.current(LocalStorage(volume))[0],
            max(arguments.vectors),
        )
    return report.table("Search by embedding", search.COLUMNS, search.measure_search(vectors, arguments.vectors))


if __name__ == "__main__":
    raise SystemExit(main())
