"""Which networks a setting names: one, several joined by `+`, the volume's own, or the best that can be had."""

import logging
from itertools import accumulate
from pathlib import Path

from embedding.networks.installation import named_network, registry_network, resolve
from embedding.networks.registry import EFFICIENTNET_LITE0, MOBILENETV2, REGISTRY
from embedding.settings import ZOO
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.models.store import Model, ModelChoice
from shared.storage import Storage

log = logging.getLogger(__name__)

AUTO, BEST = "auto", "best"
SEPARATOR = "+"
#: What `best` takes together, as far as it can be had. The categories of pictures are those of the first.
TOGETHER = (EFFICIENTNET_LITE0, MOBILENETV2)


def resolve_all(volume: Storage, names: str, zoo: str = ZOO) -> list[Model]:
    """The float32 networks that are named, on the volume; installed if they are not there yet.

    Args:
        names: `auto` (the volume's own; else MobileNetV2 if it can be fetched, else EfficientNet-Lite0), `best` (both), or names for
            `installation.resolve` joined by `+`.
        zoo: address that stands for the ONNX model zoo's folder.

    Raises:
        UsageError: there is no such name or file, its card does not fit, or two are the same network.
        CannotProceedError: a network cannot be fetched or read.
    """
    if names == AUTO:
        return current_networks(volume, zoo) or [first_available(volume, zoo)]
    if names == BEST:
        return all_available(volume, zoo)
    found = [resolve(volume, name, zoo) for name in split_names(names)]
    if len({one.sha256 for one in found}) < len(found):
        raise UsageError(f"--model: expected different networks, got one of them twice in {names!r}")
    return found


def split_names(names: str) -> list[str]:
    """The names that are joined by `+`; a path may have that sign itself.

    Raises:
        UsageError: one is neither `auto` or `best` alone, nor in the registry, nor a file.
    """
    if names in (AUTO, BEST):
        return [names]
    found, parts = list[str](), names.split(SEPARATOR)
    while parts:
        candidates = list(accumulate(parts, lambda left, right: f"{left}{SEPARATOR}{right}"))
        length = next((count for count, name in enumerate(candidates, 1) if is_network(name)), 0)
        if not length:
            expected = ", ".join([AUTO, BEST, *REGISTRY])
            raise UsageError(
                f"--model: expected {expected}, the path of an ONNX file, or several joined by {SEPARATOR}, "
                f"got {SEPARATOR.join(parts)!r}, and there is no such file"
            )
        found.append(candidates[length - 1])
        del parts[:length]
    return found


def is_network(name: str) -> bool:
    """Whether a name is in the registry or of a file."""
    return name in REGISTRY or Path(name).expanduser().is_file()


def current_networks(volume: Storage, zoo: str) -> list[Model]:
    """The networks that the volume's models were made from, none before the first; installed again where their files are gone."""
    return [current_network(volume, choice, zoo) for choice in store.read_choices(volume)]


def current_network(volume: Storage, choice: ModelChoice, zoo: str) -> Model:
    """The network that a model in use was made from."""
    network = store.load_model(volume, store.load_model(volume, choice.sha256).fp32_sha256)
    path = store.model_path(volume, network.sha256)
    if path.exists():
        return network
    if network.network in REGISTRY:
        return named_network(volume, REGISTRY[network.network], zoo)
    raise CannotProceedError(f"{path} is gone; name the file it was made from again: --model PATH of {network.source}")


def first_available(volume: Storage, zoo: str) -> Model:
    """MobileNetV2, or else, with a log line, the network of an installed package."""
    try:
        return registry_network(volume, MOBILENETV2, zoo)
    except CannotProceedError as error:
        log.warning("mobilenetv2 cannot be fetched; using efficientnet-lite0, which is installed (%s)", error)
        return registry_network(volume, EFFICIENTNET_LITE0, zoo)


def all_available(volume: Storage, zoo: str) -> list[Model]:
    """The networks of TOGETHER that can be had; a log line names each that cannot.

    Raises:
        CannotProceedError: none can.
    """
    found, errors = list[Model](), list[CannotProceedError]()
    for network in TOGETHER:
        try:
            found.append(registry_network(volume, network, zoo))
        except CannotProceedError as error:
            errors.append(error)
            log.warning("going on without the network %s, which cannot be had (%s)", network.name, error)
    if not found:
        raise errors[0]
    return found
