"""What happens to one file: it is read, once, and becomes a picture or a failure."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from acquisition import steps
from acquisition.settings import Settings
from acquisition.sources.entries import Origin, bad_entry, file_entry
from shared import tables
from shared.pictures import pixels
from shared.pictures.headers import LIMITS
from shared.pictures.sandbox import DECODE_LIMITS, DecodeLimits
from shared.storage import LocalStorage
from shared.storage.files import digest
from shared.storage.volume import WORK
from shared.tables.contracts import THUMBNAILS
from tests.rows import row
from tests.shared.pictures.drawn import encoded, plain
from tests.shared.pictures.metadata.test_sidecars import TAKEOUT
from tests.shared.pictures.metadata.test_xmp import FULL, packet

STUB = str(Path(__file__).parents[1] / "shared" / "pictures" / "stub_decoder.py")
NOTHING_REMOVED: frozenset[str] = frozenset()
ONE_SECOND = DecodeLimits(seconds=1.0, memory_bytes=DECODE_LIMITS.memory_bytes, children=1, program=(STUB,))


def failure(path: Path, limits: DecodeLimits = DECODE_LIMITS) -> str:
    ((table, row),) = steps.entry_rows(limits, NOTHING_REMOVED, file_entry("folder", path))
    assert (table, row["item"]) == ("failures", str(path))
    return str(row["reason"])


def test_a_picture_becomes_one_row(tmp_path: Path) -> None:
    data = encoded(plain((40, 30)))
    path = tmp_path / "a.png"
    path.write_bytes(data)
    (thumbnails, thumbnail), (staged, row) = steps.entry_rows(
        DECODE_LIMITS, NOTHING_REMOVED, file_entry("folder", path)
    )
    assert (thumbnails, staged) == ("thumbnails", "staged")
    assert row["image_id"] == hashlib.sha256(data).hexdigest()[:32]
    assert (row["location"], row["size_bytes"], row["mtime_ns"]) == (str(path), len(data), path.stat().st_mtime_ns)
    assert (row["width_px"], row["height_px"], row["format"], row["mode"]) == (40, 30, "PNG", "RGB")
    assert pixels.open_thumbnail(thumbnail["jpeg"]).shape == (30, 40, 3)


def test_what_a_picture_says_of_itself_fills_what_its_source_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(plain(), "JPEG", xmp=FULL))
    origin = Origin(author="The list's", tags=["folder", "lake"])
    _, (_, row) = steps.entry_rows(DECODE_LIMITS, NOTHING_REMOVED, file_entry("list", path, origin))
    names = ("author", "license", "license_id", "license_url", "title", "tags", "rating")
    assert {name: row[name] for name in names} == {
        "author": "The list's",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "license_id": "CC-BY-4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "title": "The lake",
        "tags": ["folder", "lake", "Alps"],
        "rating": 4,
    }


@pytest.mark.parametrize(
    ("stated", "license_id"),
    [("CC0", "CC0-1.0"), ("© 2020 Ann", ""), ("All rights reserved", "LicenseRef-InC"), ("", "")],
)
def test_a_licence_of_a_file_gets_its_identifier_where_the_text_names_one(stated: str, license_id: str) -> None:
    stored = steps.identify_license({"license": stated, "license_id": "", "license_url": ""})
    assert (stored["license"], stored["license_id"]) == (stated, license_id)
    web = {"license": "CC0", "license_id": "unknown", "license_url": ""}
    assert steps.identify_license(web) == web


@pytest.mark.parametrize("name", ["a.jpg.xmp", "a.xmp", "a.XMP"])
def test_a_sidecar_comes_before_what_is_in_the_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(plain(), "JPEG", xmp=packet("<dc:title>Old</dc:title><dc:rights>c</dc:rights>")))
    (tmp_path / name).write_bytes(FULL.replace(b"cc:license", b"cc:other"))
    _, (_, row) = steps.entry_rows(DECODE_LIMITS, NOTHING_REMOVED, file_entry("folder", path))
    assert (row["title"], row["license"], row["exif"]["lens"]) == ("The lake", "\u00a9 \u00d6z", "EF 50mm")


def test_a_takeout_sidecar_dates_a_picture_without_exif(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(plain()))
    (tmp_path / "a.png.supplemental-metadata.json").write_text(json.dumps(TAKEOUT))
    _, (_, row) = steps.entry_rows(DECODE_LIMITS, NOTHING_REMOVED, file_entry("folder", tmp_path / "a.png"))
    assert (row["exif"]["date_taken"], row["title"]) == ("2021-07-04T08:11:12Z", "At the lake")


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "device", "huge"])
def test_a_sidecar_that_is_no_file_costs_nothing(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(plain()))
    sidecar = tmp_path / "a.xmp"
    make: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(sidecar),
        "folder": sidecar.mkdir,
        "link": lambda: sidecar.symlink_to(sidecar),
        "device": lambda: sidecar.symlink_to("/dev/zero"),
        "huge": lambda: sidecar.write_bytes(FULL + bytes(5 << 20)),
    }
    make[kind]()
    _, (_, row) = steps.entry_rows(DECODE_LIMITS, NOTHING_REMOVED, file_entry("folder", tmp_path / "a.png"))
    assert row["title"] == ""


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(max_mib=1), "too_many_bytes"),
        (Settings(max_megapixels=1), "too_many_pixels"),
    ],
)
def test_the_largest_picture_is_a_setting(tmp_path: Path, settings: Settings, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(plain((1100, 1000)), "JPEG") + bytes(1 << 20))
    assert failure(path, DECODE_LIMITS._replace(picture=settings.picture_limits)) == reason
    assert Settings().picture_limits == LIMITS


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"<html>", "unsupported_format"),
        (encoded(plain())[:20], "undecodable"),
        (encoded(plain())[:60], "truncated"),
        (b"segfault", "decoder_crashed"),
        (b"hang", "decoder_timeout"),
        (b"allocate", "decoder_memory"),
    ],
)
def test_a_bad_file_becomes_one_failure(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert failure(path, ONE_SECOND) == reason


def test_a_file_that_changed_since_it_was_listed_is_kept_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    entry = file_entry("folder", path)
    path.write_bytes(encoded(plain()))
    _, (_, row) = steps.entry_rows(DECODE_LIMITS, NOTHING_REMOVED, entry)
    assert row["size_bytes"] == path.stat().st_size


def test_a_bad_entry_fails_with_its_own_reason() -> None:
    ((_, row),) = steps.entry_rows(
        DECODE_LIMITS, NOTHING_REMOVED, bad_entry("list", "/l.txt:7", "bad_entry", "expected a path, got none")
    )
    assert {name: row[name] for name in ("stage", "item", "reason", "detail")} == {
        "stage": "acquisition",
        "item": "/l.txt:7",
        "reason": "bad_entry",
        "detail": "expected a path, got none",
    }


@pytest.mark.parametrize("has_links", [True, False])
def test_a_part_gets_a_second_name_where_there_are_links_and_a_copy_elsewhere(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    work = volume.folder(WORK)
    thumbnail = row(THUMBNAILS)
    part = tables.write_part(work, THUMBNAILS, [thumbnail], "s", "acquisition", steps.FINGERPRINT)
    for _ in range(2):  # a second attempt changes nothing
        volume.copy(f"{WORK}/{part.key}", part.key)
    assert tables.read_rows(volume, part) == [thumbnail]
    assert [path.name for path in (volume.root / "tables" / "thumbnails").iterdir()] == [part.name]
    assert (volume.local_path(part.key).stat().st_nlink == 2) is has_links


def test_the_fingerprint_stays_as_long_as_the_rules_do() -> None:
    """A change here is right when VERSION, a limit or a format changed: every failure is then tried again."""
    rules = [
        "acquisition",
        1,
        ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PSD", "HEIF", "RAW"],
        [256 << 20, 500_000_000, 100, 832 << 20],
        256,
        90,
    ]
    assert digest(*rules) == steps.FINGERPRINT
