"""The map as a picture: every point, how dense they are, pictures and names of clusters, and how far the map can be trusted.

Drawn from the files of the map to explore; matplotlib is imported when something is drawn.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recommendation.map import quality
from recommendation.map.captions import BINS, EDGE, THUMBNAIL, Caption, Points, arrange, heights
from recommendation.map.explore import files
from recommendation.map.explore.reader import Explorer
from shared.storage import Storage

INCHES, DPI = 11.0, 150
TEXT_INCHES = 0.75  # above the map for the title, and below it for the facts
PAPER, INK, GREY, LINE = "#fbfaf7", "#22211e", "#6d6a62", "#dcd8cf"
GOLDEN = 0.61803399
NO_CLUSTER = 255

Colors = NDArray[np.float64]


class Highlight(NamedTuple):
    """Pictures that are shown against the rest.

    Args:
        title: what they have in common.
    """

    title: str
    rows: Sequence[int]


def read_points(volume: Storage, document: Mapping[str, Any]) -> Points:
    """The points of a map."""
    data, count = volume.read(f"{files.FOLDER}/{document['points']}"), document["pictures"]
    x, y = np.frombuffer(data, "<u2", 2 * count).reshape(2, count) / 65535
    return Points(x, y, np.frombuffer(data, np.uint8, count, 4 * count))


def colors_of(clusters: NDArray[np.uint8]) -> Colors:
    """The colour of each cluster as the page has it: hues apart by the golden angle; gray between clusters; shape (rows, 3)."""
    group = clusters.astype(np.float64)
    hue, band = np.mod(group * GOLDEN + 0.55, 1), np.mod(group // 7, 3)
    offsets = np.array([0, 2 / 3, 1 / 3])
    pure = np.clip(np.abs(np.mod(hue[:, np.newaxis] + offsets, 1) * 6 - 3) - 1, 0, 1)
    light = (0.5 + (band - 1) * 0.07)[:, np.newaxis]
    found: Colors = light + (pure - 0.5) * 0.62 * (1 - np.abs(2 * light - 1))
    found[clusters == NO_CLUSTER] = (0.66, 0.65, 0.62)
    return found


def draw(volume: Storage, explorer: Explorer, highlight: Highlight | None = None) -> bytes:
    """The map in the plane as PNG, the same bytes for the same map."""
    points, document = read_points(volume, explorer.document), explorer.document
    shown = list(arrange(document["clusters"], points)) if highlight is None else []
    figure, axes = sheet(*heights(points, shown))
    draw_density(axes, points)
    draw_points(axes, points, highlight)
    draw_thumbnails(axes, volume, explorer, shown)
    draw_names(axes, shown, THUMBNAIL * 0.6)
    write_texts(figure, title_of(document, highlight), facts_of(document))
    return to_png(figure)


def sheet(low: float, high: float) -> tuple[Any, Any]:
    """An empty figure, and axes without frames for a map that reaches from one height to another."""
    width = INCHES * 0.96
    map_height = width * (high - low) / (1 + 2 * EDGE)
    height = map_height + 2 * TEXT_INCHES
    figure = empty_figure(INCHES, height)
    axes = figure.add_axes((0.02, TEXT_INCHES / height, 0.96, map_height / height))
    axes.set(xlim=(-EDGE, 1 + EDGE), ylim=(low, high), aspect="equal", autoscale_on=False)
    axes.axis("off")
    return figure, axes


def empty_figure(width: float, height: float) -> Any:
    """A figure of so many inches that no window belongs to."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def point_size(count: int) -> float:
    """Area of a point, in points squared: smaller the more there are."""
    return float(np.clip(36_000 / count, 0.25, 40))


def draw_density(axes: Any, points: Points) -> None:
    """How many pictures are where, as a soft shade under them."""
    from scipy.ndimage import gaussian_filter

    counts, *_ = np.histogram2d(points.y, points.x, BINS, ((-EDGE, 1 + EDGE), (-EDGE, 1 + EDGE)))
    soft = np.sqrt(gaussian_filter(counts, 2.2))
    shade = np.zeros((*soft.shape, 4))
    shade[..., :3] = (0.55, 0.53, 0.48)
    shade[..., 3] = 0.32 * soft / (soft.max() or 1)
    axes.imshow(shade, extent=(-EDGE, 1 + EDGE, -EDGE, 1 + EDGE), origin="lower", interpolation="bicubic", zorder=1)


def draw_points(axes: Any, points: Points, highlight: Highlight | None) -> None:
    """Every picture; where some are highlighted, the others in gray."""
    size, colors = point_size(len(points.x)), colors_of(points.clusters)
    style = {"linewidths": 0, "zorder": 2}
    if highlight is None:
        axes.scatter(points.x, points.y, size, colors, alpha=0.85, **style)
        return
    axes.scatter(points.x, points.y, size, "#bab7af", alpha=0.5, **style)
    rows = np.array(highlight.rows, np.int64)
    axes.scatter(points.x[rows], points.y[rows], 2.2 * size + 4, "#d55e00", alpha=0.9, **{**style, "zorder": 3})


