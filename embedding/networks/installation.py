"""Brings the network that the user asked for onto the volume, as float32, once."""

import logging
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import version_converter

from embedding.networks.graph import standardise
from embedding.networks.registry import EFFICIENTNET_LITE0, MOBILENETV2, REGISTRY, Network, by_hand_path, network_bytes
from embedding.networks.spec import ModelSpec, card_path, read_card, read_categories
from embedding.settings import ZOO
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.models.session import ERRORS, Embedder
from shared.models.store import Model
from shared.storage import Storage
from shared.storage.files import digest, sha256_of

log = logging.getLogger(__name__)

AUTO = "auto"
FP32, INT8 = "fp32", "int8"
TRIAL_PICTURES = 2  # a network that only takes one at a time is found out


def resolve(volume: Storage, name: str, zoo: str = ZOO) -> Model:
    """The float32 network of this name, on the volume; installed if it is not there yet.

    Args:
        name: `auto` (the volume's own; else MobileNetV2 if it can be had, else EfficientNet-Lite0), a name of the registry,
            or the path of an ONNX file with a card beside it.
        zoo: address that stands for the ONNX model zoo's folder.

    Raises:
        UsageError: there is no such name or file, or its card does not fit.
        CannotProceedError: the network cannot be had.
    """
    if name == AUTO:
        return volumes_own(volume, zoo) or first_to_be_had(volume, zoo)
    if name in REGISTRY:
        return asked_for(volume, REGISTRY[name], zoo)
    return foreign(volume, Path(name).expanduser())


def check_name(name: str) -> None:
    """Do nothing if `resolve` knows the name or the file is there; quick, installs nothing.

    Raises:
        UsageError: neither.
    """
    if name != AUTO and name not in REGISTRY and not Path(name).expanduser().is_file():
        expected = ", ".join([AUTO, *REGISTRY])
        raise UsageError(
            f"--model: expected {expected} or the path of an ONNX file, got {name!r}, and there is no such file"
        )


def volumes_own(volume: Storage, zoo: str) -> Model | None:
    """The network that the volume's model was made from, if it has one; installed again where its file is gone."""
    choice = store.read_choice(volume)
    if choice is None:
        return None
    network = store.load_model(volume, store.load_model(volume, choice.sha256).fp32_sha256)
    path = store.model_path(volume, network.sha256)
    if path.exists():
        return network
    if network.network in REGISTRY:
        return asked_for(volume, REGISTRY[network.network], zoo)
    raise CannotProceedError(f"{path} is gone; name the file it was made from again: --model PATH of {network.source}")


def first_to_be_had(volume: Storage, zoo: str) -> Model:
    """MobileNetV2, or else the network that came with the installed packages; says so."""
    try:
        return known(volume, MOBILENETV2, zoo)
    except CannotProceedError as error:
        log.warning("mobilenetv2 cannot be had, so it is efficientnet-lite0, which is here already (%s)", error)
        return known(volume, EFFICIENTNET_LITE0, zoo)


def asked_for(volume: Storage, network: Network, zoo: str) -> Model:
    """The network that the user named; if it cannot be had, the message says what else to do."""
    try:
        return known(volume, network, zoo)
    except CannotProceedError as error:
        if network.package:
            raise
        advice = f"use --model {EFFICIENTNET_LITE0.name}, which is here already, or put the file at {by_hand_path(volume, network)}"
        raise CannotProceedError(f"{error}; {advice}") from error


def known(volume: Storage, network: Network, zoo: str) -> Model:
    """A network of the registry, on the volume."""
    found = installed(volume, network.sha256)
    if found:
        return found
    graph = network.read(network_bytes(network, volume, zoo))
    card = network.card._replace(categories=imagenet_categories(), license=network.license)
    return install(volume, graph, card, network.name, network.sha256, network.source)


def imagenet_categories() -> tuple[str, ...]:
    """The categories that all networks of the registry know, in the order of their scores."""
    return read_categories(Path(__file__).with_name("imagenet_labels.txt"))


def foreign(volume: Storage, path: Path) -> Model:
    """The user's own network, on the volume."""
    check_name(str(path))
    card = read_card(card_path(path))
    origin = digest(sha256_of(path), card)
    return installed(volume, origin) or install(volume, read_graph(path), card, path.stem, origin, path.name)


def installed(volume: Storage, origin: str) -> Model | None:
    """The float32 network made from this origin, if the volume has it."""
    found = [model for model in store.installed_models(volume) if model.origin == origin and model.precision == FP32]
    return found[0] if found else None


def read_graph(path: Path) -> onnx.ModelProto:
    """The ONNX graph in a file of the user's."""
    try:
        return onnx.load(path)
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        raise UsageError(f"--model: expected an ONNX file at {path}, got an error: {error}") from error


def install(volume: Storage, graph: onnx.ModelProto, card: ModelSpec, name: str, origin: str, source: str) -> Model:
    """Give a network the common face, try it, and store it.

    Raises:
        UsageError: it does not do what its card says.
    """
    try:
        network = standardise(graph, card).SerializeToString()
        vector_length = try_network(network, card)
    except (*ERRORS, version_converter.ConvertError, onnx.checker.ValidationError) as error:
        raise UsageError(f"the network {name} does not run as its card says: {error}") from error
    log.info("installed the network %s (%s)", name, source)
    return store.save_model(
        volume,
        network,
        Model(
            sha256="",
            network=name,
            origin=origin,
            precision=FP32,
            fp32_sha256="",
            side_px=card.side_px,
            vector_length=vector_length,
            source=source,
            license=card.license,
            categories=card.categories,
        ),
    )


def try_network(network: bytes, card: ModelSpec) -> int:
    """Let the network look at two pictures; return the length of its vectors."""
    noise = np.random.default_rng(0).integers(0, 256, (TRIAL_PICTURES, card.side_px, card.side_px, 3), np.uint8)
    vectors, probabilities = Embedder(network).embed(noise)
    if probabilities.shape != (TRIAL_PICTURES, len(card.categories)):
        raise UsageError(
            f"expected one score for each of the {len(card.categories)} categories on the card, got {probabilities.shape[1]}"
        )
    if not (np.isfinite(vectors).all() and np.isfinite(probabilities).all()):
        raise UsageError(
            "expected finite numbers from the network, got some that are not: check scale, mean and std on the card"
        )
    return int(vectors.shape[1])
