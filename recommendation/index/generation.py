"""Generations: which basis and shards are searched, published by one conditional commit of index/CURRENT.

A generation is a small document. Shards and bases are shared between generations; what neither the live generation nor the
one before it names is deleted after a publication.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, cast

from recommendation.index import basis, objects, shard
from recommendation.index.basis import Basis
from recommendation.index.document import GenerationDocument, Summary, Timings
from recommendation.index.objects import (
    AVERAGES,
    BASES,
    BUILD,
    GENERATIONS,
    METADATA,
    SHARDS,
    read_document,
    seal,
    unseal,
)
from recommendation.index.shard import ShardEntry
from shared.errors import CannotProceedError
from shared.storage import CommitConflictError, Storage
from shared.storage.files import digest
from shared.storage.volume import INDEX

log = logging.getLogger("recommendation")

CURRENT = f"{INDEX}/CURRENT"
FORMAT = 1
#: What CURRENT held before it had a format: the name of a folder of the index.
FORMAT_0 = re.compile(rb"[0-9a-f]{16}\n")
FOLDER_0 = re.compile(rf"({INDEX}/[0-9a-f]{{16}}[^/]*)/")
HASHING_THREADS = 4


class NewerFormatError(CannotProceedError):
    """The index was written by a newer version."""


class Pointer(NamedTuple):
    """What CURRENT holds.

    Args:
        previous: the generation that was live before; empty for the first.
        data: the bytes of CURRENT; None before the first build.
    """

    name: str
    previous: str
    data: bytes | None


class Generation(NamedTuple):
    """A generation whose objects are what was built."""

    volume: Storage
    name: str
    document: GenerationDocument
    timings: Timings

    @property
    def shards(self) -> list[ShardEntry]:
        """Its shards, in the order in which their rows are numbered."""
        return [ShardEntry(**entry) for entry in self.document["shards"]]

    def open_basis(self) -> Basis:
        """What its vectors were prepared with."""
        return basis.open_basis(self.volume, self.document["basis"], read_basis_document(self))

    def summary(self) -> Summary:
        """The document for people: shards are counted, and timings added."""
        counted: dict[str, Any] = {**self.document, "shards": len(self.shards)}
        return cast("Summary", {"generation": self.name, **counted, "timings": self.timings})


def generation_name(basis_name: str, shards: Iterable[ShardEntry]) -> str:
    """Name of the generation with a basis and shards."""
    return digest(basis_name, [one.identity for one in shards])[:16]


def document_key(name: str) -> str:
    """Where a generation is described."""
    return f"{GENERATIONS}/{name}.json"


def timings_key(name: str) -> str:
    """Where it is stored how long the build and the queries of a generation took."""
    return f"{GENERATIONS}/{name}.timings.json"


def read_pointer(volume: Storage) -> Pointer:
    """What CURRENT holds; empty names before the first build.

    Raises:
        CannotProceedError: CURRENT is damaged, or of another version.
    """
    try:
        data = volume.read(CURRENT)
    except FileNotFoundError:
        return Pointer("", "", None)
    where = volume.locate(CURRENT)
    if FORMAT_0.fullmatch(data):
        raise CannotProceedError(f"{where} is of an older version; {BUILD}")
    content = unseal(data)
    if content is None:
        raise CannotProceedError(f"{where} is damaged (its checksum is not the stored one); {BUILD}")
    if content["format"] > FORMAT:
        raise NewerFormatError(
            f"{where} has format {content['format']}, this version reads up to {FORMAT}; use a newer version"
        )
    return Pointer(content["generation"], content["previous"], data)


def live_name(volume: Storage) -> str | None:
    """The generation that CURRENT names; None before the first build; errors as `read_pointer`."""
    return read_pointer(volume).name or None


def expected_name(volume: Storage) -> str:
    """The generation that CURRENT names.

    Raises:
        CannotProceedError: there is no index yet, or as `read_pointer`.
    """
    name = read_pointer(volume).name
    if not name:
        raise CannotProceedError(f"no index in {volume.locate(INDEX)}; {BUILD}")
    return name


def open_live(volume: Storage) -> Generation:
    """The live generation, every object checked against its SHA-256.

    Raises:
        CannotProceedError: there is no index yet, or an object of it is damaged; the message names it.
    """
    while True:
        name = expected_name(volume)
        try:
            return check_generation(read_generation(volume, name))
        except CannotProceedError:
            if read_pointer(volume).name == name:
                raise
            # else another was published and this one deleted while it was read


def read_generation(volume: Storage, name: str) -> Generation:
    """A generation whose shards are not checked.

    Raises:
        CannotProceedError: its document or its timings are missing or damaged.
    """
    document = cast("GenerationDocument", read_document(volume, document_key(name)))
    return Generation(volume, name, document, cast("Timings", read_document(volume, timings_key(name))))


def read_basis_document(found: Generation) -> dict[str, Any]:
    """The document of a generation's basis; errors as `read_generation`."""
    return read_document(found.volume, basis.document_key(found.document["basis"]))


