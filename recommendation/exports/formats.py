"""The formats that a collection can be exported to: to add one, add a module with `write` and a line here."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from recommendation.exports import (
    clip_retrieval,
    csv_backup,
    embedding_atlas,
    fiftyone,
    imagededup,
    imagefolder,
    pix_plot,
    tensorboard,
    webdataset,
)
from recommendation.exports.job import Export


class Format(NamedTuple):
    """A format.

    Args:
        help: what it is for, in a few words.
        write: fills the folder of an export; sentences for the user.
    """

    help: str
    write: Callable[[Export], list[str]]


FORMATS: Mapping[str, Format] = {
    "csv": Format("all tables as CSV, vectors as NumPy arrays: a backup", csv_backup.write),
    "tensorboard": Format("the projector: vectors, metadata, thumbnails", tensorboard.write),
    "fiftyone": Format("a CSVDataset with vectors and a script that loads it", fiftyone.write),
    "embedding-atlas": Format("a Parquet file with places, thumbnails and neighbours", embedding_atlas.write),
    "clip-retrieval": Format("folders that `clip-retrieval index` reads", clip_retrieval.write),
    "pix-plot": Format("metadata.csv for PixPlot", pix_plot.write),
    "webdataset": Format("tar files with the original pictures, as img2dataset writes them", webdataset.write),
    "imagefolder": Format("the original pictures with metadata.jsonl, for Hugging Face datasets", imagefolder.write),
    "imagededup": Format("perceptual hashes for imagededup", imagededup.write),
}
