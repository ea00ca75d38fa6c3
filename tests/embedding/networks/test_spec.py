"""The card beside an ONNX file: read whole, or refused with key, value and expectation."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from embedding.networks.spec import ModelSpec, card_path, read_card
from shared.errors import UsageError
from tests.embedding.networks.networks import CARD, MEAN, NAMES, STD, write_network


def written(folder: Path, content: str) -> Path:
    path = card_path(write_network(folder))
    path.write_text(content)
    return path


def test_a_card_is_read_whole(tmp_path: Path) -> None:
    path = card_path(write_network(tmp_path, embedding="vector", scores="output", softmax=False, license="MIT"))
    assert read_card(path) == ModelSpec(
        side_px=32,
        layout="NCHW",
        dtype="float32",
        scale=1 / 255,
        mean=MEAN,
        std=STD,
        embedding="vector",
        scores="output",
        softmax=False,
        categories=NAMES,
        license="MIT",
    )


def test_a_short_card_means_plain_pixels(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"side_px": 32, "layout": "NHWC", "categories": "names.txt"}))
    assert read_card(path) == ModelSpec(side_px=32, layout="NHWC", categories=NAMES)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("side_px", 8, "expected side_px .* a whole number of 16..1024, got 8"),
        ("side_px", True, "expected side_px"),
        ("layout", "NWCH", "expected layout .* one of NCHW, NHWC, got 'NWCH'"),
        ("dtype", "int8", "expected dtype .* one of float32, uint8"),
        ("scale", 0, "expected scale .* a number above 0, got 0"),
        ("mean", [0.5, 0.5], "expected mean .* a list of 3 numbers"),
        ("std", [1, 0, 1], "expected std .* a list of 3 numbers above 0"),
        ("embedding", 5, "expected embedding .* the name of a tensor"),
        ("softmax", "yes", "expected softmax .* true or false"),
        ("categories", "", "expected categories .* a text file beside the card"),
        ("categories", "missing.txt", "expected the names of the categories, one a line, in .*missing.txt"),
        ("size", 224, "missing: none; unknown: size"),
        ("scale", float("nan"), "expected scale .* a number above 0, got nan"),
        ("scale", float("inf"), "expected scale .* a number above 0, got inf"),
        ("scale", 10**400, "expected scale .* a number above 0, got 1000"),
        ("mean", [0, 0, float("-inf")], "expected mean .* a list of 3 numbers"),
        ("license", "a\0b", "expected license .* text"),
        ("license", "\ud800", "expected license .* text"),
        ("embedding", "\0", "expected embedding .* the name of a tensor"),
        ("categories", "a\0b", "expected categories .* a text file beside the card"),
        ("categories", "../names.txt", "expected a file in the folder of .*, got '../names.txt'"),
        ("categories", "/etc/passwd", "expected a file in the folder of .*, got '/etc/passwd'"),
        ("categories", "sub/../../names.txt", "expected a file in the folder of"),
        ("categories", ".", "expected the names of the categories.*regular file"),
        ("categories", "a" * 300, "expected the names of the categories"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_card(written(tmp_path, json.dumps(CARD | {key: value})))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON in .*small.card.json"),
        ("[]", "expected one JSON object in .*, got list"),
        ("{}", "missing: categories, layout, side_px; unknown: none"),
    ],
)
def test_what_is_no_card_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_card(written(tmp_path, content))


def test_without_a_card_the_message_shows_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'expected a card at .*x\.card\.json .* such as \{"side_px": 224') as caught:
        read_card(card_path(tmp_path / "x.onnx"))
    example = str(caught.value).split("such as ")[1].split("};")[0] + "}"
    assert set(json.loads(example)) <= set(ModelSpec._fields)


def test_names_of_categories_behind_a_link_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UsageError, match="expected a file in the folder of"):
        read_card(written(folder, json.dumps(CARD | {"categories": "link.txt"})))


def test_deep_and_large_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected JSON"):
        read_card(written(tmp_path, "[" * 100_000))
    with pytest.raises(UsageError, match="expected at most 1 MiB"):
        read_card(written(tmp_path, '{"license": "' + "a" * (1 << 20) + '"}'))
    card = written(tmp_path, json.dumps(CARD))
    (tmp_path / "names.txt").write_text("a\n" * (3 << 20))
    with pytest.raises(UsageError, match="expected at most 4 MiB"):
        read_card(card)


def test_a_pipe_is_no_card(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.card.json")
    with pytest.raises(UsageError, match="expected a regular file"):
        read_card(tmp_path / "x.card.json")
