"""Flip bits in, and cut short, whatever a volume holds and the product loads: nothing of it may pass for sound."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from recommendation.index import generation
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.session import checked_bytes
from shared.storage import LocalStorage
from shared.tables import catalog
from shared.tables.snapshot import named_keys
from tests.bits import flip_random_bit

CUT_EVERY = 10  # every tenth try cuts the file short instead


class Kind(NamedTuple):
    """Files of one sort, and what loads them as the product does."""

    name: str
    files: list[Path]
    load: Callable[[], object]


def kinds(volume: LocalStorage) -> list[Kind]:
    """Everything on a volume that is loaded; hand-off files are only ever written."""
    snapshot = tables.open_snapshot(volume)
    parts = [part for of_table in snapshot.tables.values() for part in of_table]
    manifests = [volume.local_path(key) for key in sorted(named_keys(snapshot)) if key.endswith(".json")]
    index_files = [volume.local_path(key) for key in sorted(generation.object_keys(generation.open_live(volume)))]
    choice, models = store.choice_path(volume), sorted(volume.local_path("models").glob("*.onnx"))
    return [
        Kind("part", [volume.local_path(part.key) for part in parts], lambda: read_tables(volume)),
        Kind("manifest", manifests, lambda: read_tables(volume)),
        Kind("snapshot", [volume.local_path(tables.SNAPSHOT)], lambda: read_tables(volume)),
        Kind(
            "catalog", [volume.local_path("catalog.duckdb")], lambda: catalog.check(volume.local_path("catalog.duckdb"))
        ),
        Kind("index file", index_files, lambda: generation.open_live(volume)),
        Kind("index/CURRENT", [volume.local_path(generation.CURRENT)], lambda: generation.open_live(volume)),
        Kind("model", models, lambda: [checked_bytes(path, path.stem) for path in models]),
        Kind(
            "model's description",
            [path.with_suffix(".json") for path in models],
            lambda: store.installed_models(volume),
        ),
        Kind("choice of model", [choice], lambda: store.current(volume)),
    ]


def read_tables(volume: LocalStorage) -> None:
    """Read every part that the snapshot names."""
    for parts in tables.open_snapshot(volume).tables.values():
        tables.check_parts(volume, parts)


def flip_everywhere(volume: LocalStorage, tries: int, seed: int) -> Iterator[str]:
    """Damage one file at a time, load, mend it.

    Yields:
        A line that begins with "LOST" for every damage that nobody noticed or that was blamed on another file; a summary.
    """
    dice, counts, known = random.Random(seed), Counter[str](), kinds(volume)
    for number in range(tries):
        kind = known[number % len(known)]
        path = dice.choice(kind.files)
        sound = path.read_bytes()
        path.write_bytes(damaged(sound, dice, is_cut=number % CUT_EVERY == 0))
        said = loading_error(kind)
        path.write_bytes(sound)
        counts[kind.name] += 1
        if path.name not in said:
            yield f"LOST damage to {path.relative_to(volume.root)}: {said or 'nobody noticed'}"
    for kind in known:
        assert not loading_error(kind), f"{kind.name} was not mended"
    noticed = ", ".join(f"{count} in a {name}" for name, count in counts.items())
    yield f"damaged {tries} times, every {CUT_EVERY}th a cut, the others one flipped bit: {noticed}"


def damaged(sound: bytes, dice: random.Random, *, is_cut: bool) -> bytes:
    """The same bytes but for one bit, or fewer of them."""
    return sound[: dice.randrange(len(sound))] if is_cut else flip_random_bit(sound, dice)


def loading_error(kind: Kind) -> str:
    """What loading says is wrong; empty when it finds nothing."""
    try:
        kind.load()
    except CannotProceedError as error:
        return str(error)
    return ""
