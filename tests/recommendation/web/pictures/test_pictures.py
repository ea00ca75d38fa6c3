"""Pictures over HTTP: thumbnails in the size that is shown, and all that is known of one."""

import io
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.pictures.sized import SizedThumbnails, Wanted, wanted
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running

WEBP = {"accept": "image/avif,image/webp,*/*"}


@pytest.fixture(scope="module")
def client(collection: Collection, answerer: Answerer) -> Iterator[httpx.Client]:
    health = Health(answerer, Thumbnails(collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=collection.volume.root))) as client:
        yield client


def address(answerer: Answerer) -> str:
    return f"/v1/images/{answerer.current.engine.metadata_at(0)['image_id']}"


@pytest.mark.spark
def test_a_thumbnail_has_the_size_and_format_that_was_asked_for(client: httpx.Client, answerer: Answerer) -> None:
    path = f"{address(answerer)}/thumbnail"
    sides = {}
    for size in (1, 96, 100, 192, 256):
        response = client.get(path, params={"size": size}, headers=WEBP)
        image = Image.open(io.BytesIO(response.content))
        assert (response.headers["content-type"], image.format) == ("image/webp", "WEBP")
        assert response.headers["vary"] == "accept"
        sides[size] = min(image.size)
    assert sides == {1: 96, 96: 96, 100: 128, 192: 192, 256: 256}
    jpeg = client.get(path, params={"size": 96}, headers={"accept": "image/png"})
    assert (jpeg.headers["content-type"], Image.open(io.BytesIO(jpeg.content)).format) == ("image/jpeg", "JPEG")


@pytest.mark.spark
def test_each_size_and_format_has_a_name_of_its_own(client: httpx.Client, answerer: Answerer) -> None:
    path = f"{address(answerer)}/thumbnail"
    asked = [({}, {}), ({"size": 96}, {"accept": "*/*"}), ({"size": 96}, WEBP), ({"size": 128}, WEBP)]
    etags = [client.get(path, params=params, headers=headers).headers["etag"] for params, headers in asked]
    assert len(set(etags)) == 4
    for (params, headers), etag in zip(asked, etags, strict=True):
        again = client.get(path, params=params, headers={**headers, "if-none-match": etag})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.spark
@pytest.mark.parametrize("size", ["0", "-1", "257", "large", "1.5", ""])
def test_a_size_that_no_thumbnail_has_is_refused(client: httpx.Client, answerer: Answerer, size: str) -> None:
    response = client.get(f"{address(answerer)}/thumbnail", params={"size": size})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "wrong_usage"
    assert response.json()["error"]["message"].startswith("size: ")


@pytest.mark.spark
def test_details_hold_palette_categories_places_and_copies(client: httpx.Client, answerer: Answerer) -> None:
    metadata = client.get(address(answerer)).json()
    details = client.get(f"{address(answerer)}/details").json()
    assert {name: details[name] for name in metadata} == metadata
    assert sum(one["share"] for one in details["palette"]) == pytest.approx(1, abs=0.01)
    assert all(len(one["rgb"]) == 3 and one["name"] for one in details["palette"])
    assert details["categories"][0]["category"] == metadata["category"]
    assert [one["location"] for one in details["locations"]] == [metadata["filename"]]
    assert details["copies"] == []
    assert client.get(f"/v1/images/{'0' * 32}/details").status_code == 404


def test_thumbnails_that_were_asked_for_last_are_kept() -> None:
    asked: list[str] = []

    buffer = io.BytesIO()
    Image.new("RGB", (300, 260), "teal").save(buffer, "JPEG")

    def read(image_id: str) -> bytes:
        asked.append(image_id)
        return buffer.getvalue()

    thumbnails = SizedThumbnails(
        read, max_bytes=2 * len(SizedThumbnails(read).get(Wanted("a", 96, "WEBP"), as_stored=False))
    )
    asked.clear()
    for image_id in ("a", "b", "a", "c", "a", "b"):
        thumbnails.get(wanted(image_id, 96, "image/webp"), as_stored=False)
    assert asked == ["a", "b", "c", "b"]