def draw_thumbnails(axes: Any, volume: Storage, explorer: Explorer, shown: Sequence[Caption]) -> None:
    """The picture that is most like its whole cluster, beside it, framed in its colour."""
    half = THUMBNAIL / 2
    for one, picture in zip(shown, tiles_of(volume, explorer, [row.cluster["image_id"] for row in shown]), strict=True):
        [color] = colors_of(np.array([min(one.cluster["cluster"], NO_CLUSTER)], np.uint8))
        axes.plot((one.x, one.cluster["x"]), (one.y, one.cluster["y"]), color=color, linewidth=1, zorder=3.5)
        edge = half * 1.1
        box = (one.x - edge, one.x + edge, one.y - edge, one.y + edge)
        axes.imshow(np.broadcast_to(color, (2, 2, 3)), extent=box, zorder=4)
        if picture is not None:
            inside = (one.x - half, one.x + half, one.y - half, one.y + half)
            axes.imshow(picture, extent=inside, zorder=5, interpolation="lanczos")


def tiles_of(volume: Storage, explorer: Explorer, image_ids: Iterable[str]) -> Iterator[NDArray[np.uint8] | None]:
    """The small thumbnails of some pictures from the map's sheets; None for one that is not there."""
    document = explorer.document
    starts = np.array([start for _, start in document["sheets"]], np.int64)
    side, columns = document["tile_px"], document["tiles_a_side"]
    for row in explorer.rows_of_ids(image_ids):
        number = int(np.searchsorted(starts, row, "right")) - 1
        if row < 0 or number < 0:
            yield None
            continue
        place = row - int(starts[number])
        left, top = side * (place % columns), side * (place // columns)
        with Image.open(io.BytesIO(volume.read(files.sheet_key(document["sheets"][number][0])))) as opened:
            yield np.asarray(opened.crop((left, top, left + side, top + side)))


def draw_names(axes: Any, shown: Iterable[Caption], below: float) -> None:
    """The names of clusters, below their pictures."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=3, foreground=PAPER)]
    style = {"ha": "center", "va": "top", "size": 8, "color": INK, "path_effects": halo, "zorder": 6}
    for one in shown:
        axes.text(one.x, one.y - below, shortened(one.cluster["name"]), parse_math=False, **style)


def shortened(text: str, most: int = 24) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def title_of(document: Mapping[str, Any], highlight: Highlight | None) -> str:
    """What the map shows, as a finding."""
    count = document["pictures"]
    if highlight is not None:
        return f"{highlight.title}: {len(highlight.rows):,} of {count:,} pictures"
    names = [shortened(one["name"]) for one in document["clusters"][:3]]
    if not names:
        return f"{count:,} pictures"
    pictures = "1 picture" if count == 1 else f"{count:,} pictures"
    clusters = "1 cluster" if len(document["clusters"]) == 1 else f"{len(document['clusters'])} clusters"
    return f"{pictures} in {clusters}; largest: {', '.join(names)}"


def facts_of(document: Mapping[str, Any]) -> str:
    """How the map was made and how far it can be trusted."""
    if document["pictures"] <= quality.K:
        return f"layout {document['layout']}"
    found = document["quality"]
    parts = [
        f"layout {document['layout']}, fitted on {document['fitted']:,}",
        f"trustworthiness {found['trustworthiness']:.3f}",
        f"{found['kept']:.0%} of the 15 nearest kept",
    ]
    if found["same_label"] is not None:
        parts.append(f"{found['same_label']:.0%} of the 15 nearest here share the first tag")
    if found["placed_trustworthiness"] is not None:
        parts.append(f"placed pictures {found['placed_trustworthiness']:.3f}")
    parts.append(f"clusters agree with those of the vectors by {document['agreement']:.2f} (adjusted Rand)")
    dot = "  \N{MIDDLE DOT}  "
    return dot.join(parts[:3]) + "\n" + dot.join(parts[3:])


def write_texts(figure: Any, title: str, facts: str) -> None:
    """Title above, facts below."""
    middle = TEXT_INCHES / 2 / figure.get_figheight()
    figure.text(0.03, 1 - middle, title, size=16, color=INK, va="center", parse_math=False)
    figure.text(0.03, middle, facts, size=8.6, color=GREY, va="center", linespacing=1.5, parse_math=False)


def draw_space(volume: Storage, document: Mapping[str, Any], places: NDArray[np.float64]) -> bytes:
    """The map in space as PNG, seen from two sides.

    Args:
        places: x, y and z 0..1 of each row.
    """
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped] # no types there

    figure = empty_figure(14, 7.6)
    colors = colors_of(read_points(volume, document).clusters)
    for number, azimuth in enumerate((-60, 30)):
        axes = figure.add_axes(Axes3D(figure, rect=(0.5 * number, 0.04, 0.5, 0.9), elev=22, azim=azimuth))
        axes.scatter(*places.T, s=point_size(len(places)) * 0.5, c=colors, linewidths=0, depthshade=True)
        axes.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
        axes.set_box_aspect((1, 1, 1), zoom=1.05)
        axes.set_facecolor(PAPER)
        axes.set_axis_off()
        draw_cube(axes)
    pictures = "1 picture" if len(places) == 1 else f"{len(places):,} pictures"
    write_texts(figure, f"{pictures} in space, seen from two sides; colours are the clusters in the plane", "")
    return to_png(figure)


def draw_cube(axes: Any) -> None:
    """The edges of the space."""
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    for one in corners:
        for other in corners:
            if one < other and sum(left != right for left, right in zip(one, other, strict=True)) == 1:
                axes.plot(*zip(one, other, strict=True), color=LINE, linewidth=0.7, zorder=0)


def to_png(figure: Any) -> bytes:
    """A figure as a file that says nothing about when it was made."""
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=PAPER, metadata={"Software": None})
    return file.getvalue()
