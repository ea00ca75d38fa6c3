"""Bringing the network that was asked for onto the volume, once."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from embedding.networks.installation import resolve
from embedding.networks.registry import EFFICIENTNET_LITE0, Network, by_hand_path
from shared.errors import CannotProceedError, UsageError
from shared.models import store
from shared.models.session import embedder
from shared.models.store import Model
from shared.storage import LocalStorage
from tests.embedding.networks.networks import NAMES, SIDE_PX, noise, write_network, zoo_like
from tests.embedding.networks.small_zoo import BODY, NOWHERE, PATH
from tests.embedding.networks.web import Reply, serving


def test_the_zoos_network_is_fetched_once_and_kept_by_hash(volume: LocalStorage, small_zoo: Network) -> None:
    with serving({PATH: Reply(BODY)}) as address:
        model = resolve(volume, "mobilenetv2", f"{address}/")
    assert model == resolve(volume, "mobilenetv2", NOWHERE)
    assert (model.network, model.origin, model.vector_length) == ("mobilenetv2", small_zoo.sha256, 16)
    assert store.model_path(volume, model.sha256).is_file()


def test_the_zoos_network_may_be_put_on_the_volume_by_hand(volume: LocalStorage, small_zoo: Network) -> None:
    path = by_hand_path(volume, small_zoo)
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert resolve(volume, "mobilenetv2", NOWHERE).origin == small_zoo.sha256


def test_another_file_put_there_by_hand_is_refused(volume: LocalStorage, small_zoo: Network) -> None:
    path = by_hand_path(volume, small_zoo)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(CannotProceedError, match=rf"{path} is not the expected file: .* delete it and try again"):
        resolve(volume, "mobilenetv2", NOWHERE)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(b"x" * len(BODY)), "is not the expected file"),
        (Reply(BODY[:100], claimed=len(BODY)), "the connection was cut"),
        (Reply(status=503), "503"),
    ],
)
def test_a_network_that_cannot_be_had_is_one_sentence_with_a_way_out(
    volume: LocalStorage, small_zoo: Network, reply: Reply, message: str
) -> None:
    with serving({PATH: reply}) as address, pytest.raises(CannotProceedError, match=message) as caught:
        resolve(volume, "mobilenetv2", address)
    assert str(caught.value).endswith(
        f"use --model efficientnet-lite0, which is installed, or put the file at {by_hand_path(volume, small_zoo)}"
    )
    assert store.installed_models(volume) == []


def test_a_file_of_ones_own_needs_a_card_and_nothing_else(volume: LocalStorage, tmp_path: Path) -> None:
    path = write_network(tmp_path, license="MIT")
    model = resolve(volume, str(path), NOWHERE)
    assert model == Model(
        sha256=model.sha256,
        network="small",
        origin=model.origin,
        precision="fp32",
        fp32_sha256=model.sha256,
        side_px=SIDE_PX,
        vector_length=16,
        source="small.onnx",
        license="MIT",
        categories=NAMES,
    )
    network = embedder(store.model_path(volume, model.sha256), model.sha256)
    vectors, probabilities = network.embed(noise(3))
    assert (network.side_px, vectors.shape) == (SIDE_PX, (3, 16))
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(3))


def test_another_card_makes_another_model(volume: LocalStorage, tmp_path: Path) -> None:
    first = resolve(volume, str(write_network(tmp_path)), NOWHERE)
    second = resolve(volume, str(write_network(tmp_path, scale=1.0)), NOWHERE)
    assert first.sha256 != second.sha256


def test_what_does_not_fit_its_card_is_refused(volume: LocalStorage, tmp_path: Path) -> None:
    path = write_network(tmp_path, side_px=48)
    with pytest.raises(UsageError, match=r"the network small does not run as its card says: .*"):
        resolve(volume, str(path), NOWHERE)
    path = write_network(tmp_path)
    (tmp_path / "names.txt").write_text("cat\n")
    with pytest.raises(UsageError, match=r"expected one score for each of the 1 categories on the card, got 5"):
        resolve(volume, str(path), NOWHERE)
    with pytest.raises(UsageError, match=r"expected a card at .*other\.card\.json"):
        resolve(volume, str(path.rename(tmp_path / "other.onnx")), NOWHERE)
    assert store.installed_models(volume) == []


def test_numbers_that_are_not_finite_are_found_at_once(volume: LocalStorage, tmp_path: Path) -> None:
    path = write_network(tmp_path, scale=1e37)
    with pytest.raises(UsageError, match="expected finite numbers from the network"):
        resolve(volume, str(path), NOWHERE)


def test_what_is_no_network_is_refused(volume: LocalStorage, tmp_path: Path) -> None:
    path = write_network(tmp_path)
    path.write_bytes(b"\x89PNG")
    with pytest.raises(UsageError, match=rf"expected an ONNX file at {path}"):
        resolve(volume, str(path), NOWHERE)


def test_the_packaged_network_names_its_categories(volume: LocalStorage) -> None:
    model = resolve(volume, EFFICIENTNET_LITE0.name, NOWHERE)
    assert (model.vector_length, model.side_px, len(model.categories)) == (1280, 224, 1000)
    assert (model.categories[0], model.categories[207], model.categories[999]) == (
        "tench",
        "golden retriever",
        "toilet tissue",
    )


def with_external_data(folder: Path, location: str = "weights.bin", seed: int = 0) -> Path:
    """A network whose tensors are in a file of their own."""
    path = write_network(folder)
    onnx.save(zoo_like(seed), path, save_as_external_data=True, location=location, size_threshold=0)
    return path


def test_external_data_belongs_to_the_identity_of_a_network(volume: LocalStorage, tmp_path: Path) -> None:
    path = with_external_data(tmp_path)
    first = resolve(volume, str(path))
    assert resolve(volume, str(path)) == first
    graph = path.read_bytes()
    (tmp_path / "weights.bin").unlink()
    assert with_external_data(tmp_path, seed=1).read_bytes() == graph
    second = resolve(volume, str(path))
    assert (second.origin != first.origin, second.sha256 != first.sha256) == (True, True)


def test_external_data_that_is_missing_or_elsewhere_is_refused(volume: LocalStorage, tmp_path: Path) -> None:
    path = with_external_data(tmp_path / "model")
    (tmp_path / "model" / "weights.bin").rename(tmp_path / "weights.bin")
    with pytest.raises(UsageError, match=r"--model: expected the external data of .*weights\.bin"):
        resolve(volume, str(path))
    (tmp_path / "model" / "weights.bin").symlink_to(tmp_path / "weights.bin")
    with pytest.raises(UsageError, match=r"expected a file in the folder of .*weights\.bin"):
        resolve(volume, str(path))
