"""Words of texts, of categories and of pictures, and their ranking against BM25 written out."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedding.networks import registry
from recommendation.words.categories import called, dictionary
from recommendation.words.postings import Postings, decode, encode, make_postings
from recommendation.words.ranking import BY_LENGTH, SATURATION, rank
from recommendation.words.tokens import words_of, words_of_name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dogs on the BEACH!", ["dog", "on", "the", "beach"]),
        ("beaches, boxes & glasses", ["beach", "box", "glass"]),
        ("ponies horses buses women leaves", ["pony", "horse", "bus", "woman", "leaf"]),
        ("bus grass tennis gas", ["bus", "grass", "tennis", "gas"]),
        ("Caf\N{LATIN SMALL LETTER E WITH ACUTE} Z\N{LATIN SMALL LETTER U WITH DIAERESIS}rich", ["cafe", "zurich"]),
        ("Cafe\N{COMBINING ACUTE ACCENT} Stra\N{LATIN SMALL LETTER SHARP S}e", ["cafe", "strasse"]),
        ("\u6771\u4eac\u30bf\u30ef\u30fc", ["\u6771\u4eac", "\u4eac\u30bf", "\u30bf\u30ef", "\u30ef\u30fc"]),
        ("\u5c71", ["\u5c71"]),
        ("snake_case-and.dots", ["snake", "case", "and", "dot"]),
        ("  ...  ", []),
    ],
)
def test_texts_become_words_that_can_be_compared(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_file_name_has_words_without_its_extension() -> None:
    assert words_of_name("GoldenGateBridge_02.JPG") == ["golden", "gate", "bridge", "02"]
    assert words_of_name("readme") == ["readme"]


def test_a_category_is_called_by_its_synonyms_and_broader_terms() -> None:
    tabby = called("tabby")
    assert tabby.names == ("tabby", "cat")
    assert {"feline", "animal"} <= set(tabby.broader)
    assert not set(tabby.names) & set(tabby.broader)
    assert "airplane" in called("airliner").broader
    assert called("my own class").names == ("my", "own", "class")


def test_every_category_of_the_networks_has_its_words() -> None:
    lines = Path(registry.__file__).with_name("imagenet_labels.txt").read_text(encoding="utf-8").splitlines()
    assert set(dictionary()) == {line for line in lines if not line.startswith("#")}


ROWS: list[dict[str, Any]] = [
    {"tags": ["dog", "beach"], "title": "", "filename": "a.jpg", "categories": []},
    {"tags": [], "title": "A dog and a dog", "filename": "b.jpg", "categories": []},
    {"tags": [], "title": "", "filename": "beach_dog.jpg", "categories": []},
    {"tags": ["tree"], "title": "in the forest", "filename": "d.jpg", "categories": [("tabby", 0.5), ("lynx", 0.01)]},
    {"image_id": "removed"},
]
SHARDS = [make_postings(ROWS[:2]), make_postings(ROWS[2:])]
STARTS = np.array([0, 2, 5])


def weights(word: str) -> list[float]:
    """How much each picture has a word, as documented."""
    known: dict[str, list[float]] = {
        "dog": [1, 2, 0.5, 0, 0],
        "beach": [1, 0, 0.5, 0, 0],
        "cat": [0, 0, 0, 0.5, 0],
        "feline": [0, 0, 0, 0.25, 0],
        "lynx": [0] * 5,
    }
    return known[word]


def test_words_are_ranked_by_bm25() -> None:
    lengths = np.concatenate([one.lengths for one in SHARDS]) / 16
    norm = 1 - BY_LENGTH + BY_LENGTH * lengths / lengths.mean()
    expected, best = np.zeros(5), 0.0
    for word in ("dog", "beach"):
        times = np.array(weights(word))
        count = int((times > 0).sum())
        idf = math.log(1 + (5 - count + 0.5) / (count + 0.5))
        expected += idf * (SATURATION + 1) * times / (times + SATURATION * norm)
        best += idf
    found = rank("Dogs BEACH dog", SHARDS, STARTS)
    assert found.sums == pytest.approx(expected, rel=1e-5)
    assert found.scores == pytest.approx(np.minimum(1, expected / best), rel=1e-5)
    assert found.counts == {"dog": 3, "beach": 2}


@pytest.mark.parametrize("word", ["dog", "beach", "cat", "feline", "lynx"])
def test_a_word_counts_by_where_it_stands(word: str) -> None:
    found = np.zeros(5)
    for shard, start in zip(SHARDS, STARTS.tolist(), strict=False):
        rows, units = shard.find(word)
        found[start + rows.astype(np.int64)] = units / 16
    assert found.tolist() == weights(word)


def test_a_text_without_words_or_with_unknown_ones_fits_nothing() -> None:
    for text, counts in (("", {}), ("?!", {}), ("unicorn", {"unicorn": 0})):
        found = rank(text, SHARDS, STARTS)
        assert not found.sums.any()
        assert not found.scores.any()
        assert found.counts == counts


def test_stored_words_are_read_as_they_were() -> None:
    for made in (SHARDS[0], make_postings([])):
        data, places = encode(made)
        found = decode(np.frombuffer(data, np.uint8), places)
        for name in Postings._fields:
            np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
            assert getattr(found, name).dtype == getattr(made, name).dtype
    assert make_postings([]).find("dog")[0].tolist() == []
