"""Charts of numbers that are counted in classes: brightness, contrast, sizes, shapes and dates."""

from collections.abc import Callable, Sequence

from labeling import totals as counted
from labeling.charts import findings
from labeling.charts.bars import Columns, plain
from labeling.charts.chart import Chart, Collection, Maker, table
from labeling.charts.findings import Total, has_have, is_are, of_pictures
from shared.drawing import style

MOST_LABELS = 13  # columns that have room for a label each


def brightness(of: Collection) -> Chart | None:
    """Classes of lightness, each in its own grey."""
    some = classes(of.kind("brightness"), counted.LIGHTNESS)
    if of.n < 2:
        return None
    light = findings.share_from(some, 50)
    number, word = (light, "light") if 2 * light >= of.n else (of.n - light, "dark")
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} rather {word} than {'dark' if word == 'light' else 'light'}"
    grays = [style.to_hex([round(25 + 2.1 * (int(edge) + 2.5))] * 3) for edge, _ in some]
    labels = [edge if int(edge) % 10 == 0 else "" for edge, _ in some]
    kind = Columns(
        labels, [number for _, number in some], grays, ("mean lightness (CIELAB), 0 black, 100 white", "pictures")
    )
    return Chart("brightness", title, f"Brightness of {of.n:,} pictures", kind, table(some))


def sharpness(of: Collection) -> Chart | None:
    """Classes of sharpness."""
    some = trimmed(classes(of.kind("sharpness"), counted.SHARPNESS))
    if of.n < 2 or len(some) < 2:
        return None
    number = int(findings.middle(some))
    title = f"Half of the pictures have a sharpness below {number + 5}"
    axes = ("standard deviation of the Laplacian of lightness, 0 no edge", "pictures")
    kind = Columns([edge for edge, _ in some], [number for _, number in some], plain(len(some)), axes)
    return Chart("sharpness", title, f"Sharpness of {of.n:,} pictures", kind, table(some))


def contrast(of: Collection) -> Chart | None:
    """Classes of contrast."""
    some = classes(of.kind("contrast"), counted.CONTRAST)
    if of.n < 2:
        return None
    low = int(findings.middle(some))
    title = f"Half of the pictures have a contrast below {low + 5}"
    axes = ("standard deviation of lightness (CIELAB), 0 one shade", "pictures")
    kind = Columns([edge for edge, _ in some], [number for _, number in some], plain(len(some)), axes)
    return Chart("contrast", title, f"Contrast of {of.n:,} pictures", kind, table(some))


def megapixels(of: Collection) -> Chart | None:
    """Classes of resolution."""
    edges = [f"{edge:g}" for edge in counted.MEGAPIXELS]
    some = trimmed(classes(of.kind("megapixels"), counted.MEGAPIXELS))
    if of.n < 2 or len(some) < 2:
        return None
    value, number = max(some, key=lambda one: one[1])
    title = f"{of_pictures(number, of.n)} {has_have(number, of.n)} {span(edges, value, 'megapixels')}"
    labels = [span(edges, edge, "") for edge, _ in some]
    kind = Columns(labels, [number for _, number in some], plain(len(some)), ("megapixels", "pictures"))
    return Chart("megapixels", title, f"Resolution of {of.n:,} pictures", kind, table(some))


def file_size(of: Collection) -> Chart | None:
    """Classes of file sizes."""
    edges = [f"{edge:g}" for edge in counted.KIBIBYTES]
    some = trimmed(classes(of.kind("kibibytes"), counted.KIBIBYTES))
    n_known = sum(number for _, number in some)
    if n_known < 2 or len(some) < 2:
        return None
    value, number = max(some, key=lambda one: one[1])
    title = f"{of_pictures(number, n_known, 'files')} {has_have(number, n_known)} {span(edges, value, 'KiB')}"
    labels = [span(edges, edge, "") for edge, _ in some]
    kind = Columns(labels, [number for _, number in some], plain(len(some)), ("size of the file, KiB", "pictures"))
    return Chart("file_size", title, f"File sizes of {n_known:,} pictures", kind, table(some))


def shape(of: Collection) -> Chart | None:
    """Nearest common shape, longer to shorter side."""
    order = list(counted.SHAPES)
    some = sorted(of.kind("shape"), key=lambda one: order.index(one[0]))
    if len(some) < 2:
        return None
    value, number = max(some, key=lambda one: one[1])
    title = f"{of_pictures(number, of.n)} {is_are(number, of.n)} nearest to the shape {value}"
    axes = ("longer to shorter side, nearest of the common shapes", "pictures")
    kind = Columns([one for one, _ in some], [number for _, number in some], plain(len(some)), axes)
    return Chart("shape", title, f"Shapes of {of.n:,} pictures", kind, table(some))


def dates(kind: str, name: Callable[[str], str], when: Callable[[str], str], axis: str) -> Maker:
    """A maker of a chart of years, months or hours; it needs two that differ.

    Args:
        name: of a value, short.
        when: a value as the end of a sentence.
    """
    plural = f"{kind}s" if kind != "hour" else "hours of the day"

    def make(of: Collection) -> Chart | None:
        some = in_a_row(of.kind(kind), kind)
        known = sum(number for _, number in some)
        if sum(1 for _, number in some if number) < 2:
            return None
        first, number = findings.leaders(some), max(number for _, number in some)
        step = -(-len(some) // MOST_LABELS)
        labels = [name(one) if place % step == 0 else "" for place, (one, _) in enumerate(some)]
        drawn = Columns(labels, [number for _, number in some], plain(len(some)), (axis, "pictures"))
        finding = f"{known:,} dated pictures come from {len([1 for _, one in some if one])} different {plural}"
        if len(first) == 1:
            share = of_pictures(number, known, "dated pictures")
            finding = f"{share} {findings.verb(number, known, 'was', 'were')} taken {when(first[0])}"
        return Chart(kind, finding, f"{known:,} of {of.n:,} pictures have a date", drawn, table(some))

    return make


def in_a_row(some: Sequence[Total], kind: str) -> list[Total]:
    """Years, months or hours without gaps, in their order; all months and hours, years from the first to the last."""
    numbers = {int(value): number for value, number in some}
    if not numbers:
        return []
    every = {"month": range(1, 13), "hour": range(24)}.get(kind, range(min(numbers), max(numbers) + 1))
    if len(every) > 80:  # years; a clock that was never set is far from the others
        every = range(max(numbers) - 79, max(numbers) + 1)
    return [(str(one), numbers.get(one, 0)) for one in every]


def classes(some: Sequence[Total], edges: Sequence[float]) -> list[Total]:
    """Every class with its number, in order."""
    numbers = dict(some)
    return [(f"{edge:g}", numbers.get(f"{edge:g}", 0)) for edge in edges]


def trimmed(some: Sequence[Total]) -> list[Total]:
    """Classes without empty ones at either end."""
    there = [place for place, (_, number) in enumerate(some) if number]
    return list(some[there[0] : there[-1] + 1]) if there else []


def span(edges: Sequence[str], value: str, unit: str) -> str:
    """A class in words: from its lower edge to the next."""
    place = edges.index(value)
    if place == 0:
        return f"under {edges[1]} {unit}" if unit else f"<{edges[1]}"
    if place == len(edges) - 1:
        return f"{value} {unit} or more" if unit else f"{value}+"
    return f"{value}\N{EN DASH}{edges[place + 1]} {unit}".strip()
