"""The volume's networks: `models/<sha256>.onnx`, a JSON file beside each, and CURRENT.json, which names those in use."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.checksummed import read_checksummed, write_checksummed
from shared.storage.files import write_atomically
from shared.storage.volume import MODELS

#: What stands between the SHA-256, and between the names, of models that are used together.
JOINED_BY = {"name": " + ", "sha256": "+"}
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
    """Which model of a network the volume uses, and why.

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


def choose(volume: Storage, *choices: ModelChoice) -> None:
    """Make these the volume's models, in this order; what was chosen for other networks before is kept for when they are used again."""
    networks = {_network_of(volume, choice) for choice in choices}
    others = [one for one in _read_all(volume)[1] if _network_of(volume, one) not in networks]
    content = {
        "current": [choice.sha256 for choice in choices],
        "choices": [choice._asdict() for choice in (*choices, *others)],
    }
    write_checksummed(choice_path(volume), content)


def _network_of(volume: Storage, choice: ModelChoice) -> str:
    """SHA-256 of the float32 network that a choice is about; of the model itself where its description is gone."""
    path = model_path(volume, choice.sha256).with_suffix(".json")
    return load_model(volume, choice.sha256).fp32_sha256 if path.exists() else choice.sha256


def _read_all(volume: Storage) -> tuple[list[str], list[ModelChoice]]:
    """SHA-256 of the models in use, and all choices that were made."""
    path = choice_path(volume)
    if not path.exists():
        return [], []
    content = read_checksummed(path, "delete it and run `imagerec embedding`")
    if "current" not in content:  # of a version that had one network
        return [content["sha256"]], [ModelChoice(**content)]
    return content["current"], [ModelChoice(**one) for one in content["choices"]]


def read_choices(volume: Storage) -> list[ModelChoice]:
    """Return the choices of the models in use, in their order; none before the first. The networks themselves may be gone.

    Raises:
        CannotProceedError: the file is damaged.
    """
    current, choices = _read_all(volume)
    by_sha256 = {choice.sha256: choice for choice in choices}
    return [by_sha256[sha256] for sha256 in current]


def kept_choice(volume: Storage, network: Model, precision: str) -> ModelChoice | None:
    """The choice made for a network, in use or not, if it still stands and its model is there, else None.

    Args:
        network: the float32 network that is wanted.
        precision: fp32, int8, or auto for the volume's own.
    """
    for choice in _read_all(volume)[1]:
        if not model_path(volume, choice.sha256).exists():
            continue
        model = load_model(volume, choice.sha256)
        stands = choice.settled if precision == "auto" else model.precision == precision
        if stands and model.fp32_sha256 == network.sha256:
            return choice
    return None


def identity(models: Iterable[Model]) -> str:
    """What names several models together: of one model its SHA-256."""
    return JOINED_BY["sha256"].join(model.sha256 for model in models)


def models_of(volume: Storage, identity: str) -> list[Model]:
    """The models that an `identity` names; errors as `load_model`."""
    return [load_model(volume, sha256) for sha256 in identity.split(JOINED_BY["sha256"])]


def name_of(models: Iterable[Model]) -> str:
    """The names of models that are used together, for a person."""
    return JOINED_BY["name"].join(model.name for model in models)


def current(volume: Storage) -> list[Model]:
    """Return the models that the volume's embeddings are made with, in the order of their vectors.

    Raises:
        CannotProceedError: it has none yet.
    """
    choices = read_choices(volume)
    if not choices:
        raise CannotProceedError("there is no model on the volume; run `imagerec embedding` first")
    return [load_model(volume, choice.sha256) for choice in choices]
