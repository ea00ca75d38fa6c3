"""Installs the network that a setting names on the volume, as float32, once."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import version_converter
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

from embedding.networks.graph import standardise
from embedding.networks.registry import EFFICIENTNET_LITE0, REGISTRY, Network, by_hand_path, network_bytes
from embedding.networks.spec import ModelSpec, card_path, path_beside, read_card, read_categories
from embedding.settings import ZOO
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.models.session import ERRORS, Embedder
from shared.models.store import Model
from shared.storage import Storage
from shared.storage.files import digest, sha256_of

log = logging.getLogger(__name__)

FP32, INT8 = "fp32", "int8"
TEST_PICTURES = 2  # more than one: some networks have a fixed batch size


def resolve(volume: Storage, name: str, zoo: str = ZOO) -> Model:
    """The float32 network of this name, on the volume; installed if it is not there yet.

    Args:
        name: of the registry, or the path of an ONNX file with a card beside it.
        zoo: address that stands for the ONNX model zoo's folder.

    Raises:
        UsageError: there is no such file, or its card does not fit.
        CannotProceedError: the network cannot be fetched or read.
    """
    if name in REGISTRY:
        return named_network(volume, REGISTRY[name], zoo)
    return user_network(volume, Path(name).expanduser())


def named_network(volume: Storage, network: Network, zoo: str) -> Model:
    """A network of the registry; an error's message ends with what else to do."""
    try:
        return registry_network(volume, network, zoo)
    except CannotProceedError as error:
        if network.package:
            raise
        advice = f"use --model {EFFICIENTNET_LITE0.name}, which is installed, or put the file at {by_hand_path(volume, network)}"
        raise CannotProceedError(f"{error}; {advice}") from error


def registry_network(volume: Storage, network: Network, zoo: str) -> Model:
    """A network of the registry, on the volume."""
    found = installed(volume, network.sha256)
    if found:
        return found
    graph = network.read(network_bytes(network, volume, zoo))
    card = network.card._replace(categories=imagenet_categories(), license=network.license)
    return install(volume, graph, card, network.name, network.sha256, network.source)


def imagenet_categories() -> tuple[str, ...]:
    """The categories of all networks of the registry, in the order of their scores."""
    return read_categories(Path(__file__).with_name("imagenet_labels.txt"))


def user_network(volume: Storage, path: Path) -> Model:
    """The user's own network, on the volume."""
    card = read_card(card_path(path))
    origin = digest(sha256_of(path), card, *external_data(path))
    return installed(volume, origin) or install(volume, read_graph(path), card, path.stem, origin, path.name)


def external_data(path: Path) -> list[dict[str, str]]:
    """SHA-256 of each file that an ONNX file keeps tensors in, by name, as a list of one mapping; empty without any.

    Raises:
        UsageError: it is no ONNX file, or one of those files cannot be read or lies outside its folder.
    """
    names = {ExternalDataInfo(tensor).location for tensor in tensors(read_graph(path, with_external_data=False).graph)}
    found = {}
    for name in sorted(names - {""}):
        try:
            found[name] = sha256_of(path_beside(path, name))
        except OSError as error:
            raise UsageError(f"--model: expected the external data of {path}, got an error: {error}") from error
    return [found] if found else []


def tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """The tensors of a graph that are stored in other files, those of its nodes' attributes and subgraphs included."""
    stored = [*graph.initializer]
    for node in graph.node:
        for attribute in node.attribute:
            stored += [attribute.t, *attribute.tensors]
            for subgraph in (attribute.g, *attribute.graphs):
                yield from tensors(subgraph)
    yield from filter(uses_external_data, stored)


def installed(volume: Storage, origin: str) -> Model | None:
    """The float32 network made from this origin, if the volume has it."""
    found = [model for model in store.installed_models(volume) if model.origin == origin and model.precision == FP32]
    return found[0] if found else None


def read_graph(path: Path, *, with_external_data: bool = True) -> onnx.ModelProto:
    """The ONNX graph in a file of the user's."""
    try:
        return onnx.load(path, load_external_data=with_external_data)
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        raise UsageError(f"--model: expected an ONNX file at {path}, got an error: {error}") from error


def install(volume: Storage, graph: onnx.ModelProto, card: ModelSpec, name: str, origin: str, source: str) -> Model:
    """Convert a network to the common interface, test it, and store it.

    Raises:
        UsageError: it does not run as its card says.
    """
    try:
        network = standardise(graph, card).SerializeToString()
        vector_length = test_network(network, card)
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


def test_network(network: bytes, card: ModelSpec) -> int:
    """Run the network on two pictures of noise; return the length of its vectors."""
    noise = np.random.default_rng(0).integers(0, 256, (TEST_PICTURES, card.side_px, card.side_px, 3), np.uint8)
    vectors, probabilities = Embedder(network).embed(noise)
    if probabilities.shape != (TEST_PICTURES, len(card.categories)):
        raise UsageError(
            f"expected one score for each of the {len(card.categories)} categories on the card, got {probabilities.shape[1]}"
        )
    if not (np.isfinite(vectors).all() and np.isfinite(probabilities).all()):
        raise UsageError(
            "expected finite numbers from the network, got some that are not: check scale, mean and std on the card"
        )
    return int(vectors.shape[1])
