"""Fixtures of the tests about networks."""

import hashlib

import pytest

from embedding.networks import installation, selection
from embedding.networks.registry import MOBILENETV2, REGISTRY, Network
from tests.embedding.networks.networks import NAMES, SIDE_PX
from tests.embedding.networks.small_zoo import BODY


@pytest.fixture
def small_zoo(monkeypatch: pytest.MonkeyPatch) -> Network:
    """A registry whose MobileNetV2 is a small network that tests can serve."""
    card = MOBILENETV2.card._replace(side_px=SIDE_PX)
    small = MOBILENETV2._replace(sha256=hashlib.sha256(BODY).hexdigest(), size_bytes=len(BODY), card=card)
    monkeypatch.setattr(selection, "MOBILENETV2", small)
    monkeypatch.setitem(REGISTRY, small.name, small)
    monkeypatch.setattr(installation, "imagenet_categories", lambda: NAMES)
    return small
