"""The part of `imagerec status` about the model."""

from collections.abc import Iterator
from typing import Any

from shared.errors import CannotProceedError
from shared.models import store
from shared.storage import Storage


def facts(volume: Storage) -> dict[str, Any]:
    """The network of the volume's embeddings and the reason for its precision; None before the first run of embedding.

    Raises:
        CannotProceedError: a file of it is missing or damaged.
    """
    choice = store.read_choice(volume)
    if choice is None:
        return {"model": None}
    model = store.load_model(volume, choice.sha256)
    path = store.model_path(volume, model.sha256)
    if not path.exists():
        raise CannotProceedError(f"{path} is missing; run `imagerec embedding`, which installs it again")
    return {
        "model": {
            "name": model.name,
            "sha256": model.sha256,
            "precision": model.precision,
            "reason": choice.reason,
            "source": model.source,
            "license": model.license,
        }
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    model = found["model"]
    if model is None:
        yield "no model yet; run `imagerec embedding`"
    else:
        yield f"model {model['name']} ({model['reason']})" if model["reason"] else f"model {model['name']}"
