"""Charts of what pictures are named with or by: kinds, colours, tags, cameras, licences, sources, reasons of failures."""

from collections.abc import Sequence

from labeling.charts import findings
from labeling.charts.bars import Bars, Donut, plain
from labeling.charts.chart import Chart, Collection, table
from labeling.charts.findings import Total, is_are, of_pictures
from labeling.charts.words import Cloud, is_word
from shared.drawing import style
from shared.pictures.color_names import COLOR_NAMES

MOST_BARS, MOST_COLORS, MOST_WORDS, MOST_NAMED = 12, 24, 80, 3
LEAST_SHARE = 0.03  # of a segment of a donut; smaller ones are joined


def orientation(of: Collection) -> Chart:
    """Landscape, portrait, square."""
    some = of.kind("orientation")
    value, number = some[0]
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} {value}"
    return bars("orientation", title, some, of.n, "Orientation")


def size(of: Collection) -> Chart:
    """Thumbnail, medium, large."""
    some = of.kind("size_category")
    value, number = some[0]
    name = {"thumbnail": "thumbnails"}.get(value, f"of {value} size") if of.n > 1 else f"of {value} size"
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} {name}"
    return bars("size", title, some, of.n, "Size category, from the number of pixels")


def file_format(of: Collection) -> Chart | None:
    """Formats as a donut."""
    some = joined(of.kind("format"), of.n)
    if len(some) < 2:
        return None
    value, number = some[0]
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} {value}"
    kind = Donut([one for one, _ in some], [number for _, number in some], f"{of.n:,}\npictures")
    return Chart("format", title, "File format", kind, table(some))


def joined(some: Sequence[Total], n: int) -> list[Total]:
    """Totals, those under LEAST_SHARE as one; what is left for the palette's colours."""
    large = [one for one in some if one[1] >= LEAST_SHARE * n][: len(style.PALETTE) - 1]
    rest = some[len(large) :]
    if len(rest) == 1:
        return [*large, *rest]
    return [*large, (f"{len(rest)} others", sum(number for _, number in rest))] if rest else large


def colors(of: Collection) -> Chart:
    """Names of colours, each bar in its colour."""
    some = of.kind("color")[:MOST_COLORS]
    first = [value for value, _ in some[:3]]
    title = f"{findings.listed(first).capitalize()} {'are the most common colours' if len(first) > 1 else 'is the only colour'}"
    kind = Bars(
        [value for value, _ in some],
        [number for _, number in some],
        of.n,
        [style.to_hex(COLOR_NAMES[value]) for value, _ in some],
        "pictures that have the colour among their 3 to 5 predominant ones",
    )
    return Chart("colors", title, extent(len(some), len(of.kind("color")), "colour names"), kind, table(some))


def tags(of: Collection) -> Chart | None:
    """Most common tags."""
    return ranking("tags", "tag", "The most common tag is {}, of {} pictures", "tags", of)


def tag_cloud(of: Collection) -> Chart | None:
    """Tags as a cloud of words."""
    some = [one for one in of.kind("tag") if is_word(one[0])][:MOST_WORDS]
    if len(some) < 3:
        return None
    title = f"{findings.in_words(len(of.kind('tag'))).capitalize()} different tags"
    return Chart("tag_cloud", title, "The larger, the more pictures have the tag", Cloud(some), table(some))


def cameras(of: Collection) -> Chart | None:
    """Most common cameras."""
    return ranking("cameras", "camera", "{} took the most pictures, {}", "cameras", of)


def licenses(of: Collection) -> Chart | None:
    """Licences as the sources state them, and how many pictures have none."""
    known = of.kind("license")
    if not known:
        return None
    unknown = of.n - sum(number for _, number in known)
    some = [*known[: MOST_BARS - 1], *([("not stated", unknown)] if unknown else [])]
    value, number = known[0]
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} under {value}"
    return bars("licenses", title, some, of.n, "Licence as the source states it")


def authors(of: Collection) -> Chart | None:
    """Authors with the most pictures."""
    return ranking("authors", "author", "{} made the most pictures, {}", "authors", of)


def sources(of: Collection) -> Chart | None:
    """Files of each source."""
    some = of.kind("source")
    if len(some) < 2:
        return None
    n_files = sum(number for _, number in some)
    value, number = some[0]
    title = f"{of_pictures(number, n_files, 'files')} {is_are(number, n_files)} from {short(value)}"
    shown = [(short(value), number) for value, number in some[:MOST_BARS]]
    return bars("sources", title, shown, n_files, "Source that lists the file", "files")


def failures(of: Collection) -> Chart | None:
    """Reasons why files could not be used."""
    some = [(value.replace("_", " "), number) for value, number in of.kind("failure")]
    if not some:
        return None
    n_failed = sum(number for _, number in some)
    files = f"{n_failed:,} file{'s' if n_failed > 1 else ''}"
    title = (
        f"{files} could not be used, most often: {some[0][0]}"
        if len(some) > 1
        else f"{files} could not be used: {some[0][0]}"
    )
    return bars("failures", title, some[:MOST_BARS], n_failed, "Reason why a file could not be used", "files")


def ranking(name: str, kind: str, title: str, noun: str, of: Collection) -> Chart | None:
    """The most common values of a kind; nothing where there are fewer than two."""
    some = of.kind(kind)
    if len(some) < 2:
        return None
    first, number = findings.leaders(some), some[0][1]
    finding = title.format(first[0], f"{number:,}") if len(first) == 1 else tied(noun, first, number)
    note = extent(min(len(some), MOST_BARS), len(some), noun)
    return bars(name, finding, some[:MOST_BARS], of.n, note)


def extent(shown: int, there: int, noun: str) -> str:
    """How many of how many values are shown."""
    return f"The {shown} most common of {there:,} {noun}" if shown < there else f"All {there} {noun}"


def tied(noun: str, first: Sequence[str], number: int) -> str:
    """The title of a ranking that has more than one first."""
    pictures = f"{number:,} picture{'s' if number > 1 else ''}"
    if len(first) > MOST_NAMED:
        return f"{findings.in_words(len(first)).capitalize()} {noun} share the first place, with {pictures} each"
    return f"{findings.listed(first)} come first, with {pictures} each"


def bars(name: str, title: str, some: Sequence[Total], n: int, note: str, axis: str = "pictures") -> Chart:
    """A chart of bars in one colour."""
    kind = Bars([value for value, _ in some], [number for _, number in some], n, plain(len(some)), axis)
    return Chart(name, title, note, kind, table(some))


def short(source: str) -> str:
    """A source by the last part of its path."""
    return source.rstrip("/").rsplit("/", 1)[-1] or source
