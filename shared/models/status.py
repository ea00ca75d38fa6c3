"""The part of `imagerec status` about the model."""

from collections.abc import Iterator
from typing import Any

from shared.errors import CannotProceedError
from shared.models import store
from shared.models.store import ModelChoice
from shared.storage import Storage


def facts(volume: Storage) -> dict[str, Any]:
    """The networks of the volume's embeddings and the reason for the precision of each; None before the first run of embedding.

    Raises:
        CannotProceedError: a file of one is missing or damaged.
    """
    networks = [_facts(volume, choice) for choice in store.read_choices(volume)]
    names = {key: store.JOINED_BY[key].join(one[key] for one in networks) for key in store.JOINED_BY}
    return {"model": {**names, "networks": networks} if networks else None}


def _facts(volume: Storage, choice: ModelChoice) -> dict[str, Any]:
    model = store.load_model(volume, choice.sha256)
    path = store.model_path(volume, model.sha256)
    if not path.exists():
        raise CannotProceedError(f"{path} is missing; run `imagerec embedding`, which installs it again")
    return {
        "name": model.name,
        "sha256": model.sha256,
        "precision": model.precision,
        "reason": choice.reason,
        "source": model.source,
        "license": model.license,
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    if found["model"] is None:
        yield "no model yet; run `imagerec embedding`"
        return
    for one in found["model"]["networks"]:
        yield f"model {one['name']} ({one['reason']})" if one["reason"] else f"model {one['name']}"
