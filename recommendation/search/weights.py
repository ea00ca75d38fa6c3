"""Weights of measures and least scores, from texts such as `embedding=0.7`."""

import re
from collections.abc import Mapping, Sequence

from recommendation.search.messages import MAX_SHOWN
from shared.errors import UsageError
from shared.pictures.measures import MEASURES

DEFAULT = "default"  # the name of the fused measure
TEXT = "text"  # the name of how well a picture's words fit
TEXT_SHARE = 0.5  # of the default measure of a query with pictures and a text
DECIMAL = re.compile(r"\d{1,3}(\.\d{1,9})?|\.\d{1,9}")


def parse_weights(texts: Sequence[str]) -> dict[str, float]:
    """Weights of measures, which sum to 1; empty where none is given.

    Raises:
        UsageError: a text is not MEASURE=NUMBER, a number is negative, or all are 0.
    """
    weights = named_numbers("weight", texts, (*MEASURES, TEXT))
    total = sum(weights.values())
    if texts and ("" in weights or total <= 0):
        raise UsageError(f"weight: expected MEASURE=NUMBER, one number above 0, got {', '.join(texts)[:MAX_SHOWN]}")
    return {name: weight / total for name, weight in weights.items() if weight}


def parse_min_scores(texts: Sequence[str]) -> dict[str, float]:
    """The least score by measure, and under the empty name that of all others; errors as `parse_weights`."""
    return named_numbers("min_score", texts, (DEFAULT, *MEASURES, TEXT))


def with_text(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of pictures, with room for that of a text."""
    return {**{name: (1 - TEXT_SHARE) * weight for name, weight in weights.items()}, TEXT: TEXT_SHARE}


def named_numbers(option: str, texts: Sequence[str], allowed: tuple[str, ...]) -> dict[str, float]:
    """Numbers of 0..1 by name, from texts NAME=NUMBER, or NUMBER for the empty name; errors as `parse_weights`."""
    found = dict[str, float]()
    for text in texts:
        name, _, number = text.rpartition("=")
        if name and name not in allowed:
            raise UsageError(f"{option}: expected a measure of {', '.join(allowed)}, got {name[:MAX_SHOWN]!r}")
        if not DECIMAL.fullmatch(number) or float(number) > 1:
            raise UsageError(f"{option}: expected MEASURE=NUMBER with a number of 0 to 1, got {text[:MAX_SHOWN]!r}")
        found[name] = float(number)
    return found
