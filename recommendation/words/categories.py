"""What the networks' categories are called: their synonyms and broader terms, from WordNet."""

from functools import cache
from importlib import resources
from typing import NamedTuple

from recommendation.words.tokens import words_of

#: Read through the package, for on a cluster's workers that is an archive.
LIST = resources.files("recommendation.words").joinpath("imagenet.txt")


class Called(NamedTuple):
    """The words of a category: of its synonyms, and of broader terms that are not among these."""

    names: tuple[str, ...]
    broader: tuple[str, ...]


def called(category: str) -> Called:
    """What a category is called; one of another network than ImageNet's by its own words alone."""
    return dictionary().get(category) or Called(tuple(dict.fromkeys(words_of(category))), ())


@cache
def dictionary() -> dict[str, Called]:
    """The words of each category of ImageNet, by its first synonym; the two cranes are one, as in the labels."""
    found: dict[str, Called] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        names, _, broader = line.partition(" < ")
        own, others = (tuple(dict.fromkeys(words_of(part))) for part in (names, broader))
        first = names.partition(",")[0].strip()
        earlier = found.get(first, Called((), ()))
        names_ = tuple(dict.fromkeys((*earlier.names, *own)))
        found[first] = Called(names_, tuple(word for word in (*earlier.broader, *others) if word not in names_))
    return found
