"""Services from the first request to pictures with licence and credit, against contract servers."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark import SparkContext

from acquisition import job
from acquisition.fetching import download
from acquisition.settings import Settings
from acquisition.sources.registry import open_source
from shared.fetching.limits import FetchLimits
from shared.secret import Secret
from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES, IMAGES
from tests.acquisition.fetching.tasks import QUICK
from tests.acquisition.sources.web.servers import flickr, openverse, pexels, unsplash
from tests.acquisition.sources.web.servers.photo_server import PhotoServer
from tests.rows import Row, rows_of

pytestmark = pytest.mark.spark

RULES = QUICK._replace(limits=FetchLimits(answer_s=5.0, silence_s=5.0, total_s=20.0), batch_s=0.2)
SECRETS = (unsplash.KEY, pexels.KEY, flickr.KEY)


def settings_for(volume: LocalStorage, server: PhotoServer, source: str, path: str, **settings: Any) -> Settings:
    endpoint = f"{server.address}{path}"
    made = Settings(
        data=volume.root, source=source, master="local[2]", endpoint=endpoint, json_exports=False, **settings
    )
    job.check(made)
    return made


def fetch(sc: SparkContext, volume: LocalStorage, server: PhotoServer, source: str, path: str, **settings: Any) -> None:
    """The downloads without the rest of the stage."""
    made = settings_for(volume, server, source, path, **settings)
    download.download(sc, made, open_source(volume, source, job.filters_of(made)), RULES)


def stored(volume: LocalStorage) -> list[Row]:
    """The rows of pictures that were downloaded; each has its file."""
    rows = [row for row in rows_of(volume, FETCHES) if row["outcome"] == "ok"]
    assert all(volume.stat(row["key"]) for row in rows)
    return rows


def check_secrets(volume: LocalStorage) -> None:
    """No file of the volume holds a key."""
    for path in volume.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret.encode() in data for secret in SECRETS), path


@pytest.fixture
def unsplash_server() -> Iterator[unsplash.UnsplashServer]:
    with unsplash.UnsplashServer(quota=1_000) as server:
        yield server


def test_each_kept_photo_of_unsplash_is_reported_once(
    sc: SparkContext, volume: LocalStorage, unsplash_server: unsplash.UnsplashServer
) -> None:
    given = {"unsplash_key": Secret(unsplash.KEY), "accept_terms": ("unsplash",)}
    counts = job.run(sc, settings_for(volume, unsplash_server, "unsplash:lighthouse", "", **given), rules=RULES)
    assert (counts.done, len(stored(volume))) == (113, 113)
    assert len(unsplash_server.reported) == len({*unsplash_server.reported}) == 113
    paths = [one.path for one in unsplash_server.asked]
    assert paths.index("/downloads/photo0") > paths.index("/photos/0.jpg")  # once the bytes are stored
    images = rows_of(volume, IMAGES)
    assert {row["license_id"] for row in images} == {"LicenseRef-Unsplash"}
    assert all("Photo by Jane" in row["attribution"] and "utm_source=imagerec" in row["attribution"] for row in images)
    assert all(row["display_url"].startswith(unsplash_server.address) for row in images)
    before = rows_of(volume, FETCHES)
    fetch(sc, volume, unsplash_server, "unsplash:lighthouse", "", **given)
    assert rows_of(volume, FETCHES) == before
    assert len(unsplash_server.asked_at("/photos/")) == len(unsplash_server.asked_at("/downloads/")) == 113
    check_secrets(volume)


def test_photos_of_unsplash_that_a_quota_left_are_reported_by_the_next_run(
    sc: SparkContext, volume: LocalStorage, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"unsplash_key": Secret(unsplash.KEY), "accept_terms": ("unsplash",)}
    with unsplash.UnsplashServer(n=20, quota=8) as server:  # a page, and seven reports
        fetch(sc, volume, server, "unsplash:lighthouse", "", **given)
        assert (len(stored(volume)), len(server.reported)) == (18, 7)
        assert len(server.asked_at("/downloads/")) == 8
        assert "the other downloads are reported by the next run: the service answered 403" in caplog.text
        server.left = 100
        fetch(sc, volume, server, "unsplash:lighthouse", "", **given)
        assert len(server.reported) == len({*server.reported}) == 18
        assert len(server.asked_at("/photos/")) == 18


def test_what_was_listed_before_a_quota_was_used_up_is_kept_and_the_next_run_goes_on(
    sc: SparkContext, volume: LocalStorage, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"pexels_key": Secret(pexels.KEY)}
    caplog.set_level("INFO", "acquisition")
    with pexels.PexelsServer(quota=1) as server:
        fetch(sc, volume, server, "pexels:lighthouse", "/v1", **given)
        assert "is used up until about 2030-03-17 17:46 UTC" in caplog.text
        assert len(stored(volume)) == 80
        server.left = 10
        fetch(sc, volume, server, "pexels:lighthouse", "/v1", **given)
        assert len(stored(volume)) == 170
        assert len(server.asked_at("/photos/")) == 170
    assert not any(secret in caplog.text for secret in SECRETS)
    assert {row["license_id"] for row in stored(volume)} == {"LicenseRef-Pexels"}
    check_secrets(volume)


def test_private_and_deleted_photos_of_flickr_are_gone(sc: SparkContext, volume: LocalStorage) -> None:
    with flickr.FlickrServer(n=200) as server:
        fetch(sc, volume, server, "flickr:tag:lighthouse", "/services/rest/", flickr_key=Secret(flickr.KEY))
    gone = [row for row in rows_of(volume, FETCHES) if row["outcome"] == "gone"]
    assert gone
    assert all("/private/" in row["url"] or "/deleted/" in row["url"] for row in gone)
    assert len(stored(volume)) + len(gone) == len(rows_of(volume, FETCHES)) >= 100
    assert {row["license_id"] for row in stored(volume)} == {
        *("CC-BY-2.0", "CC-BY-SA-2.0", "CC0-1.0", "LicenseRef-PDM-1.0", "CC-BY-4.0", "CC-BY-SA-4.0")
    }
    check_secrets(volume)


def test_pictures_of_openverse_have_the_licence_of_their_address(sc: SparkContext, volume: LocalStorage) -> None:
    with openverse.OpenverseServer(n=150) as server:
        fetch(sc, volume, server, "openverse:lighthouse", "/v1", licenses="cc-by,cc0")
    assert Counter(row["license_id"] for row in stored(volume)) == {"CC-BY-2.0": 25, "CC0-1.0": 25}
    assert all(row["source_url"] in row["attribution"] for row in stored(volume))
