"""Networks on the volume: kept by hash, checked before they run, one of them chosen."""

import pytest

from shared.errors import CannotProceedError
from shared.models import store
from shared.models.session import embedder
from shared.models.store import Model, ModelChoice
from shared.storage import LocalStorage
from tests.bits import flip_bit

BARE = Model("", "small", "0" * 64, "fp32", "", 32, 16, "small.onnx", "MIT", ("cat", "dog"))


@pytest.fixture
def saved(volume: LocalStorage) -> Model:
    return store.save_model(volume, b"network", BARE)


def test_a_network_is_kept_under_its_hash(volume: LocalStorage, saved: Model) -> None:
    assert saved == BARE._replace(sha256=saved.sha256, fp32_sha256=saved.sha256)
    assert store.model_path(volume, saved.sha256).read_bytes() == b"network"
    assert store.load_model(volume, saved.sha256) == saved
    assert store.installed_models(volume) == [saved]


def test_a_copy_remembers_the_network_it_was_made_from(volume: LocalStorage, saved: Model) -> None:
    copy = store.save_model(volume, b"copy", saved._replace(precision="int8"))
    assert (copy.name, copy.fp32_sha256) == ("small int8", saved.sha256)


def test_the_volume_has_no_model_before_one_is_chosen(volume: LocalStorage) -> None:
    assert store.read_choices(volume) == []
    with pytest.raises(CannotProceedError, match=r"there is no model on .*run `imagerec embedding` first"):
        store.current(volume)


def test_the_chosen_model_is_the_current_one(volume: LocalStorage, saved: Model) -> None:
    store.choose(volume, ModelChoice(saved.sha256, settled=True, reason="why"))
    assert store.read_choices(volume) == [ModelChoice(saved.sha256, settled=True, reason="why")]
    assert store.current(volume) == [saved]


@pytest.mark.parametrize(
    ("settled", "wanted", "stands"),
    [(True, "auto", True), (False, "auto", False), (True, "fp32", True), (True, "int8", False)],
)
def test_a_choice_stands_until_something_else_is_asked_for(
    volume: LocalStorage, saved: Model, settled: bool, wanted: str, stands: bool
) -> None:
    choice = ModelChoice(saved.sha256, settled=settled, reason="")
    store.choose(volume, choice)
    assert store.kept_choice(volume, saved, wanted) == (choice if stands else None)
    assert store.kept_choice(volume, saved._replace(sha256="another"), wanted) is None


def test_a_choice_whose_network_is_gone_does_not_stand(volume: LocalStorage, saved: Model) -> None:
    store.choose(volume, ModelChoice(saved.sha256, settled=True, reason=""))
    store.model_path(volume, saved.sha256).unlink()
    assert store.kept_choice(volume, saved, "auto") is None


def test_one_flipped_bit_is_found_before_the_network_runs(volume: LocalStorage, saved: Model) -> None:
    path = store.model_path(volume, saved.sha256)
    path.write_bytes(flip_bit(path.read_bytes(), 40))
    with pytest.raises(CannotProceedError, match=rf"{path} is damaged .*delete it and run `imagerec embedding`"):
        embedder(path, saved.sha256)


def test_a_missing_network_is_named(volume: LocalStorage) -> None:
    path = store.model_path(volume, "0" * 64)
    with pytest.raises(CannotProceedError, match=f"{path} cannot be read"):
        embedder(path, "0" * 64)


@pytest.mark.parametrize("name", ["CURRENT.json", "description"])
def test_a_damaged_description_is_named(volume: LocalStorage, saved: Model, name: str) -> None:
    store.choose(volume, ModelChoice(saved.sha256, settled=True, reason=""))
    file = (
        store.choice_path(volume)
        if name == "CURRENT.json"
        else store.model_path(volume, saved.sha256).with_suffix(".json")
    )
    file.write_text("{")
    with pytest.raises(CannotProceedError, match=f"{file} is damaged"):
        store.current(volume)
