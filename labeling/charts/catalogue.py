"""Every chart of a collection, in the order in which the page shows them."""

from collections.abc import Iterator

from labeling.charts import names, scales
from labeling.charts.chart import Chart, Collection, Maker

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def between(hour: str) -> str:
    """An hour of the day as the end of a sentence."""
    return f"between {int(hour):02d}:00 and {int(hour) + 1:02d}:00"


MAKERS: tuple[Maker, ...] = (
    *(names.orientation, scales.shape, names.size, scales.megapixels, scales.file_size, names.file_format),
    scales.dates("year", str, "in {}".format, "year taken"),
    scales.dates(
        "month", lambda one: MONTHS[int(one) - 1][:3], lambda one: f"in {MONTHS[int(one) - 1]}", "month taken"
    ),
    scales.dates("hour", lambda one: f"{int(one):02d}", between, "hour of the day, by the camera's clock"),
    *(scales.brightness, scales.contrast, scales.sharpness, names.colors, names.tags, names.tag_cloud),
    *(names.cameras, names.authors, names.licenses, names.sources, names.failures),
)


def charts(collection: Collection) -> Iterator[Chart]:
    """The charts of a collection that has pictures; those that would show nothing are left out."""
    for make in MAKERS:
        chart = make(collection)
        if chart is not None:
            yield chart
