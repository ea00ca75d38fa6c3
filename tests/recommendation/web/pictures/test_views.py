"""Large views: made of the originals, and never of other files."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from shared.pictures.originals import image_id_of
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def view_of(client: httpx.Client, image_id: str) -> tuple[httpx.Response, tuple[int, int]]:
    answer = client.get(f"/v1/images/{image_id}/view")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    image = Image.open(io.BytesIO(answer.content))
    assert not image.getexif()
    return answer, image.size


@pytest.fixture
def large(collection: Collection) -> Iterator[Path]:
    """A picture that is larger than its thumbnail; what a test made of it is undone."""
    path = next(path for path in collection.paths() if min(size_of(path)) > 256)
    kept = path.read_bytes()
    yield path
    if path.is_dir():
        path.rmdir()
    path.write_bytes(kept)


def test_a_view_is_as_large_as_the_original_and_is_sent_once(client: httpx.Client, large: Path) -> None:
    image_id = image_id_of(large.read_bytes())
    answer, size = view_of(client, image_id)
    assert size == size_of(large)
    again = client.get(answer.url, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("change", ["deleted", "replaced", "a folder"])
def test_without_the_original_a_view_is_the_thumbnail(client: httpx.Client, large: Path, change: str) -> None:
    image_id = image_id_of(large.read_bytes())
    large.unlink()
    if change == "replaced":
        Image.new("RGB", (900, 900), "red").save(large.with_suffix(".png"))
        large.with_suffix(".png").rename(large)
    elif change == "a folder":
        large.mkdir()
    answer, size = view_of(client, image_id)
    assert min(size) == 256
    assert answer.content == client.get(f"/v1/images/{image_id}/thumbnail").content
    assert "max-age" not in answer.headers["cache-control"]  # the original may come back


def test_a_view_of_no_picture_is_404(client: httpx.Client) -> None:
    for image_id in ("nothing", "0" * 32):
        assert client.get(f"/v1/images/{image_id}/view").status_code == 404
