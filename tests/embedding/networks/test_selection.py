"""Which networks the setting `--model` names."""

import hashlib
import logging
from pathlib import Path

import pytest

from embedding.networks import selection
from embedding.networks.installation import resolve
from embedding.networks.registry import Network, by_hand_path
from embedding.networks.selection import resolve_all, split_names
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.models.store import ModelChoice
from shared.storage import LocalStorage
from tests.embedding.networks.networks import write_network, zoo_like
from tests.embedding.networks.small_zoo import BODY, NOWHERE, PATH
from tests.embedding.networks.web import Reply, serving


def test_auto_takes_mobilenetv2_where_it_can_be_had(volume: LocalStorage, small_zoo: Network) -> None:
    with serving({PATH: Reply(BODY)}) as address:
        assert [one.network for one in resolve_all(volume, "auto", address)] == [small_zoo.name]


def test_auto_falls_back_aloud(volume: LocalStorage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        [model] = resolve_all(volume, "auto", NOWHERE)
    assert model.network == "efficientnet-lite0"
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        "mobilenetv2 cannot be fetched; using efficientnet-lite0, which is installed"
    ]


def test_auto_keeps_what_the_volume_has(volume: LocalStorage, tmp_path: Path, small_zoo: Network) -> None:
    own = resolve(volume, str(write_network(tmp_path)), NOWHERE)
    copy = store.save_model(volume, b"copy", own._replace(precision="int8"))
    store.choose(volume, ModelChoice(copy.sha256, settled=True, reason=""))
    with serving({PATH: Reply(BODY)}) as address:
        assert resolve_all(volume, "auto", address) == [own]
        assert resolve_all(volume, small_zoo.name, address) != [own]


def test_a_network_whose_file_is_gone_is_installed_again(volume: LocalStorage, small_zoo: Network) -> None:
    with serving({PATH: Reply(BODY)}) as address:
        model = resolve(volume, small_zoo.name, address)
        store.choose(volume, ModelChoice(model.sha256, settled=True, reason=""))
        store.model_path(volume, model.sha256).unlink()
        assert resolve_all(volume, "auto", address) == [model]
    assert store.model_path(volume, model.sha256).is_file()


def test_a_file_of_ones_own_that_is_gone_must_be_named_again(volume: LocalStorage, tmp_path: Path) -> None:
    model = resolve(volume, str(write_network(tmp_path)), NOWHERE)
    store.choose(volume, ModelChoice(model.sha256, settled=True, reason=""))
    path = store.model_path(volume, model.sha256)
    path.unlink()
    with pytest.raises(CannotProceedError, match=rf"{path} is gone; .* --model PATH of small\.onnx"):
        resolve_all(volume, "auto", NOWHERE)
    assert resolve(volume, str(tmp_path / "small.onnx"), NOWHERE) == model


def test_several_networks_come_in_the_order_of_their_names(volume: LocalStorage, tmp_path: Path) -> None:
    paths = [str(write_network(tmp_path / name, scale=scale)) for name, scale in (("a", 1 / 255), ("b", 0.01))]
    both = resolve_all(volume, "+".join(paths), NOWHERE)
    assert both == [resolve(volume, path, NOWHERE) for path in paths]
    assert resolve_all(volume, "+".join(reversed(paths)), NOWHERE) == both[::-1]


def test_a_path_may_have_a_plus(tmp_path: Path) -> None:
    path = str(write_network(tmp_path / "c++"))
    assert split_names(f"{path}+mobilenetv2+{path}") == [path, "mobilenetv2", path]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("resnet", "resnet"),
        ("mobilenetv2+resnet", "resnet"),
        ("auto+mobilenetv2", r"auto\+mobilenetv2"),
        ("mobilenetv2+", ""),
        ("", ""),
    ],
)
def test_what_is_no_network_is_refused(names: str, shown: str) -> None:
    expected = "auto, best, mobilenetv2, efficientnet-lite0, the path of an ONNX file, or several joined by"
    with pytest.raises(UsageError, match=rf"expected {expected} \+, got '{shown}'"):
        split_names(names)


def test_the_same_network_twice_is_refused(volume: LocalStorage, tmp_path: Path) -> None:
    path = str(write_network(tmp_path))
    with pytest.raises(UsageError, match="expected different networks"):
        resolve_all(volume, f"{path}+{path}", NOWHERE)


@pytest.fixture
def another(volume: LocalStorage, small_zoo: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    """What `best` takes besides the small zoo's network; its file is on the volume."""
    body = zoo_like(seed=1).SerializeToString()
    network = small_zoo._replace(name="another", file="another.onnx", sha256=hashlib.sha256(body).hexdigest())
    monkeypatch.setattr(selection, "TOGETHER", (network, small_zoo))
    path = by_hand_path(volume, network)
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    return network


def test_best_takes_both_networks_where_they_can_be_had(
    volume: LocalStorage, another: Network, small_zoo: Network
) -> None:
    with serving({PATH: Reply(BODY)}) as address:
        both = resolve_all(volume, "best", address)
    assert [one.network for one in both] == [another.name, small_zoo.name]
    assert resolve_all(volume, "best", NOWHERE) == both  # they are on the volume


def test_best_goes_on_without_a_network_aloud(
    volume: LocalStorage, another: Network, small_zoo: Network, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = resolve_all(volume, "best", NOWHERE)
    assert [one.network for one in found] == [another.name]
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        f"going on without the network {small_zoo.name}, which cannot be had"
    ]


def test_best_without_any_network_is_an_error(
    volume: LocalStorage, small_zoo: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "TOGETHER", (small_zoo,))
    with pytest.raises(CannotProceedError, match="cannot be fetched"):
        resolve_all(volume, "best", NOWHERE)
