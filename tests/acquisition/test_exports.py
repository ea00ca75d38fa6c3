"""images_metadata.json has the fields that other programs expect."""

from acquisition import exports
from shared.pictures.metadata import exif
from shared.tables.contracts import IMAGES
from tests.rows import row


def test_a_picture_is_told_with_the_expected_fields() -> None:
    picture = row(
        IMAGES,
        image_id="ab" * 16,
        filename="a.jpg",
        location="/p/a.jpg",
        size_bytes=1536,
        source_url="https://example.org/a",
        license="CC0-1.0",
        author="Ann",
        title="Sea",
        tags=["sea"],
        width_px=40,
        height_px=30,
        exif=exif.NO_EXIF | {"iso": 400},
    )
    assert exports.to_record(picture) == {
        "image_id": "ab" * 16,
        "filename": "a.jpg",
        "location": "/p/a.jpg",
        "width": 40,
        "height": 30,
        "format": "JPEG",
        "file_size_kb": 1.5,
        "source": "folder",
        "source_url": "https://example.org/a",
        "license": "CC0-1.0",
        "author": "Ann",
        "title": "Sea",
        "tags": ["sea"],
        "license_id": "",
        "license_url": "",
        "author_url": "",
        "attribution": "",
        "download_url": "",
        "display_url": "",
        "taken_at": "",
        "exif": {"iso": 400},
    }
