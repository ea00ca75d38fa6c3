"""Many people: time and peak memory of import, snapshot, profiles, patterns and recommendations for everybody.

`python -m bench.people.scale VOLUME --people 100000 --likes 100`: a volume with labelled pictures and an index; it is copied first.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import report
from bench.processes import Watched, imagerec, run_watched
from shared import tables
from shared.people.store import KEY
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES

KINDS, CHUNK, LEAST = 40, 500, 5  # kinds of picture, people drawn together, opinions of a person
FIRST_TIME = 1_700_000_000
COLUMNS = ("step", "seconds", "driver MiB", "JVM MiB", "worker MiB")


def opinions(n_pictures: int, n_people: int, mean: int) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Each person's number, rows of pictures and ratings 1..5: pictures of favourite kinds and popular ones rather."""
    random = np.random.default_rng(6)
    kinds, appeal = random.integers(0, KINDS, n_pictures), random.normal(size=n_pictures)
    for start in range(0, n_people, CHUNK):
        count = min(CHUNK, n_people - start)
        favours = random.gumbel(size=(count, KINDS))
        utility = favours[:, kinds] + appeal + random.gumbel(size=(count, n_pictures))
        sizes = np.clip(random.lognormal(np.log(mean) - 0.18, 0.6, count).astype(int), LEAST, n_pictures // 3)
        order = np.argsort(-utility, axis=1)
        for one in range(count):
            rows = order[one, : sizes[one]]
            spread = utility[one, rows] + random.normal(size=len(rows))
            ratings = 1 + np.digitize(spread, np.quantile(spread, [0.05, 0.12, 0.25, 0.5]))
            yield start + one, rows, ratings


def write_csv(path: Path, ids: list[str], n_people: int, mean: int) -> int:
    """The opinions as a file to import; how many there are."""
    total = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("user,picture,rating,time\n")
        for person, rows, ratings in opinions(len(ids), n_people, mean):
            total += len(rows)
            pairs = zip(rows.tolist(), ratings.tolist(), strict=True)
            file.writelines(f"person {person:06d},{ids[row]},{rating},{FIRST_TIME + person}\n" for row, rating in pairs)
    return total


def picture_ids(volume: LocalStorage) -> list[str]:
    """The image_ids of a volume, ascending."""
    parts = tables.open_snapshot(volume).parts(IMAGES)
    return sorted(one for part in parts for one in tables.read_columns(volume, part, ["image_id"])["image_id"])


def steps(volume: Path, likes: Path) -> dict[str, list[str]]:
    """The commands to measure."""
    data, spark = ["--data", str(volume)], ["--master", "local[2]"]
    return {
        "users import (CSV)": imagerec("users", "import", str(likes), "--scale", "1..5", *data),
        "labeling: snapshot, profiles, patterns": imagerec("labeling", *data, *spark),
        "recommendation for everybody": imagerec("recommendation", *data, *spark),
    }


def row_of(name: str, watched: Watched) -> tuple[str | float | int, ...]:
    """A row of the report."""
    return name, round(watched.seconds, 1), *(watched.peaks_mib.get(kind, 0) for kind in ("driver", "jvm", "worker"))


def measure(source: Path, n_people: int, mean: int, folder: Path) -> str:
    """The table of the report."""
    volume, likes, rows = folder / "volume", folder / "likes.csv", []
    shutil.copytree(source, volume)
    total = write_csv(likes, picture_ids(LocalStorage(volume)), n_people, mean)
    for name, command in steps(volume, likes).items():
        rows.append(row_of(name, run_watched(command)))
        print(*rows[-1], file=sys.stderr, flush=True)
    sizes = {name: (volume / name).stat().st_size // 2**20 for name in (KEY, "users.json", "recommendations.json")}
    title = (
        f"{n_people:,} people and {total:,} opinions of {len(picture_ids(LocalStorage(volume))):,} pictures, two cores"
    )
    return report.table(title, COLUMNS, rows) + f"\nMiB on the volume: {sizes}\n"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.people.scale", description=__doc__)
    parser.add_argument("volume", type=Path)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--likes", type=int, default=100, help="opinions of a person on average")
    parser.add_argument("--folder", type=Path, help="where files go, instead of a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(measure(arguments.volume, arguments.people, arguments.likes, Path(folder)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
