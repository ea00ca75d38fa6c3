"""`imagerec gallery`, over a small real collection."""

from pathlib import Path

import pytest
from PIL import Image

from recommendation.gallery.sheet import FOOTER_PX, HEADER_PX, ROW_GAP_PX, TILE_PX, Tile
from tests.commands import imagerec_here
from tests.recommendation.conftest import PICTURES_PER_SUBJECT, Collection

pytestmark = pytest.mark.spark

CAPTION_PX = Tile(None, "a.jpg").caption_px


def lines_of(path: Path) -> int:
    """Lines of pictures of a sheet with one row."""
    with Image.open(path) as drawn:
        return round((drawn.height - HEADER_PX - ROW_GAP_PX - FOOTER_PX) / (TILE_PX + CAPTION_PX))


def test_pictures_with_a_tag_are_drawn(collection: Collection, tmp_path: Path) -> None:
    out = tmp_path / "nights.png"
    tag = collection.paths()[0].parent.name  # one picture of another folder has it, too
    done = imagerec_here("gallery", "--data", collection.volume.root, "--tag", tag, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{PICTURES_PER_SUBJECT + 1} pictures with tags={tag}: {out}\n"
    assert lines_of(out) == 1


def test_all_pictures_are_drawn_up_to_a_number(collection: Collection, tmp_path: Path) -> None:
    out = tmp_path / "all.png"
    assert imagerec_here("gallery", "--data", collection.volume.root, "--n", "12", "--out", out).returncode == 0
    assert lines_of(out) == 2


def test_groups_of_similar_pictures_are_drawn(collection: Collection, tmp_path: Path) -> None:
    out = tmp_path / "groups.png"
    done = imagerec_here("gallery", "--data", collection.volume.root, "--clusters", "3", "--out", out)
    assert done.returncode == 0
    assert "3 largest of" in done.stdout
    with Image.open(out) as drawn:
        assert drawn.height == HEADER_PX + 3 * (TILE_PX + CAPTION_PX + ROW_GAP_PX) + FOOTER_PX


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (("--tag", "nothing has it"), 1, "no picture has tags=nothing has it"),
        (("--where", "tags"), 2, "expected COLUMN=VALUE"),
        (("--clusters", "3", "--tag", "a"), 2, "expected it without --tag and --where"),
        (("--clusters", "0"), 2, "--clusters: expected 1 to"),
        (("--n", "0"), 2, "--n: expected 1 to"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    collection: Collection, tmp_path: Path, flags: tuple[str, ...], code: int, message: str
) -> None:
    out = tmp_path / "none.png"
    done = imagerec_here("gallery", "--data", collection.volume.root, *flags, "--out", out)
    assert (done.returncode, message in done.stderr, out.exists()) == (code, True, False)
