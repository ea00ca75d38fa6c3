"""An answer as a table for people: aligned by the cells that a terminal shows, and cut to its width."""

from collections.abc import Iterable, Mapping

from recommendation.search.answer import Answer, Item
from recommendation.search.weights import DEFAULT
from shared.command.cli import printable
from shared.storage import locations

ELLIPSIS = "…"
LONGEST_AUTHOR = 30  # cells; `--json` has all of it, and the credit line
SHORTEST_NAME = 16  # cells; a narrower terminal wraps its lines


def table_lines(content: Answer, weights: Mapping[str, float], width: int | None = None) -> Iterable[str]:
    """An answer for people: for each measure, the default one first, score, location, licence and author.

    Args:
        weights: what the default measure is the sum of.
        width: cells of the terminal: long locations are shortened in their middle and are links to their files; None for a
            file or a pipe, which get them whole.
    """
    items = [item for found in content["results"].values() for item in found]
    rights_cells = max((cells(rights_of(item)) for item in items), default=0)
    longest = max((cells(printable(item["location"])) for item in items), default=0)
    most = longest if width is None else min(longest, max(SHORTEST_NAME, width - len("  99  0.000    ") - rights_cells))
    for measure, found in content["results"].items():
        yield f"{measure} = {sum_text(weights)}" if measure == DEFAULT else measure
        for item in found:
            text = f"  {item['rank']:>2}  {item['score']:.3f}  {name_cell(item, most, is_link=width is not None)}"
            yield f"{text}  {rights_of(item)}".rstrip()
        yield ""
    yield from word_lines(content.get("words"))
    yield f"{content['seconds']:.3f} s, generation {content['generation']}, model {content['model']}"


def rights_of(item: Item) -> str:
    """A picture's licence and author."""
    return ", ".join(filter(None, (printable(item["license"]), shorten(printable(item["author"]), LONGEST_AUTHOR))))


def word_lines(words: Mapping[str, int] | None) -> Iterable[str]:
    """Which words of the text no picture has."""
    if words is None:
        return
    missing = [printable(word) for word, count in words.items() if not count]
    if missing:
        yield f"no picture has the word{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    elif not words:
        yield "the text has no word"


def name_cell(item: Item, width: int, *, is_link: bool) -> str:
    """A picture's location in exactly `width` cells."""
    text = shorten(printable(item["location"]), width)
    padding = " " * (width - cells(text))
    path = locations.decode(item["location"])
    return (link(text, path.as_uri()) if is_link and path.is_absolute() else text) + padding


def link(text: str, uri: str) -> str:
    """A text that terminals open; those that cannot show the text alone.

    Source: the OSC 8 convention of terminal emulators.
    """
    return f"\x1b]8;;{uri}\x1b\\{text}\x1b]8;;\x1b\\"


def shorten(text: str, width: int) -> str:
    """The text in at most `width` cells; what does not fit is left out in its middle, for names end in what tells them apart."""
    if cells(text) <= width:
        return text
    head, tail = "", ""
    for left, right in zip(text, reversed(text), strict=True):
        if cells(head + tail + right + ELLIPSIS) > width:
            break
        tail = right + tail
        if cells(head + left + tail + ELLIPSIS) > width:
            break
        head += left
    return head + ELLIPSIS + tail


def cells(text: str) -> int:
    """How many cells of a terminal a printable text takes: none for combining marks, two for wide letters."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # its tables take 20 ms to load

    return max(0, int(wcswidth(text)))


def sum_text(weights: Mapping[str, float]) -> str:
    """A weighted sum of measures for people: ``0.75 embedding + 0.25 color``."""
    return " + ".join(name if weight == 1 else f"{weight:g} {name}" for name, weight in weights.items())
