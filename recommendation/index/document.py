"""The document of an index generation: typed definitions of what is stored and of what `GET /v1/status` answers."""

import sys
from typing import Any

if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
else:  # pydantic, which makes the OpenAPI schema of these, refuses the standard one there
    from typing import NotRequired

    from typing_extensions import TypedDict


class MeasureFacts(TypedDict):
    """How one measure is searched, and how well that finds; the lengths are those of vectors that were reduced."""

    dimensions: NotRequired[int]
    reduced_to: NotRequired[int]
    kept_share: NotRequired[float]
    search: str
    recall: float
    candidates: int
    search_k: int
    annoy_recall: float


class DefaultFacts(TypedDict):
    """What the default measure is the weighted sum of, and how that was chosen; see `FusionWeights`."""

    weights: dict[str, float]
    chosen_by: str
    precision_at_5: dict[str, float]
    agreement_at_5: dict[str, float]


class NetworkFacts(TypedDict):
    """One network; `weight` is its share in the squared length of a picture's embedding."""

    name: str
    sha256: str
    dimensions: int
    weight: float


class Described(TypedDict):
    """What a generation was made of and how well it finds; `whitening` says what was done to embeddings, and why.

    Names and SHA-256 of several networks are joined by `+`; older generations had one and no `networks`.
    """

    model: str
    model_sha256: str
    networks: NotRequired[list[NetworkFacts]]
    pictures: int
    settings: dict[str, int | float | str]
    measures: dict[str, MeasureFacts]
    default: DefaultFacts
    whitening: str
    basis: str


class GenerationDocument(Described):
    """The document as it is stored; each shard is a `ShardEntry`."""

    shards: list[dict[str, Any]]


class Timings(TypedDict):
    """Seconds that the build took, by step, and milliseconds that queries take, by measure and percentile."""

    build_s: dict[str, float]
    latency_ms: dict[str, dict[str, float]]


class Summary(Described):
    """The document for people: shards are counted, and timings added."""

    generation: str
    shards: int
    timings: Timings
