"""Each export of a small real collection, opened by its own reader where that is light, else checked against its rules."""

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark import SparkContext

from recommendation.commands import export as command
from recommendation.exports import embedding_atlas, job
from recommendation.exports.csv_backup import cell
from recommendation.exports.formats import FORMATS
from recommendation.search.engine import Engine
from shared.csv_text import safe_cell
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage
from shared.tables import catalog
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def exported(sc: SparkContext, collection: Collection, tmp_path: Path, name: str) -> Path:
    out = tmp_path / name
    job.run(sc, collection.volume, out, FORMATS[name].write)
    return out


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ids(collection: Collection) -> list[str]:
    return sorted(row[0] for row in catalog.query(collection.volume, "SELECT image_id FROM images"))


def test_the_command_and_the_registry_name_the_same_formats() -> None:
    assert tuple(FORMATS) == command.NAMES


def test_csv_has_every_row_of_every_table_and_every_vector(
    sc: SparkContext, collection: Collection, tmp_path: Path
) -> None:
    out = exported(sc, collection, tmp_path, "csv")
    for table in ("images", "thumbnails", "locations", "labels", "features", "embeddings", "categories"):
        [[rows]] = catalog.query(collection.volume, f"SELECT count(*) FROM {table}")
        assert len(read_csv(out / f"{table}.csv")) == rows > 0
    stored = dict(catalog.query(collection.volume, "SELECT image_id, vector FROM embeddings"))
    vectors = np.load(out / "embeddings.vector.1280.npy")
    read = {row["image_id"]: vectors[int(row["vector_row"])] for row in read_csv(out / "embeddings.csv")}
    assert {key: value.tolist() for key, value in read.items()} == stored
    jpegs = {row["image_id"]: row["jpeg"] for row in read_csv(out / "thumbnails.csv")}
    assert {
        key: cell(jpeg) for key, jpeg in catalog.query(collection.volume, "SELECT image_id, jpeg FROM thumbnails")
    } == jpegs


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta", "\ra"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_tensorboard_reads_the_projector(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    projector = pytest.importorskip("tensorboard.plugins.projector")
    text_format = pytest.importorskip("google.protobuf.text_format")
    out = exported(sc, collection, tmp_path, "tensorboard")
    config = projector.ProjectorConfig()
    text_format.Parse((out / "projector_config.pbtxt").read_text(encoding="utf-8"), config)
    [embedding] = config.embeddings
    rows, length = embedding.tensor_shape
    assert rows == len(ids(collection))
    tensors = np.fromfile(out / embedding.tensor_path, "<f4").reshape(rows, length)
    lines = (out / embedding.metadata_path).read_text(encoding="utf-8").splitlines()
    assert "\t" in lines[0]
    engine = Engine.open(collection.volume)
    for line, tensor in zip(lines[1:], tensors, strict=True):
        expected = engine.features_of(line.split("\t")[0]).features["embedding"]
        assert np.array_equal(tensor, expected)
    with Image.open(out / embedding.sprite.image_path) as sprite:
        side = embedding.sprite.single_image_dim[0]
        assert sprite.width == sprite.height == side * int(np.ceil(np.sqrt(rows)))


def test_fiftyone_finds_a_file_and_a_vector_for_each_line(
    sc: SparkContext, collection: Collection, tmp_path: Path
) -> None:
    """FiftyOne itself needs a database server; these are the rules of its CSVDatasetImporter."""
    out = exported(sc, collection, tmp_path, "fiftyone")
    rows = read_csv(out / "labels.csv")
    assert (out / "data").is_dir()
    assert all(Path(row["filepath"]).is_absolute() and Path(row["filepath"]).is_file() for row in rows)
    assert (out / "vector_ids.txt").read_text().split() == [row["image_id"] for row in rows]
    assert np.load(out / "vectors.npy").shape[0] == len(rows) == len(ids(collection))
    compile((out / "load_fiftyone.py").read_text(encoding="utf-8"), "load_fiftyone.py", "exec")
    assert json.loads(rows[0]["tags"]) == [Path(rows[0]["filepath"]).parent.name]


def test_embedding_atlas_gets_rows_whose_neighbours_are_rows(
    sc: SparkContext, collection: Collection, tmp_path: Path
) -> None:
    """The package brings 6 GB; these are the rules that its static page follows."""
    out = exported(sc, collection, tmp_path, "embedding-atlas")
    props = json.loads((out / "data" / "metadata.json").read_text())["props"]["data"]
    rows = pq.read_table(out / "data" / "dataset.parquet").to_pylist()
    assert {props["id"], *props["projection"].values(), props["image"], props["neighbors"]} <= rows[0].keys()
    assert sorted(row["image_id"] for row in rows) == ids(collection)
    engine = Engine.open(collection.volume)
    for row in rows[:5]:
        vector, near = engine.features_of(row["image_id"]).features["embedding"], row["__neighbors"]["ids"]
        others = [engine.features_of(rows[place]["image_id"]).features["embedding"] for place in near]
        likeness = [float(vector @ other) for other in others]
        assert len(near) == embedding_atlas.NEIGHBOURS
        assert likeness == sorted(likeness, reverse=True)
        assert row["image"].startswith("data:image/jpeg;base64,")


