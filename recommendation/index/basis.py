"""What all shards of a generation have in common: means, whitening and principal axes, learnt from the collection.

Their vectors can be compared because they were prepared alike.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import objects, reduction
from recommendation.index.objects import BASES
from shared.pictures.measures import MEASURES
from shared.storage import Storage

WHITENED = "embedding"


def vector_measures() -> tuple[str, ...]:
    """Measures whose features are vectors of unit length; the others' are bits."""
    return tuple(name for name, measure in MEASURES.items() if measure.kind == "vector")


def centred_measures() -> tuple[str, ...]:
    """Measures whose vectors are `reduction.joined`, centred on a mean: those that networks compute."""
    return tuple(name for name, measure in MEASURES.items() if measure.feature is None)


class Basis(NamedTuple):
    """What vectors are prepared with.

    Args:
        model_sha256: `store.identity` of the networks.
        widths: measure -> length of its prepared vectors, or bytes of its bits.
        means: measure -> what its features are centred on, shape (features,); for measures in `centred_measures`.
        maps: measure -> what its centred features are multiplied by, shape (features, width); where they are whitened.
        axes: measure -> shape (width, dimensions); for measures in `vector_measures`.
    """

    name: str
    model_sha256: str
    widths: dict[str, int]
    means: dict[str, NDArray[np.float32]]
    maps: dict[str, NDArray[np.float32]]
    axes: dict[str, NDArray[np.float32]]

    def prepare(self, measure: str, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features as they are compared: centred and whitened where the measure is, of unit length; shape (..., width)."""
        mean = self.means.get(measure)
        prepared = reduction.unit(features) if mean is None else reduction.centre(features, mean)
        return reduction.project(prepared, self.maps[measure]) if measure in self.maps else prepared


def document_key(name: str) -> str:
    """Where a basis is described."""
    return f"{BASES}/{name}.json"


def open_basis(volume: Storage, name: str, document: Mapping[str, Any]) -> Basis:
    """A basis from its document; its objects must have been checked."""

    def arrays(kind: str, names: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        return {one: np.load(volume.local_path(f"{BASES}/{name}.{one}.{kind}.npy")) for one in names}

    return Basis(
        name,
        document["model_sha256"],
        document["widths"],
        arrays("mean", centred_measures()),
        arrays("map", [one for one in centred_measures() if f"{one}.map.npy" in document["objects"]]),
        arrays("axes", vector_measures()),
    )


def check_objects(volume: Storage, name: str, document: Mapping[str, Any]) -> None:
    """Do nothing if the arrays of a basis are what was stored; errors as `objects.check_object`."""
    for suffix, sha256 in document["objects"].items():
        objects.check_object(volume, f"{BASES}/{name}.{suffix}", sha256)
