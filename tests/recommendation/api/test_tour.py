"""The tour runs over a collection as a person would run it, and shows what it says."""

import json
from pathlib import Path

import pytest

from notebooks.__main__ import execute
from tests.recommendation.conftest import Collection


@pytest.mark.spark
def test_the_tour_shows_pictures_tables_and_people(own_collection: Collection) -> None:
    path = execute(Path(own_collection.volume.root))
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    pages = ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    assert path == own_collection.volume.root / "reports" / "tour.ipynb"
    assert sum("<table>" in page for page in pages) == 3
    assert sum("data:image/jpeg;base64," in page for page in pages) >= 5
    assert any("image/jpeg" in output.get("data", {}) for output in outputs)
