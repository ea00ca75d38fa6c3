"""What must not empty a collection."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from acquisition.safeguard import refuse_loss
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, LOCATIONS
from tests.acquisition.source_folder import Run, add, add_pictures, contents, filenames, picture, rows

pytestmark = pytest.mark.spark


def test_every_picture_may_be_moved_or_edited_at_once(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source / "old", 0, 21)
    run(source)
    (source / "old").rename(source / "new")
    assert run(source).note == "21 moved"
    assert {row["tags"][0] for row in rows(volume, IMAGES)} == {"new"}
    for number in range(21):
        add(source, f"new/{number:03d}.png", picture(100 + number))
    counts = run(source)
    assert (counts.done, counts.removed) == (21, 21)


def test_a_source_that_is_gone_or_empty_changes_nothing(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 3)
    run(source)
    before = contents(volume)
    source.rename(source.with_name("moved away"))
    with pytest.raises(CannotProceedError, match=r"is not there, .* is its disk mounted\? Nothing was changed"):
        run(source, allow_removal=True)
    with pytest.raises(UsageError, match="which is not there"):
        run(source.with_name("never was"))
    source.mkdir()
    with pytest.raises(CannotProceedError, match=r"where there were some; is its disk mounted\?.*--allow-removal"):
        run(source)
    assert contents(volume) == before
    counts = run(source, allow_removal=True)
    assert (counts.listed, counts.removed) == (0, 3)
    assert rows(volume, IMAGES) == rows(volume, LOCATIONS) == []


@pytest.mark.parametrize(
    ("lost", "before", "is_refused"), [(21, 40, True), (20, 40, False), (20, 21, False), (1, 1, True), (21, 42, False)]
)
def test_a_run_may_lose_few_pictures_or_half_of_them_but_not_all(lost: int, before: int, is_refused: bool) -> None:
    with pytest.raises(CannotProceedError) if is_refused else nullcontext():
        refuse_loss("s", lost, before, before - lost)


def test_a_run_that_would_lose_more_than_half_is_refused(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 40)
    run(source)
    before = contents(volume)
    for number in range(19, 40):
        (source / f"{number:03d}.png").unlink()
    with pytest.raises(CannotProceedError, match=r"21 of 40 pictures of .* are not there any more.*Nothing was"):
        run(source)
    assert contents(volume).items() >= before.items()
    assert len(filenames(volume)) == 40
    assert run(source, allow_removal=True).removed == 21


def test_a_list_that_is_gone_or_names_nothing_that_is_there_changes_nothing(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    """A line that is taken out of it takes its picture out."""
    add_pictures(source, 0, 2)
    paths = add(source, "list.csv", b"path,license\n000.png,CC0\n001.png,CC0\n")
    run(paths)
    paths.write_bytes(b"path,license,title\n001.png,CC-BY-4.0,Sea\n")
    assert run(paths).removed == 1
    (row,) = rows(volume, IMAGES)
    assert (row["filename"], row["license"], row["title"]) == ("001.png", "CC-BY-4.0", "Sea")
    before = contents(volume)
    (source / "001.png").rename(source / "away")
    with pytest.raises(CannotProceedError, match=r"1 of 1 pictures of .* are not there any more"):
        run(paths)
    paths.write_bytes(b"path\n")
    with pytest.raises(CannotProceedError, match="where there were some"):
        run(paths)
    paths.unlink()
    with pytest.raises(CannotProceedError, match="is not there, and there are pictures of it"):
        run(paths)
    assert contents(volume).items() >= before.items()
