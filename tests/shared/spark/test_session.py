"""What Spark is told, and what of it is an argument that everybody on the machine can read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import CannotProceedError
from shared.settings import Settings
from shared.spark import environment
from shared.spark.session import spark_conf, with_secret, zip_code

CLUSTER = "spark://127.0.0.1:7077"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    return path


def test_javas_arguments_do_not_hold_the_secret(secret_file: Path) -> None:
    settings = Settings(master=CLUSTER, spark_secret_file=secret_file)
    conf = spark_conf(settings, "test")
    assert "hunter2" not in str(conf.getAll())
    inside = dict(with_secret(conf, settings).getAll())
    assert inside["spark.authenticate.secret"] == "hunter2"
    assert inside["spark.authenticate"] == inside["spark.network.crypto.enabled"] == "true"
    assert dict(conf.getAll()).items() <= inside.items()


def test_one_machine_needs_no_secret(tmp_path: Path) -> None:
    settings = Settings(master="local[2]", spark_secret_file=tmp_path / "missing")
    assert not [name for name, _ in with_secret(spark_conf(settings, "test"), settings).getAll() if "auth" in name]


def test_a_secret_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings(master=CLUSTER, spark_secret_file=tmp_path / "missing")
    with pytest.raises(CannotProceedError, match=r"--spark-secret-file: .*missing cannot be read"):
        with_secret(spark_conf(settings, "test"), settings)


def test_a_user_without_a_name_cannot_authenticate(secret_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "has_user_name", lambda: False)
    settings = Settings(master=CLUSTER, spark_secret_file=secret_file)
    with pytest.raises(CannotProceedError, match=r"needs a user with a name, and user id \d+ has none"):
        with_secret(spark_conf(settings, "test"), settings)


def test_memory_and_host_come_from_the_settings() -> None:
    settings = Settings(master=CLUSTER, driver_memory="2g", executor_memory="3g", driver_host="10.0.0.5")
    conf = dict(spark_conf(settings, "test").getAll())
    assert conf["spark.driver.memory"] == "2g"
    assert conf["spark.executor.memory"] == "3g"
    assert conf["spark.driver.host"] == "10.0.0.5"


def test_code_in_an_archive_reads_the_lists_beside_it(tmp_path: Path) -> None:
    """On a cluster the workers have the project as an archive only."""
    script = "from recommendation.words import categories; print(categories.__file__, categories.called('tabby').names)"
    environ = {**os.environ, "PYTHONPATH": str(zip_code(tmp_path))}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"{tmp_path}/imagerec_code.zip/recommendation/")
    assert "cat" in ran.stdout
