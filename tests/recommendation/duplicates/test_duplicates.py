"""Copies: proposed by bits and vectors, verified pixel by pixel, grouped with a picture to keep; drawn pictures throughout."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.duplicates import candidates, edges, signature
from recommendation.duplicates.edges import Edge, Edges
from recommendation.duplicates.grouping import groups_of
from recommendation.duplicates.signature import Signature
from recommendation.duplicates.verification import KINDS, verify
from shared.people.store import DecisionStore
from shared.pictures.features.hashes import perceptual_hashes
from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.pixels import resize
from shared.storage import LocalStorage

RGB = NDArray[np.uint8]


def drawn(seed: int) -> RGB:
    """Coloured rectangles on a coloured ground, 240 x 180 px."""
    dice = np.random.default_rng(seed)
    picture = np.full((180, 240, 3), dice.integers(40, 216, 3), np.uint8)
    for _ in range(25):
        top, left = dice.integers(0, 160), dice.integers(0, 220)
        picture[top : top + dice.integers(10, 70), left : left + dice.integers(10, 80)] = dice.integers(0, 256, 3)
    return picture


def framed(rgb: RGB) -> RGB:
    return np.pad(rgb, ((12, 12), (12, 12), (0, 0)), constant_values=250)


COPIES: dict[str, Any] = {
    "near": lambda rgb: resize(rgb, 120, 90),
    "mirrored": lambda rgb: rgb[:, ::-1],
    "rotated": np.rot90,
    "cropped": lambda rgb: rgb[20:170, 25:225],
    "framed": framed,
}


def seen(rgb: RGB) -> Signature:
    return signature.decode(signature.encode(np.ascontiguousarray(rgb)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_a_copy_is_recognised_with_what_was_done_to_it(kind: str, seed: int) -> None:
    original = drawn(seed)
    found = verify(seen(original), seen(COPIES[kind](original)))
    assert found is not None
    assert KINDS[found.kind] == kind
    assert found.is_part == {"cropped": 1, "framed": -1}.get(kind, 0)
    back = verify(seen(COPIES[kind](original)), seen(original))
    assert back is not None
    assert back.is_part == -found.is_part


def test_a_brighter_picture_is_a_copy_and_a_recoloured_one_is_not() -> None:
    original = drawn(1)
    brighter = np.clip(original * 1.2, 0, 255).astype(np.uint8)
    assert verify(seen(original), seen(brighter)) is not None
    assert verify(seen(original), seen(original[..., ::-1])) is None


def test_different_pictures_and_pictures_without_contrast_are_no_copies() -> None:
    assert [verify(seen(drawn(0)), seen(drawn(seed))) for seed in range(1, 9)] == [None] * 8
    plain = np.full((50, 50, 3), 90, np.uint8)
    assert verify(seen(plain), seen(plain)) is None


def hashes(*pictures: RGB) -> NDArray[np.uint8]:
    return np.stack([perceptual_hashes(Thumbnail(np.ascontiguousarray(one))) for one in pictures])


@pytest.mark.parametrize("symmetry", range(8))
def test_bits_turn_as_pictures_do(symmetry: int) -> None:
    original = drawn(3)
    mirrored = original[:, ::-1] if symmetry >= 4 else original
    found = hashes(original, np.rot90(mirrored, symmetry % 4), drawn(4))
    is_new = np.array([True, False, False])
    entries = candidates.entries_of(found, np.arange(3), is_new)
    assert [0, 1] in candidates.pairs_of_bands(entries).tolist()


def test_only_pairs_with_a_new_picture_are_compared() -> None:
    pairs = np.array([[0, 1], [1, 2], [0, 3]])
    assert candidates.has_new(pairs, np.array([False, False, True, False])).tolist() == [[1, 2]]


def test_neighbours_are_the_nearest_of_all_shards() -> None:
    dice = np.random.default_rng(1)
    vectors = dice.standard_normal((40, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = candidates.neighbours(vectors[5:8], np.arange(5, 8), [(0, vectors[:30]), (30, vectors[30:])])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    expected = {
        (min(row, other), max(row, other))
        for row in (5, 6, 7)
        for other in np.argsort(-cosines[row])[: candidates.NEIGHBOURS].tolist()
        if cosines[row, other] >= candidates.LEAST_COSINE
    }
    assert {(left, right) for left, right in found.tolist()} == expected


def fact(**given: Any) -> dict[str, Any]:
    made = {"width_px": 100, "height_px": 100, "format": "JPEG", "sharpness": 1.0, "has_exif": False, "size_bytes": 9}
    name = given.pop("filename", "a.jpg")
    return {**made, "filename": name, "locations": [(f"/{name}", name)], **given}


@pytest.mark.parametrize(
    ("better", "reason"),
    [
        ({"width_px": 200}, "the largest: 200 x 100 px"),
        ({"format": "PNG"}, "the better format: PNG"),
        ({"has_exif": True}, "it has the camera's EXIF data"),
        ({"size_bytes": 20}, "the least compressed"),
        ({"sharpness": 2.0}, "the sharpest"),
        ({}, "as good as the others; the first by its merits and name"),
    ],
)
def test_the_better_picture_is_kept_and_the_reason_given(better: dict[str, Any], reason: str) -> None:
    facts = {"a": fact(filename="b.jpg"), "b": fact(filename="a.jpg", **better)}
    [group] = groups_of([Edge("a", "b", "near", 0.9, 0)], facts, frozenset())
    assert [one.image_id for one in group.members] == ["b", "a"]
    assert group.members[1] == ("a", "near", 0.9)
    assert group.reason == reason


@pytest.mark.parametrize(("kind", "is_part", "kept"), [("cropped", 1, "a"), ("cropped", -1, "b"), ("framed", -1, "a")])
def test_the_whole_picture_without_a_frame_is_kept_however_large_the_other_is(
    kind: str, is_part: int, kept: str
) -> None:
    facts = {"a": fact(), "b": fact(width_px=50)}
    facts["b" if kept == "a" else "a"]["width_px"] = 900
    [group] = groups_of([Edge("a", "b", kind, 0.9, is_part)], facts, frozenset())
    assert group.members[0].image_id == kept
    assert group.reason == "the whole picture, without a frame"


def test_pairs_become_groups_and_decisions_split_them() -> None:
    facts = {name: fact(filename=name) for name in "abcde"}
    pairs = [Edge("a", "b", "near", 0.9, 0), Edge("b", "c", "near", 0.9, 0), Edge("d", "e", "near", 0.9, 0)]
    assert [[one.image_id for one in group.members] for group in groups_of(pairs, facts, frozenset())] == [
        ["a", "b", "c"],
        ["d", "e"],
    ]
    split = groups_of(pairs, facts, {frozenset("bc"), frozenset("de")})
    assert [[one.image_id for one in group.members] for group in split] == [["a", "b"]]


def test_the_same_bytes_at_two_places_are_a_group() -> None:
    facts = {"a": fact(locations=[("/1.jpg", "1.jpg"), ("/2.jpg", "2.jpg")])}
    [group] = groups_of([], facts, frozenset())
    assert (group.members[0].image_id, group.reason) == ("a", "the same bytes everywhere")


def test_decisions_are_kept_whichever_picture_is_named_first(volume: LocalStorage) -> None:
    store = DecisionStore(volume)
    assert store.pairs() == frozenset()
    assert store.add([("b", "a"), ("c", "d")]) == 2
    assert store.add([("a", "b")]) == 0
    assert store.pairs() == {frozenset("ab"), frozenset("cd")}
    before = store.revision()
    assert store.remove([("a", "b")]) == 1
    assert store.pairs() == {frozenset("cd")}
    assert store.revision() > before


def test_pairs_are_stored_without_those_of_removed_pictures(volume: LocalStorage) -> None:
    ids = np.array([bytes([number] * 15 + [0]) for number in range(1, 5)], "S16")
    made = Edges(
        ids,
        ids[[0, 1]],
        ids[[1, 2]],
        np.array([0, 3], np.uint8),
        np.array([0.9, 0.8], np.float32),
        np.array([0, 1], np.int8),
    )
    assert edges.read(volume) is edges.NONE
    edges.write(volume, made)
    kept = edges.read(volume).kept(ids[:2])
    assert kept.compared.tolist() == ids[:2].tolist()
    assert kept.list() == [Edge("01" * 15 + "00", "02" * 15 + "00", "near", float(np.float32(0.9)), 0)]
    volume.put(edges.KEY, b"damaged")
    assert edges.read(volume) is edges.NONE
