"""Damage to anything that is loaded is noticed, and the file is named."""

from shared.models import store
from shared.models.store import Model, ModelChoice
from shared.storage import LocalStorage
from tests.chaos.parts import damage, publish

BARE = Model("", "drawn", "origin", "fp32", "", 224, 1280, "", "MIT", ("fish", "bird"))


def test_a_thousand_damages_and_none_is_silent(volume: LocalStorage) -> None:
    volume.root.mkdir()
    for step in publish.STEPS:
        step(volume, publish.FIRST)
    store.choose(
        volume, ModelChoice(store.save_model(volume, bytes(5000), BARE).sha256, settled=True, reason="it is drawn")
    )
    *lost, summary = damage.flip_everywhere(volume, 1000, seed=1)
    assert lost == []
    assert summary.startswith("damaged 1000 times")
