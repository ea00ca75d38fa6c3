"""Precision of answers on labelled photographs: one network and both, averaged with neighbours or not; labels only judge."""

import csv
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.processes import imagerec

INDEX_ONLY = ("--map", "no", "--report", "no", "--duplicates", "no")
COLUMNS = ("collection", "networks", "averaged with", "P@5 default", "embedding", "plain", "mAP@10", "weights")
SEED = 1
ONE = "efficientnet-lite0"
CARD = {
    "side_px": 224,
    "layout": "NHWC",
    "dtype": "uint8",
    "embedding": "embedding",
    "scores": "logits",
    "categories": "labels.txt",
}


def flatten(photos: Path, folder: Path) -> Path:
    """Copy pictures out of their folders under neutral names; the path of a CSV file with the folder of each.

    Folders would be tags, from which the product would choose the default measure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(photos.glob("*/*.jpg"))
    random.Random(SEED).shuffle(sources)
    rows = [(f"{number:05d}.jpg", source) for number, source in enumerate(sources)]
    for name, source in rows:
        shutil.copyfile(source, folder / name)
    labels = folder.with_suffix(".csv")
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label"), *((name, source.parent.name) for name, source in rows)])
    return labels


def second_network(networks: Path, folder: Path) -> Path | None:
    """MobileNetV2 with a card, as a user would lay it out; None where the file is not at hand."""
    if not (networks / "mobilenetv2.onnx").exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(networks / "mobilenetv2.onnx", folder / "mobilenetv2.onnx")
    shutil.copyfile(networks / "imagenet_labels.txt", folder / "labels.txt")
    (folder / "mobilenetv2.card.json").write_text(json.dumps(CARD))
    return folder / "mobilenetv2.onnx"


def measure(name: str, pictures: Path, labels: Path, volume: Path, other: Path | None) -> Iterator[tuple[Any, ...]]:
    """A row for each way to answer, all on one volume."""
    run("run", "--source", str(pictures), "--data", str(volume), "--model", ONE, "--charts", "no", *INDEX_ONLY)
    for model in [ONE, *([f"{ONE}+{other}"] if other else [])]:
        run("embedding", "--data", str(volume), "--model", model)
        for neighbours in ("0", "5"):
            run("recommendation", "--data", str(volume), "--expand-neighbours", neighbours, *INDEX_ONLY)
            found = json.loads(run("evaluate", "--data", str(volume), "--labels", str(labels), "--json"))
            index = json.loads(run("status", "--data", str(volume), "--json"))["index"]
            precision = found["precision_at_5"]
            plain = max(value for measure, value in precision.items() if measure.startswith("plain"))
            weights = " + ".join(f"{weight:g} {one}" for one, weight in index["default"]["weights"].items())
            figures = (precision["default"], precision["embedding"], plain, found["map_at_10"]["default"])
            yield name, 2 if "+" in model else 1, neighbours, *(f"{one:.4f}" for one in figures), weights


def run(*arguments: str) -> str:
    """The output of a command.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    return subprocess.run(imagerec(*arguments), check=True, capture_output=True, text=True).stdout
