"""The frame that stands for an animation, and GIFs whose first frame covers part of the canvas."""

from typing import Any

import pytest
from PIL import Image

from shared.pictures import decoding, pixels
from shared.pictures.codecs import frames
from tests.shared.pictures.drawn import BLUE, RED, WHITE, cornered, encoded, plain

BLACK = (0, 0, 0)


def animation(kind: str, *images: Image.Image, **options: Any) -> bytes:
    return encoded(images[0], kind, save_all=True, append_images=images[1:], duration=50, **options)


def corners(data: bytes) -> list[list[int]]:
    """Colours of the top left and bottom right of a thumbnail."""
    rgb = pixels.open_thumbnail(decoding.decode(data).jpeg)
    return [rgb[3, 3].tolist(), rgb[-4, -4].tolist()]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("first", [BLACK, WHITE, (40, 90, 10)])
def test_a_plain_first_frame_does_not_stand_for_the_whole(kind: str, first: tuple[int, int, int]) -> None:
    data = animation(kind, plain((64, 48), first), plain((64, 48), BLACK), cornered((64, 48)), plain((64, 48), WHITE))
    for found, expected in zip(corners(data), (RED, BLUE), strict=True):
        assert found == pytest.approx(expected, abs=24)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_a_first_frame_with_something_on_it_stays(kind: str) -> None:
    data = animation(kind, cornered((64, 48)), plain((64, 48), WHITE))
    assert corners(data)[0] == pytest.approx(RED, abs=24)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_plain_frames_only_the_first_stays(kind: str) -> None:
    assert corners(animation(kind, plain(color=BLUE), plain(color=RED)))[0] == pytest.approx(BLUE, abs=16)


def test_the_search_ends() -> None:
    rising = [plain((20, 20), (number, 0, 0)) for number in range(frames.MOST_FRAMES + 3)]
    data = animation("GIF", *rising, cornered((20, 20)))
    assert corners(data)[0] == pytest.approx(BLACK, abs=8)


def test_an_animation_that_breaks_off_is_its_first_frame() -> None:
    data = animation("GIF", plain((64, 64), BLUE), plain((64, 64), RED), cornered((64, 64)))
    assert corners(data[: len(data) // 3])[0] == pytest.approx(BLUE, abs=8)


def test_what_a_gifs_first_frame_leaves_open_is_ground() -> None:
    image = cornered((20, 20)).quantize(4)
    data = bytearray(encoded(image, "GIF"))
    data[6:10] = (40).to_bytes(2, "little") + (30).to_bytes(2, "little")  # a larger canvas
    picture = decoding.decode(bytes(data))
    assert (picture.width_px, picture.height_px) == (40, 30)
    found = corners(bytes(data))
    assert found[0] == pytest.approx(RED, abs=24)
    assert found[1] == pytest.approx(WHITE, abs=8)
