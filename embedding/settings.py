"""Settings of the embedding stage."""

from dataclasses import dataclass

from shared import settings
from shared.settings import setting

#: The ONNX model zoo's files.
ZOO = "https://media.githubusercontent.com/media/onnx/models/main"


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The networks, their precision and their source."""

    model: str = setting(
        "auto",
        "network: auto, mobilenetv2, efficientnet-lite0, an ONNX file that has a card beside it, several joined by +, or best: "
        "the first two together, as far as they can be had",
    )
    precision: str = setting(
        "auto",
        "numbers inside the network; auto: int8 where it keeps the neighbours and is worth making",
        choices=("auto", "fp32", "int8"),
    )
    model_zoo: str = setting(ZOO, "address that stands for the ONNX model zoo's folder")
