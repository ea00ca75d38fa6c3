"""clip-retrieval: the folders that `clip-retrieval index` reads; row i of all sorted files is picture i.

Our vectors are not CLIP's, so its server answers `embedding_input` only.
"""

import math
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recommendation.exports.job import Export
from recommendation.exports.records import Record

EMBEDDINGS, METADATA = "img_emb", "metadata"


def write(export: Export) -> list[str]:
    """Write img_emb/*.npy (float16) and metadata/*.parquet, a pair for each slice."""
    for folder in (EMBEDDINGS, METADATA):
        (export.out / folder).mkdir()
    digits = int(math.log10(max(1, len(export.slices)))) + 1
    export.write_slices(partial(write_slice, digits))
    return [
        f"index it:  clip-retrieval index --embeddings_folder {export.out.name.partition('.tmp-')[0]} --index_folder INDEX"
    ]


def write_slice(digits: int, out: Path, number: int, records: Iterator[Record]) -> Counter[str]:
    """Write the pair of files of a slice."""
    found = list(records)
    if not found:
        return Counter()
    name = f"{number:0{digits}d}"
    np.save(out / EMBEDDINGS / f"{EMBEDDINGS}_{name}.npy", np.array([one.vector for one in found], np.float16))
    rows = [{"image_path": one.columns["location"], "caption": one.caption, **one.columns} for one in found]
    pq.write_table(pa.Table.from_pylist(rows), out / METADATA / f"{METADATA}_{name}.parquet")
    return Counter(pictures=len(found))
