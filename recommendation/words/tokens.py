"""Texts as words that can be compared: without case, accents and English plurals."""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 40  # characters of a word that count
WORD = re.compile(r"[^\W_]+")
#: Chinese, Japanese and Korean, which are written without blanks: such a text is compared by pairs of letters.
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
IRREGULAR = {
    "men": "man",
    "women": "woman",
    "people": "person",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "buses": "bus",
    "mice": "mouse",
    "leaves": "leaf",
    "knives": "knife",
    "wolves": "wolf",
    "shelves": "shelf",
}
#: Endings of plurals, and what they become; the first that fits counts, and one that becomes itself is none.
PLURALS = (
    *(("eies", "eies"), ("aies", "aies"), ("ies", "y")),
    *(("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"), ("zzes", "zz")),
    *(("us", "us"), ("ss", "ss"), ("is", "is"), ("s", "")),
)
LEAST = 4  # letters of a word that can be a plural


def words_of(text: str) -> list[str]:
    """The words of a text, in their order, as they are compared."""
    return [stem(word[:LONGEST]) for found in WORD.findall(fold(text)) for word in pieces(found)]


def words_of_name(name: str) -> list[str]:
    """The words of a file name without its extension; ``GoldenGate_02.jpg`` has golden, gate and 02."""
    return words_of(HUMP.sub(" ", name.rpartition(".")[0] or name))


def fold(text: str) -> str:
    """The text without case and accents. Source: Unicode Standard Annex 15 (NFKD)."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", plain).casefold()


def pieces(word: str) -> Iterator[str]:
    """The word itself, or the pairs of letters of what is written without blanks."""
    for part in UNSPACED.findall(word):
        is_spaced = len(part) < 3 or not UNSPACED_START.match(part)
        yield from [part] if is_spaced else (part[place : place + 2] for place in range(len(part) - 1))


UNSPACED_START = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def stem(word: str) -> str:
    """The singular of an English plural, other words as they are.

    Source: after Harman 1991, "How effective is suffixing?" (the S stemmer), with -es after hissing sounds taken off whole.
    """
    if len(word) < LEAST:
        return IRREGULAR.get(word, word)
    if word in IRREGULAR:
        return IRREGULAR[word]
    return next((word.removesuffix(end) + singular for end, singular in PLURALS if word.endswith(end)), word)
