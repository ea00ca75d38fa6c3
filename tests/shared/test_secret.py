"""A secret is shown nowhere unless it is asked for."""

import argparse
import json
import logging
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.errors import CannotProceedError, UsageError
from shared.secret import Secret, read_secret
from shared.settings import Settings, add_flags, setting

TEXT = "hunter2-and-more"


@dataclass(frozen=True)
class Keyed(Settings):
    key: Secret | None = setting(None, "key of a service")


def test_a_secret_gives_its_text_only_when_asked(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TEXT)
    logging.getLogger().warning("%s %r %s", secret, secret, {"key": secret})
    shown = [str(secret), repr(secret), f"{secret} {[secret]} {Keyed(key=secret)}", caplog.text]
    assert [text for text in shown if TEXT in text] == []
    assert secret.reveal() == TEXT


def test_a_secret_does_not_get_into_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(TEXT)})


def test_secrets_are_compared_by_their_text() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert len({Secret(TEXT), Secret(TEXT), Secret("other")}) == 2
    assert Secret(TEXT) != TEXT


def test_a_secret_setting_is_a_variable_and_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEREC_KEY", TEXT)
    assert Keyed.resolve({}, None).key == Secret(TEXT)
    parser = argparse.ArgumentParser()
    add_flags(parser, Keyed)
    assert "--key" not in parser.format_help()


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{TEXT}\n")
    assert read_secret(path, "--spark-secret-file").reveal() == TEXT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"--file: .*/secret cannot be read \(No such file or directory\)"),
        (b" \n", "--file: expected a secret in .*/secret, got an empty file"),
        (f"{TEXT}\xe9".encode(), "--file: expected ASCII text in .*/secret, got other bytes"),
    ],
)
def test_a_file_without_a_secret_is_one_sentence_that_does_not_show_it(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CannotProceedError, match=message) as caught:
        read_secret(path, "--file")
    assert TEXT not in "".join(traceback.format_exception(caught.value))


def test_a_blank_secret_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEREC_KEY", " ")
    with pytest.raises(UsageError, match="IMAGEREC_KEY: expected a secret, got none"):
        Keyed.resolve({}, None)
