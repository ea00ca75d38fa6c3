"""Settings: the nearest word wins, and a wrong one is named with its origin."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.command import cli
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.settings import PROFILES_DIR, Settings, add_flags, as_flags, setting

VOLUME = Path("shared_data").absolute()


@dataclass(frozen=True)
class Stage(Settings):
    side: int = setting(256, "side, px")
    share: float = setting(0.95, "share, 0..1", limits=(0, 1))
    fast: bool = setting(False, "be quick")
    mode: str = setting("auto", "mode", choices=("auto", "scan"))
    model: str | None = setting(None, "model")


def resolve(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, Any], variables: dict[str, str], profile: str | None = None
) -> Stage:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Stage.resolve(flags, profile)


def test_flag_then_variable_then_profile_then_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('side = 1\nshare = 0.1\nmode = "scan"\n')
    settings = resolve(
        monkeypatch,
        {"side": "3"},
        {"IMAGEREC_SIDE": "2", "IMAGEREC_SHARE": "0.2", "IMAGEREC_FAST": "yes"},
        str(profile),
    )
    assert settings == Stage(data=VOLUME, side=3, share=0.2, fast=True, mode="scan", model=None)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("IMAGEREC_SIDE", "big", "IMAGEREC_SIDE: expected a whole number, got 'big'"),
        ("IMAGEREC_SHARE", "x", "IMAGEREC_SHARE: expected a number, got 'x'"),
        ("IMAGEREC_SHARE", "2", "IMAGEREC_SHARE: expected 0 to 1, got 2.0"),
        ("IMAGEREC_SHARE", "nan", "IMAGEREC_SHARE: expected 0 to 1, got nan"),
        ("IMAGEREC_MASTER", "  ", "IMAGEREC_MASTER: expected a text, got none"),
        ("IMAGEREC_FAST", "perhaps", "IMAGEREC_FAST: expected yes or no, got 'perhaps'"),
        ("IMAGEREC_MODE", "slow", "IMAGEREC_MODE: expected one of auto, scan, got 'slow'"),
        ("IMAGEREC_PROFILE", "nope", "--profile: expected best, full, mini or a TOML file, got 'nope'"),
    ],
)
def test_a_wrong_value_is_named_with_its_origin(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        resolve(monkeypatch, {}, {variable: value})


@pytest.mark.parametrize(
    "value", ["local", "local[2,4]", "spark://a:1,b:2", "yarn", "k8s://https://a:6443", "nonsense"]
)
def test_every_master_is_left_to_spark(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert resolve(monkeypatch, {"master": value}, {}).master == value


def test_settings_can_be_given_to_another_command_as_flags() -> None:
    settings = Settings(data=VOLUME, master="local[2]", driver_host="10.0.0.5")
    parser = argparse.ArgumentParser()
    add_flags(parser, Settings)
    assert Settings.resolve(vars(parser.parse_args(as_flags(settings))), None) == settings


def test_an_empty_master_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--master: expected a text, got none"):
        resolve(monkeypatch, {"master": ""}, {})


def test_paths_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve(monkeypatch, {}, {}).data == tmp_path / "shared_data"
    settings = resolve(monkeypatch, {"data": "mine"}, {"IMAGEREC_SPARK_SECRET_FILE": "secret"})
    assert (settings.data, settings.spark_secret_file) == (tmp_path / "mine", tmp_path / "secret")


def test_what_spark_gets_is_a_flag_a_variable_and_a_line_of_a_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('executor_memory = "3g"\n')
    settings = resolve(monkeypatch, {"driver_memory": "2g"}, {"IMAGEREC_DRIVER_HOST": "10.0.0.5"}, str(profile))
    assert (settings.driver_memory, settings.driver_host, settings.executor_memory) == ("2g", "10.0.0.5", "3g")


def test_a_volume_is_a_folder_with_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--data: expected a folder, got the file"):
        resolve(monkeypatch, {"data": str(tmp_path / "file")}, {})
    with pytest.raises(UsageError, match=r"--data: expected a folder, got one in the file .*/file$"):
        resolve(monkeypatch, {"data": str(tmp_path / "file" / "volume" / "of" / "mine")}, {})
    with pytest.raises(UsageError, match=r"--data: expected a path without `\?`"):
        resolve(monkeypatch, {"data": "what?"}, {})
    with pytest.raises(UsageError, match="--data: expected a path, got none"):
        resolve(monkeypatch, {"data": ""}, {})


def test_a_profile_that_is_not_toml_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profile = tmp_path / "bad.toml"
    profile.write_text("side = = 1")
    with pytest.raises(UsageError, match=r"expected TOML in .*bad\.toml"):
        resolve(monkeypatch, {}, {}, str(profile))


def test_a_name_that_no_stage_knows_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text("tree = 1\nside = 2\nhots = 3\n")
    names = "accept_terms, .*, allow_removal, allowed_host, .*, combine, .*, trees, .*workers"
    expected = rf"--profile: expected the names {names} in .*mine\.toml, got hots, tree$"
    with pytest.raises(UsageError, match=expected):
        resolve(monkeypatch, {}, {}, str(profile))


def test_a_profile_may_speak_to_every_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('source = "sample"\nprecision = "fp32"\nfeatures_csv = true\ntrees = 1\ntop_k = 3\nport = 0\n')
    assert resolve(monkeypatch, {}, {}, str(profile)) == Stage(data=VOLUME)


@pytest.mark.parametrize("name", ["mini", "full"])
def test_built_in_profiles_resolve(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert (PROFILES_DIR / f"{name}.toml").exists()
    assert resolve(monkeypatch, {}, {}, name).master.startswith("local[")


def test_help_names_every_flag_variable_and_default() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser, Stage)
    words = " ".join(parser.format_help().split())
    assert "--share X share, 0..1 [IMAGEREC_SHARE; default 0.95]" in words
    assert "--mode auto|scan mode [IMAGEREC_MODE; default auto]" in words


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("expected a, got b"), 2),
        (CannotProceedError("no index"), 1),
        (BadInputError("undecodable", "torn"), 1),
        (OSError(28, "No space left on device", "/full"), 1),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> int:
        raise error

    assert cli.run_command(command) == code
    assert capsys.readouterr().err.startswith("imagerec: ")


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        cli.run_command(lambda: 1 // 0)


def test_a_volume_whose_path_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--data: expected a path in UTF-8, .*\\udce9"):
        Settings.resolve({"data": f"{tmp_path}/caf\udce9"}, None)
