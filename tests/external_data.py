"""Photographs, hostile files and networks that are too large for the repository, in the folder that IMAGEREC_TEST_DATA names."""

import os
from pathlib import Path

VARIABLE = "IMAGEREC_TEST_DATA"
FOLDER = Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[2] / "shared").resolve()
PHOTOS = FOLDER / "photos"  # JPEGs, a folder for each class
HOSTILE = FOLDER / "hostile"  # files that attack image readers
NETWORKS = FOLDER / "models"  # networks that others exported, as oracles


def missing(path: Path) -> str:
    """The reason to skip what needs a path that does not exist."""
    return f"{path} does not exist; {VARIABLE} names the folder with photos, hostile and models"
