"""What the sample holds: every file's path, size, format and truth, known before anything is drawn."""

import csv
import io
from typing import NamedTuple

from PIL import Image

from acquisition.sample.damage import BROKEN
from acquisition.sample.formats import CAMERAS, CHANGES, SUFFIXES, camera_data, encode
from acquisition.sample.subjects import SUBJECTS, draw, mood_of
from shared.storage.files import to_json

LICENSE = "CC0-1.0"
AUTHOR = "image recommender sample"
COLUMNS = ("path", "url", "license", "author", "title", "tags")

#: Counts up when any picture changes, so that an older sample on a volume is drawn anew.
EDITION = 1

PICTURES_PER_SUBJECT = 20

#: Longer side and shape (width, height) of picture 0, 1, ... of a subject.
SIDES_PX = (640, 480, 560, 448, 512, 400, 576, 360, 520, 320, 480, 384, 800, 440, 600, 256, 540, 464, 500, 700)
SHAPES = ((4, 3), (3, 4), (3, 2), (1, 1), (16, 9), (4, 3), (2, 3), (1, 1), (3, 2), (4, 3))
LARGE_PX = 1600  # the last picture of these subjects
LARGE_SUBJECTS = ("seas", "night skies", "balloons", "compositions")

FORMATS = {4: "PNG", 7: "WEBP", 9: "GIF", 15: "PNG", 17: "WEBP"}
RARE_FORMATS = {("forests", 11): "TIFF", ("compositions", 11): "BMP"}
WITH_CAMERA = (0, 3, 6, 8, 12, 16)
STORED_TURNED = {("mountains", 6): 6, ("cities", 3): 8, ("flowers", 6): 8, ("fish", 12): 6, ("balloons", 8): 3}
WITH_GPS = ("mountains", 0)

CHANGED = {2: 0, 13: 2}  # number: first change; the subjects take the next ones in turn
COPIED = (("mountains", 1), ("seas", 10), ("cities", 5), ("flowers", 14), ("fish", 7), ("plaids", 4))
COPIED_IN_PLACE = (("butterflies", 5), ("mandalas", 10))


class Drawing(NamedTuple):
    """One of the pictures that are drawn; its files follow from it."""

    subject: str
    number: int


def drawings() -> list[Drawing]:
    """All 240, subject by subject."""
    return [Drawing(subject, number) for subject in SUBJECTS for number in range(PICTURES_PER_SUBJECT)]


def format_of(drawing: Drawing) -> str:
    """Pillow's name of the format it is stored in."""
    return RARE_FORMATS.get(drawing) or FORMATS.get(drawing.number, "JPEG")


def size_of(drawing: Drawing) -> tuple[int, int]:
    """Width and height in px, the right way up."""
    is_large = drawing.subject in LARGE_SUBJECTS and drawing.number == PICTURES_PER_SUBJECT - 1
    side = LARGE_PX if is_large else SIDES_PX[drawing.number]
    across, down = SHAPES[drawing.number % len(SHAPES)]
    longer = max(across, down)
    return side * across // longer, side * down // longer


def stem_of(drawing: Drawing) -> str:
    """Path in the sample, without the suffix."""
    name = drawing.subject.replace(" ", "_")
    return f"{name}/{name}_{drawing.number + 1:02d}"


def path_of(drawing: Drawing) -> str:
    """Path in the sample."""
    return stem_of(drawing) + SUFFIXES[format_of(drawing)]


def tags_of(drawing: Drawing) -> list[str]:
    """Subject and mood."""
    return [drawing.subject, mood_of(*drawing)]


def copy_of(drawing: Drawing) -> str | None:
    """Where a second file with the same bytes lies, None for most."""
    if drawing in COPIED:
        return f"copies/IMG_{COPIED.index(drawing) + 1:04d}{SUFFIXES[format_of(drawing)]}"
    return f"{stem_of(drawing)}_copy{SUFFIXES[format_of(drawing)]}" if drawing in COPIED_IN_PLACE else None


def change_of(drawing: Drawing) -> str | None:
    """Which change a near copy of it went through, None for most."""
    if drawing.number not in CHANGED:
        return None
    turn = CHANGED[drawing.number] + list(SUBJECTS).index(drawing.subject)
    return list(CHANGES)[turn % len(CHANGES)]


def changed_path(drawing: Drawing, change: str) -> str:
    """Path of the near copy."""
    return f"{stem_of(drawing)}_{change}{CHANGES[change][1]}"


def paths_of(drawing: Drawing) -> list[str]:
    """The picture's file and those of its copies."""
    change = change_of(drawing)
    near = changed_path(drawing, change) if change else None
    return [path for path in (path_of(drawing), near, copy_of(drawing)) if path]


def exif_of(drawing: Drawing) -> Image.Exif | None:
    """Camera data for some of the JPEGs."""
    if drawing.number not in WITH_CAMERA or format_of(drawing) != "JPEG":
        return None
    place = list(SUBJECTS).index(drawing.subject)
    taken = f"2023:{place + 1:02d}:{drawing.number + 1:02d} {6 + drawing.number % 12:02d}:{drawing.number * 2:02d}:00"
    camera = CAMERAS[(place + drawing.number) % len(CAMERAS)]
    return camera_data(camera, taken, STORED_TURNED.get(drawing, 1), has_gps=drawing == WITH_GPS)


def files_of(drawing: Drawing) -> dict[str, bytes]:
    """Draw a picture and its copies: bytes by path. The same drawing gives the same bytes."""
    picture = draw(*drawing, size_of(drawing))
    files = {path_of(drawing): encode(picture, format_of(drawing), exif_of(drawing))}
    change, copy = change_of(drawing), copy_of(drawing)
    if change:
        files[changed_path(drawing, change)] = CHANGES[change][0](picture)
    if copy:
        files[copy] = files[path_of(drawing)]
    return files


def listing() -> bytes:
    """The sample as a list of paths with licence, author, title and tags (separated by ``;``), in CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for drawing in drawings():
        title = f"{drawing.subject.capitalize()} {drawing.number + 1}, {mood_of(*drawing)}"
        for path in paths_of(drawing):
            writer.writerow((path, "", LICENSE, AUTHOR, title, ";".join(tags_of(drawing))))
    for path in BROKEN:
        writer.writerow((path, "", LICENSE, AUTHOR, "A broken file", "broken"))
    return text.getvalue().encode()


def truth() -> bytes:
    """What is to be found in the sample, as JSON: subjects, copies, near copies, failures."""
    every = drawings()
    near = [(drawing, change) for drawing in every if (change := change_of(drawing))]
    found = {
        "edition": EDITION,
        "subjects": {subject: [path_of(one) for one in every if one.subject == subject] for subject in SUBJECTS},
        "duplicates": [[path_of(drawing), copy] for drawing in every if (copy := copy_of(drawing))],
        "near_duplicates": [
            {"original": path_of(drawing), "copy": changed_path(drawing, change), "change": change}
            for drawing, change in near
        ],
        "failures": {path: reason for path, (_, reason) in BROKEN.items()},
    }
    return to_json(found)
