"""The card of an ONNX file: its input, its outputs and the names of its categories."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from shared.errors import UsageError

LAYOUTS = ("NCHW", "NHWC")
DTYPES = ("float32", "uint8")
Triple = tuple[float, float, float]


class ModelSpec(NamedTuple):
    """Input and outputs of a network; a card is the same as JSON, with the same names.

    Args:
        side_px: pictures go in whole, squashed to side_px x side_px, RGB.
        layout: NCHW or NHWC.
        dtype: float32; or uint8, when the network scales the pixels itself.
        scale: pixels of 0..255 are multiplied by it; then mean is subtracted, then std divides.
        mean: one per channel, red first.
        std: one per channel, red first.
        embedding: the tensor with the vector; empty for the input of the last fully connected layer.
        scores: the tensor with one score per category; empty for the only output.
        softmax: whether the scores need a softmax to become probabilities.
        categories: one name per score; in JSON a text file beside the card, one name a line.
        license: the network's licence.
    """

    side_px: int
    layout: str
    dtype: str = "float32"
    scale: float = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    embedding: str = ""
    scores: str = ""
    softmax: bool = True
    categories: tuple[str, ...] = ()
    license: str = ""


MAX_CARD_BYTES, MAX_CATEGORIES_BYTES = 1 << 20, 4 << 20
MAX_NUMBER = 3e38  # of float32
MAX_SHOWN = 80  # characters of a value in a message
REQUIRED = {"side_px", "layout", "categories"}
EXAMPLE = '{"side_px": 224, "layout": "NCHW", "scale": 0.00392157, "mean": [0, 0, 0], "std": [1, 1, 1], "categories": "names.txt"}'


def card_path(model: Path) -> Path:
    """Where the card of an ONNX file is: beside it, `<name>.card.json`."""
    return model.with_suffix(".card.json")


def read_card(path: Path) -> ModelSpec:
    """The card in a file.

    Raises:
        UsageError: there is none, or it is too large, or a key is missing, unknown or has a value of the wrong kind.
    """
    try:
        values = json.loads(read_text(path, MAX_CARD_BYTES))
    except FileNotFoundError:
        message = f"expected a card at {path} with the network's input and outputs, such as {EXAMPLE}; see the README, 'Add a model'"
        raise UsageError(message) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"expected JSON in {path}, got an error: {error}") from error
    check_keys(values, path)
    for key, value in values.items():
        check_value(key, value, path)
    texts = {"categories": read_categories(path_beside(path, values["categories"]))}
    triples = {key: tuple(values[key]) for key in ("mean", "std") if key in values}
    return ModelSpec(**values | texts | triples)


def read_text(path: Path, max_bytes: int) -> str:
    """The text of a regular file of limited size.

    Raises:
        OSError, ValueError: it cannot be read, is too large, or is not UTF-8.
    """
    if not path.is_file() and path.exists():
        raise ValueError("expected a regular file")
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"expected at most {max_bytes >> 20} MiB")
    return data.decode("utf-8")


def path_beside(path: Path, name: str) -> Path:
    """The path of a file that a card or a network names, in its folder or below.

    Raises:
        UsageError: it leads elsewhere, also through a link.
    """
    folder, found = path.parent.resolve(), (path.parent / name).resolve()
    if not found.is_relative_to(folder):
        raise UsageError(f"expected a file in the folder of {path}, got {name[:MAX_SHOWN]!r}")
    return found


def check_keys(values: Any, path: Path) -> None:
    """Refuse a card with a missing or an unknown key."""
    if not isinstance(values, dict):
        raise UsageError(f"expected one JSON object in {path}, got {type(values).__name__}")
    missing, unknown = sorted(REQUIRED - values.keys()), sorted(values.keys() - set(ModelSpec._fields))
    if missing or unknown:
        known = ", ".join(ModelSpec._fields)
        raise UsageError(
            f"expected the keys {known} in {path}; missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}"
        )


def check_value(key: str, value: Any, path: Path) -> None:
    """Refuse a value of the wrong kind."""
    is_right, expectation = CHECKS[key]
    if not is_right(value):
        raise UsageError(f"expected {key} in {path} to be {expectation}, got {repr(value)[:MAX_SHOWN]}")


def is_number(value: Any) -> bool:
    """Whether it is a finite number that float32 can hold; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MAX_NUMBER <= value <= MAX_NUMBER


def is_triple(value: Any) -> bool:
    """Whether it is one number per channel."""
    return isinstance(value, list) and len(value) == 3 and all(map(is_number, value))


def is_text(value: Any) -> bool:
    """Whether it is text, empty or not, without NUL and lone surrogates."""
    return isinstance(value, str) and not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)


CHECKS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "side_px": (lambda value: type(value) is int and 16 <= value <= 1024, "a whole number of 16..1024"),
    "layout": (lambda value: value in LAYOUTS, f"one of {', '.join(LAYOUTS)}"),
    "dtype": (lambda value: value in DTYPES, f"one of {', '.join(DTYPES)}"),
    "scale": (lambda value: is_number(value) and value > 0, "a number above 0"),
    "mean": (is_triple, "a list of 3 numbers"),
    "std": (lambda value: is_triple(value) and min(value) > 0, "a list of 3 numbers above 0"),
    "embedding": (is_text, "the name of a tensor"),
    "scores": (is_text, "the name of a tensor"),
    "softmax": (lambda value: isinstance(value, bool), "true or false"),
    "categories": (lambda value: is_text(value) and value, "the name of a text file beside the card"),
    "license": (is_text, "text"),
}


def read_categories(path: Path) -> tuple[str, ...]:
    """The first synonym of each line; lines that begin with # are comments.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = read_text(path, MAX_CATEGORIES_BYTES).splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"expected the names of the categories, one a line, in {path}, got an error: {error}"
        ) from error
    return tuple(line.split(",")[0].strip() for line in lines if line.strip() and not line.startswith("#"))
