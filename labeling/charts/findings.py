"""Sentences that say what a chart shows, as its title does. Pure functions of counts."""

from collections.abc import Sequence

Total = tuple[str, int]
"""A value, and how many pictures have it."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: Shares that people say as a fraction, and how far from it they still do.
FRACTIONS = (
    *((1 / 4, "One of four"), (1 / 3, "One of three"), (1 / 2, "Half of all"), (2 / 3, "Two of three")),
    *((3 / 4, "Three of four"), (4 / 5, "Four of five"), (9 / 10, "Nine of ten")),
)
NEAR, ALMOST = 0.02, 0.99
FEW = 20  # pictures; of so few numbers say more than shares


def of_pictures(number: int, total: int, noun: str = "pictures") -> str:
    """E.g. ``Three of four pictures``, ``All 5 pictures``, ``38 % of the pictures``."""
    if number >= total:
        return f"All {total:,} {noun}" if total > 1 else f"The only {noun.removesuffix('s')}"
    if total <= FEW:
        return f"{number} of {total} {noun}"
    share = number / total
    if share > ALMOST:
        return f"Almost all {noun}"
    nearest, words = min(FRACTIONS, key=lambda one: abs(one[0] - share))
    return (
        f"{words} {noun}"
        if abs(nearest - share) <= NEAR
        else f"{max(share, 0.01):.0%} of the {noun}".replace("%", " %")
    )


def is_one(number: int, total: int) -> bool:
    """Whether what `of_pictures` says takes the verb of one thing."""
    return number == total == 1 or (number == 1 and total <= FEW) or of_pictures(number, total).startswith("One of")


def verb(number: int, total: int, one: str, many: str) -> str:
    """The verb after `of_pictures`, such as `is` or `are`."""
    return one if is_one(number, total) else many


def is_are(number: int, total: int) -> str:
    """The verb of what they are."""
    return verb(number, total, "is", "are")


def has_have(number: int, total: int) -> str:
    """The verb of what they have."""
    return verb(number, total, "has", "have")


def leaders(some: Sequence[Total]) -> list[str]:
    """The values that no other has more pictures than; values in any order."""
    most = max(number for _, number in some)
    return [value for value, number in some if number == most]


def in_words(number: int) -> str:
    """Small numbers in words."""
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def listed(texts: Sequence[str]) -> str:
    """E.g. ``grey, black and white``."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]


def middle(totals: Sequence[Total]) -> str:
    """The class of numbers in which the median is; classes in their order."""
    half, passed = sum(number for _, number in totals) / 2, 0
    for value, number in totals:
        passed += number
        if passed >= half:
            return value
    raise ValueError("expected a class with pictures, got none")


def share_from(totals: Sequence[Total], edge: float) -> int:
    """How many are in classes from a lower edge on."""
    return sum(number for value, number in totals if float(value) >= edge)