def check_generation(found: Generation) -> Generation:
    """The same generation, if every object is what was stored; errors as `open_live`."""
    volume, name = found.volume, found.document["basis"]
    checks = [partial(basis.check_objects, volume, name, read_basis_document(found))]
    for entry in found.shards:
        manifest = read_document(volume, shard.manifest_key(entry.name))
        checks += [
            partial(objects.check_object, volume, f"{SHARDS}/{entry.name}.{suffix}", sha256)
            for suffix, sha256 in manifest["objects"].items()
        ]
        checks.append(partial(shard.check_metadata, volume, entry.metadata))
        checks.append(partial(shard.check_averages, volume, entry))
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        list(pool.map(lambda check: check(), checks))
    return found


def read_live_document(volume: Storage) -> Summary | None:
    """The live generation for people, see `Generation.summary`; None before the first build.

    Raises:
        CannotProceedError: an object of it is missing, or its document is damaged; vectors are not read.
    """
    name = live_name(volume)
    if name is None:
        return None
    found = read_generation(volume, name)
    for key in object_keys(found):
        if volume.stat(key) is None:
            raise CannotProceedError(f"{volume.locate(key)} is missing; {BUILD}")
    return found.summary()


def find_live(volume: Storage) -> tuple[Generation | None, Pointer]:
    """The live generation to build on, if it can be, and what CURRENT holds.

    Raises:
        NewerFormatError: a newer version wrote it.
    """
    pointer = Pointer("", "", None)
    try:
        pointer = read_pointer(volume)
        return read_generation(volume, pointer.name) if pointer.name else None, pointer
    except NewerFormatError:
        raise
    except CannotProceedError as error:
        log.warning("building the index again: %s", error)
    return None, pointer._replace(data=pointer.data or volume.read(CURRENT))


def publish(volume: Storage, name: str, document: Mapping[str, Any], timings: Mapping[str, Any], old: Pointer) -> None:
    """Store a generation's documents and make it the live one, if nobody else has published since `old` was read.

    Raises:
        CannotProceedError: somebody has.
    """
    objects.put_document(volume, timings_key(name), timings)
    objects.put_document(volume, document_key(name), document)
    previous = old.previous if old.name == name else old.name
    data = seal({"format": FORMAT, "generation": name, "previous": previous})
    try:
        volume.commit(CURRENT, data, old.data)
    except CommitConflictError as error:
        raise CannotProceedError(f"{error}; run again") from error
    sweep(volume, Pointer(name, previous, data))


def sweep(volume: Storage, pointer: Pointer) -> None:
    """Delete what neither the live generation nor the one before it names, and what interrupted writes left.

    A reader that has an older one open keeps its objects until it closes them.
    """
    for prefix in (INDEX, GENERATIONS, BASES, SHARDS, METADATA, AVERAGES):
        volume.delete_unfinished(prefix)
    kept = {CURRENT} | object_keys(read_generation(volume, pointer.name)) | previous_keys(volume, pointer.previous)
    deleted = [found.key for found in volume.list(INDEX) if found.key not in kept]
    for key in deleted:
        volume.delete(key)
    for folder in {match[1] for key in deleted if (match := FOLDER_0.match(key))}:
        volume.local_path(folder).rmdir()  # format 0 was on local disks only


def previous_keys(volume: Storage, name: str) -> set[str]:
    """Every object of the generation before the live one; none where it cannot be read, so nobody can use it."""
    try:
        return object_keys(read_generation(volume, name))
    except CannotProceedError:
        return set()


def object_keys(found: Generation) -> set[str]:
    """Every object of a generation; errors as `read_live_document`."""
    volume, name = found.volume, found.document["basis"]
    keys = {document_key(found.name), timings_key(found.name), basis.document_key(name)}
    keys |= {f"{BASES}/{name}.{suffix}" for suffix in read_basis_document(found)["objects"]}
    for entry in found.shards:
        keys.update(shard.metadata_keys(volume, entry.metadata))
        keys |= {shard.averages_key(entry.averages)} if entry.averages else set()
        keys.update(shard.object_keys(entry.name, read_document(volume, shard.manifest_key(entry.name))))
    return keys
