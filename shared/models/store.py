"""The volume's networks: `models/<sha256>.onnx`, a JSON file beside each, and CURRENT.json, which names the one in use."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.checksummed import read_checksummed, write_checksummed
from shared.storage.files import write_atomically
from shared.storage.volume import MODELS

CHOICE = f"{MODELS}/CURRENT.json"


class Model(NamedTuple):
    """A network on the volume, with the face that `shared.models.session` knows.

    Args:
        sha256: of the ONNX file; part of every embedding's identity.
        network: name in the registry, or of the user's file.
        origin: SHA-256 of what it was made from.
        precision: fp32 or int8.
        fp32_sha256: the network that an int8 copy was made from; of an fp32 network, itself.
        side_px: pictures go in squashed to side_px x side_px.
        vector_length: numbers per picture.
        categories: what each probability speaks of.
    """

    sha256: str
    network: str
    origin: str
    precision: str
    fp32_sha256: str
    side_px: int
    vector_length: int
    source: str
    license: str
    categories: tuple[str, ...]

    @property
    def name(self) -> str:
        """Network and precision, for a person."""
        return f"{self.network} {self.precision}"


class ModelChoice(NamedTuple):
    """Which model the volume uses, and why.

    Args:
        sha256: of the model.
        settled: whether it stays until the user asks for another.
        reason: why it has the precision it has, with figures.
    """

    sha256: str
    settled: bool
    reason: str


def model_path(volume: Storage, sha256: str) -> Path:
    """Return where a network is."""
    return volume.local_path(f"{MODELS}/{sha256}.onnx")


def choice_path(volume: Storage) -> Path:
    """Return where the volume keeps its choice."""
    return volume.local_path(CHOICE)


def save_model(volume: Storage, network: bytes, model: Model) -> Model:
    """Store a network and what is known of it; return the latter with its SHA-256 filled in."""
    sha256 = hashlib.sha256(network).hexdigest()
    model = model._replace(sha256=sha256, fp32_sha256=model.fp32_sha256 or sha256)
    write_checksummed(
        model_path(volume, sha256).with_suffix(".json"), model._asdict() | {"categories": list(model.categories)}
    )
    write_atomically(model_path(volume, sha256), network)
    return model


def load_model(volume: Storage, sha256: str) -> Model:
    """Return what is known of a network on the volume.

    Raises:
        CannotProceedError: it is not there, or its description is damaged.
    """
    path = model_path(volume, sha256).with_suffix(".json")
    values = read_checksummed(path, f"delete {volume.locate(CHOICE)} and run `imagerec embedding`")
    return Model(**values | {"categories": tuple(values["categories"])})


def installed_models(volume: Storage) -> list[Model]:
    """Return the networks that are on the volume, ONNX file and description both."""
    files = sorted(volume.local_path(MODELS).glob("*.onnx"))
    return [load_model(volume, file.stem) for file in files if file.with_suffix(".json").exists()]


def choose(volume: Storage, choice: ModelChoice) -> None:
    """Make this the volume's model."""
    write_checksummed(choice_path(volume), choice._asdict())


def read_choice(volume: Storage) -> ModelChoice | None:
    """Return the volume's choice, None before the first one; the network itself may be gone.

    Raises:
        CannotProceedError: the file is damaged.
    """
    path = choice_path(volume)
    if not path.exists():
        return None
    return ModelChoice(**read_checksummed(path, "delete it and run `imagerec embedding`"))


def kept_choice(volume: Storage, network: Model, precision: str) -> ModelChoice | None:
    """The volume's choice if it still stands and its network is there, else None.

    Args:
        network: the float32 network that is wanted.
        precision: fp32, int8, or auto for the volume's own.
    """
    choice = read_choice(volume)
    if choice is None or not model_path(volume, choice.sha256).exists():
        return None
    model = load_model(volume, choice.sha256)
    stands = choice.settled if precision == "auto" else model.precision == precision
    return choice if stands and model.fp32_sha256 == network.sha256 else None


def current(volume: Storage) -> Model:
    """Return the model the volume's embeddings are made with.

    Raises:
        CannotProceedError: it has none yet.
    """
    choice = read_choice(volume)
    if choice is None:
        raise CannotProceedError("there is no model on the volume; run `imagerec embedding` first")
    return load_model(volume, choice.sha256)
