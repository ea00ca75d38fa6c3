"""A measure is one function and one entry: README's recipe, followed on a copy of the project and asked at every door."""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.project import PACKAGES, PROJECT
from tests.commands import BARE
from tests.shared.pictures.drawn import encoded, plain

pytestmark = pytest.mark.spark

FUNCTION = '''"""Which parts of a picture are light."""

import numpy as np
from numpy.typing import NDArray

from shared.pictures import pixels
from shared.pictures.features.thumbnail import Thumbnail


def light_quarters(thumbnail: Thumbnail) -> NDArray[np.float32]:
    """Mean lightness of the four quarters, shape (4,), unit length."""
    means = pixels.average(thumbnail.rgb, 2, 2).mean(axis=2).ravel() + np.float32(1)
    return (means / np.linalg.norm(means)).astype(np.float32)
'''
ENTRY = """        Measure("light", "light", "vector", ("euclidean", "cosine"), "as light", Feature(light_quarters, 4, "see light")),
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one more measure."""
    root = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    pictures = root / "shared" / "pictures"
    (pictures / "features" / "light.py").write_text(FUNCTION)
    registry = pictures / "measures.py"
    text = registry.read_text()
    text = text.replace("\n\nVectors =", "\nfrom shared.pictures.features.light import light_quarters\n\nVectors =", 1)
    last = '        Measure("hash"'
    assert text.count(last) == 1
    registry.write_text(text.replace(last, ENTRY + last))
    return root


def imagerec(house: Path, *arguments: str | Path) -> str:
    """What a command of the copy prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "shared", *map(str, arguments)],
        cwd=house,
        env=os.environ | {"PYTHONPATH": str(house)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def volume(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume of pictures that are light in one quarter or in another."""
    pictures, volume = (tmp_path_factory.mktemp("light") / name for name in ("pictures", "volume"))
    for number in range(24):
        path = pictures / f"group {number % 4}" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(lit(number % 4, shade=150 + 4 * number)))
    options = ("--source", pictures, "--data", volume, "--master", "local[2]", "--model", "efficientnet-lite0")
    imagerec(house, "run", *options, *BARE, "--features-csv", "true")
    return volume


def lit(quarter: int, shade: int) -> Image.Image:
    """A dark picture, light in one quarter."""
    image = plain((80, 80), (20, 30, 20))
    left, top = 40 * (quarter % 2), 40 * (quarter // 2)
    image.paste((shade, shade, 90), (left, top, left + 40, top + 40))
    return image


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("query") / "query.png"
    path.write_bytes(encoded(lit(2, shade=199)))
    return path


def check_answer(answer: dict[str, Any]) -> None:
    """All that are light in the same quarter come first."""
    found = answer["results"]["light"]
    assert {int(Path(item["filename"]).stem) % 4 for item in found[:5]} == {2}
    assert all(0.9 < item["scores"]["light"] <= 1 for item in found[:5])


def test_labeling_stores_its_feature(volume: Path) -> None:
    with (volume / "reports" / "features.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    lengths = [np.linalg.norm([float(row[f"light_{number}"]) for number in range(4)]) for row in rows]
    assert lengths == pytest.approx([1] * 24, abs=1e-4)


def test_the_command_line_asks_it_and_draws_it(house: Path, volume: Path, query: Path, tmp_path: Path) -> None:
    gallery = tmp_path / "gallery.png"
    options = ("--data", volume, "--measure", "light", "--metric", "cosine", "--json", "--gallery", gallery)
    check_answer(json.loads(imagerec(house, "query", "--image", query, *options)))
    with Image.open(gallery) as drawn:
        assert drawn.width > 500


def test_it_is_among_the_measures_that_are_asked_without_a_choice(house: Path, volume: Path, query: Path) -> None:
    answer = json.loads(imagerec(house, "query", "--image", query, "--data", volume, "--json"))
    assert list(answer["results"]) == ["default", "embedding", "color", "structure", "light", "hash"]
    check_answer(answer)


def test_the_inbox_asks_it(house: Path, volume: Path, query: Path) -> None:
    inbox = volume / "queries" / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "job.json").write_text(json.dumps({"images": [str(query)], "measure": "light"}))
    imagerec(house, "inbox", "--data", volume)
    check_answer(json.loads((volume / "queries" / "answers" / "job.json").read_text()))


def test_a_batch_asks_it(house: Path, volume: Path, query: Path, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text(json.dumps({"images": [str(query)], "measure": ["light"]}) + "\n")
    check_answer(json.loads(imagerec(house, "query", "--batch", jobs, "--data", volume, "--master", "local[1]")))


def test_it_is_evaluated(house: Path, volume: Path) -> None:
    text = imagerec(house, "evaluate", "--labels", "folder", "--data", volume, "--master", "local[1]", "--json")
    assert json.loads(text)["precision_at_5"]["light"] > 0.9


@pytest.fixture
def address(house: Path, volume: Path) -> Iterator[str]:
    """Where the copy's service answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "shared", "serve", "--data", str(volume), "--port", str(port)]
    command += ["--show-locations", "yes"]
    environ = os.environ | {"PYTHONPATH": str(house)}
    with subprocess.Popen(command, cwd=house, env=environ, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr
        assert any("answering on" in line for line in service.stderr)
        yield f"http://127.0.0.1:{port}"
        service.terminate()
        service.stderr.read()


def test_the_service_asks_it(address: str, query: Path) -> None:
    assert '"light"' in httpx.get(address, timeout=60).text
    answer = httpx.post(f"{address}/v1/query?measure=light", files={"images": query.read_bytes()}, timeout=60)
    check_answer(answer.json())