def test_clip_retrieval_pairs_each_vector_with_its_metadata(
    sc: SparkContext, collection: Collection, tmp_path: Path
) -> None:
    out = exported(sc, collection, tmp_path, "clip-retrieval")
    vectors = np.concatenate([np.load(path) for path in sorted((out / "img_emb").glob("*.npy"))])
    rows = [row for path in sorted((out / "metadata").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    engine = Engine.open(collection.volume)
    assert vectors.dtype == np.float16
    assert sorted(row["image_id"] for row in rows) == ids(collection)
    for row, vector in zip(rows, vectors, strict=True):
        assert np.array_equal(vector, engine.features_of(row["image_id"]).features["embedding"].astype(np.float16))
        assert Path(row["image_path"]).is_file()


def test_pix_plot_gets_names_that_are_unique(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    out = exported(sc, collection, tmp_path, "pix-plot")
    rows = read_csv(out / "metadata.csv")
    paths = (out / "pictures.txt").read_text(encoding="utf-8").splitlines()
    assert [Path(path).name for path in paths] == [row["filename"] for row in rows]
    assert len({row["filename"] for row in rows}) == len(rows) == len(ids(collection))
    assert all(name == name.lower() for name in rows[0])


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_pictures_with_their_texts(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    out = exported(sc, collection, tmp_path, "webdataset")
    urls = sorted(str(path) for path in out.glob("*.tar"))
    samples = list(webdataset.WebDataset(urls, shardshuffle=False, empty_check=False))
    read = {json.loads(sample["json"])["image_id"]: sample for sample in samples}
    assert sorted(read) == ids(collection)
    locations: dict[str, str] = dict(catalog.query(collection.volume, "SELECT image_id, location FROM images"))
    for image_id, sample in read.items():
        suffixes = {key for key in sample if not key.startswith("__")} - {"json", "txt"}
        assert sample[suffixes.pop()] == Path(locations[image_id]).read_bytes()
        assert suffixes == set()
    stats = [json.loads(path.read_text()) for path in out.glob("*_stats.json")]
    assert sum(one["successes"] for one in stats) == len(samples)


def test_the_same_collection_makes_the_same_tar(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    [one, other] = [exported(sc, collection, tmp_path / name, "webdataset") for name in ("one", "other")]
    assert (one / "00000.tar").read_bytes() == (other / "00000.tar").read_bytes()


def test_a_file_that_is_gone_is_counted_and_left_out(
    sc: SparkContext, own_collection: Collection, tmp_path: Path
) -> None:
    from recommendation.exports import records, webdataset

    read = list(
        records.read_records(
            own_collection.volume, Engine.open(own_collection.volume).generation, slices(sc, own_collection)[0]
        )
    )
    gone: Any = read[0]._replace(columns={**read[0].columns, "location": str(tmp_path / "gone.jpg")})
    counts = webdataset.write_slice(tmp_path, 0, iter([gone, *read[1:]]))
    assert counts == {"failed": 1, "pictures": len(read) - 1}
    with tarfile.open(tmp_path / "00000.tar") as tar:
        assert len(tar.getnames()) == 3 * (len(read) - 1)


def slices(sc: SparkContext, collection: Collection) -> list[Any]:
    from shared import tables

    return job.Export(sc, collection.volume, tables.open_snapshot(collection.volume), "", Path()).slices


def test_imagefolder_is_what_hugging_face_expects(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    """`datasets` is heavy; its rules: relative paths below the folder, one line of metadata for each file."""
    out = exported(sc, collection, tmp_path, "imagefolder")
    rows = [json.loads(line) for line in (out / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    files = {path.relative_to(out).as_posix() for path in (out / "pictures").rglob("*") if path.is_file()}
    assert {row["file_name"] for row in rows} == files
    assert sorted(row["image_id"] for row in rows) == ids(collection)
    for row in rows[:3]:
        with Image.open(io.BytesIO((out / row["file_name"]).read_bytes())) as picture:
            assert sorted(picture.size) == sorted((row["width_px"], row["height_px"]))


def test_imagededup_gets_16_hex_digits_for_each_picture(
    sc: SparkContext, collection: Collection, tmp_path: Path
) -> None:
    out = exported(sc, collection, tmp_path, "imagededup")
    encodings = json.loads((out / "encodings.json").read_text(encoding="utf-8"))
    stored = catalog.query(collection.volume, "SELECT location, hash FROM features JOIN images USING (image_id)")
    assert encodings == {location: bits[16:].hex() for location, bits in stored}


def test_a_folder_that_is_not_empty_is_left_alone(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    with pytest.raises(UsageError, match="expected a folder that is empty or not there yet"):
        job.run(sc, collection.volume, tmp_path, FORMATS["csv"].write)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_failed_export_leaves_nothing(sc: SparkContext, collection: Collection, tmp_path: Path) -> None:
    def write(export: job.Export) -> list[str]:
        (export.out / "half.csv").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        job.run(sc, collection.volume, tmp_path / "out", write)
    assert list(tmp_path.iterdir()) == []


def test_without_an_index_there_is_one_sentence(sc: SparkContext, volume: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="no index"):
        job.run(sc, volume, tmp_path / "out", FORMATS["csv"].write)


def test_wrong_usage_ends_before_spark_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--to", "xlsx", "--out", str(tmp_path / "out"), "--data", str(tmp_path)]) == 2
    assert "expected one of csv, tensorboard" in capsys.readouterr().err
