"""Settings: a flag, else an ``IMAGEREC_*`` variable, else a line of a profile file, else the default."""

import argparse
import importlib.util
import os
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from shared.errors import UsageError
from shared.project import STAGES
from shared.secret import Secret
from shared.storage import LocalStorage

PROFILES_DIR = Path(__file__).parent / "command" / "profiles"
NOUNS = {Path: "path", str: "text", int: "whole number", float: "number", bool: "yes or no", Secret: "secret"}
TEXTS = tuple[str, ...]  # of a flag that may be repeated; a variable has one text a line
#: Types whose flags are given in another way than with one value.
FORMS: dict[Any, dict[str, Any]] = {bool: {"nargs": "?", "const": "yes"}, TEXTS: {"action": "append"}}
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def setting(
    default: Any,
    help: str,
    *,
    choices: Sequence[str] | None = None,
    limits: tuple[float, float] | None = None,
    exact: bool = False,
) -> Any:
    """A field of a settings class: its default and what it means, unit included.

    Args:
        choices: the only texts it may be.
        limits: the smallest and the largest number it may be.
        exact: blanks at the ends of a text belong to it.
    """
    return field(default=default, metadata={"help": help, "choices": choices, "limits": limits, "exact": exact})


@dataclass(frozen=True)
class Settings:
    """Settings of every stage: the volume and Spark."""

    data: Path = setting(Path("shared_data"), "folder that holds everything the pipeline stores: the volume")
    master: str = setting("local[*]", "Spark master: local[N], local[*], spark://HOST:PORT or another that Spark takes")
    driver_memory: str = setting("1g", "Java memory of this process's Spark, such as 2g")
    driver_host: str | None = setting(
        None, "address of this machine as a cluster's workers see it; without it, the host name"
    )
    executor_memory: str = setting("1g", "Java memory of each of a cluster's executors; Python workers come on top")
    spark_secret_file: Path | None = setting(None, "file with the secret of a cluster that authenticates")

    @property
    def volume(self) -> LocalStorage:
        """The volume behind `data`."""
        return LocalStorage(self.data.absolute())

    @classmethod
    def resolve(cls, flags: Mapping[str, Any], profile: str | None) -> Self:
        """Settings from parsed flags (absent or None: not given), the environment, a profile and the defaults.

        Raises:
            UsageError: a value is not what its setting expects; the message names where it came from.
        """
        lines = read_profile(profile)
        made = cls(**{one.name: _value(cls, one, flags, lines) for one in fields(cls)})
        _check_volume(made.data)
        return made


@dataclass(frozen=True)
class ExportSettings(Settings):
    """Settings of the stages that write files for other programs."""

    json_exports: bool = setting(
        True, "write images_metadata.json and images_labels.json; `no` saves time with millions of pictures"
    )


def _check_volume(path: Path) -> None:
    """Refuse what can be no volume; it need not be there yet."""
    if os.fsencode(path) != str(path).encode("utf-8", "replace"):
        raise UsageError(f"--data: expected a path in UTF-8, which the catalog can name, got {str(path)!a}")
    there = next((folder for folder in (path, *path.parents) if folder.exists()), path)
    if there.exists() and not there.is_dir():
        raise UsageError(f"--data: expected a folder, got {'' if there == path else 'one in '}the file {there}")
    if "?" in str(path):
        raise UsageError(f"--data: expected a path without `?`, which the catalog cannot be in, got {path}")


def add_flags(parser: argparse.ArgumentParser, *classes: type[Settings]) -> None:
    """Add `--profile` and one flag for each setting of the classes."""
    parser.add_argument(
        "--profile", metavar="NAME|FILE", help="mini, full, best, or a TOML file with settings [IMAGEREC_PROFILE]"
    )
    for cls in classes:
        hints = get_type_hints(cls)
        for one in fields(cls):
            flag = _flag(one.name)
            is_secret = _base(hints[one.name]) is Secret  # others could read a flag in the list of processes
            if not is_secret and flag not in parser._option_string_actions:  # argparse offers no public way to ask
                default = "" if one.default in (None, ()) else f"; default {one.default}"
                parser.add_argument(
                    flag,
                    metavar=_metavar(hints[one.name], one.metadata["choices"]),
                    **FORMS.get(hints[one.name], {}),
                    help=f"{one.metadata['help']} [{variable(one.name)}{default}]".replace("%", "%%"),
                )


def as_flags(settings: Settings) -> list[str]:
    """The flags that give these settings."""
    values = {_flag(one.name): getattr(settings, one.name) for one in fields(settings)}
    given = [(flag, one) for flag, value in values.items() for one in (value if isinstance(value, tuple) else [value])]
    return [f"{flag}={one}" for flag, one in given if one is not None]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """Name of the environment variable of a setting."""
    return f"IMAGEREC_{name.upper()}"


def read_profile(name: str | None) -> dict[str, Any]:
    """Lines of a profile: one of the built-in ones or a file; {} without one.

    Raises:
        UsageError: there is no such profile, it is not TOML, or a name in it is no setting of any stage.
    """
    name = name or os.environ.get("IMAGEREC_PROFILE")
    if not name:
        return {}
    built_in = PROFILES_DIR / f"{name}.toml"
    path = built_in if built_in.exists() else Path(name)
    try:
        lines = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        known = ", ".join(sorted(path.stem for path in PROFILES_DIR.glob("*.toml")))
        raise UsageError(f"--profile: expected {known} or a TOML file, got {name!r} ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--profile: expected TOML in {path}, got: {error}") from error
    _check_names(path, lines)
    return lines


def _check_names(path: Path, lines: Mapping[str, Any]) -> None:
    """Refuse names that no stage knows; a stage's container lacks the other stages and cannot tell."""
    if not all(importlib.util.find_spec(stage) for stage in STAGES):
        return
    for stage in STAGES:
        importlib.import_module(f"{stage}.settings")
    known = {one.name for cls in _with_subclasses(Settings) for one in fields(cls)}
    if unknown := sorted(lines.keys() - known):
        raise UsageError(
            f"--profile: expected the names {', '.join(sorted(known))} in {path}, got {', '.join(unknown)}"
        )


def _with_subclasses(cls: type[Settings]) -> Iterator[type[Settings]]:
    yield cls
    for one in cls.__subclasses__():
        yield from _with_subclasses(one)


def _value(cls: type[Settings], one: "Field[Any]", flags: Mapping[str, Any], lines: Mapping[str, Any]) -> Any:
    kind = get_type_hints(cls)[one.name]
    sources = (
        (_flag(one.name), flags.get(one.name)),
        (variable(one.name), os.environ.get(variable(one.name)) or None),
        (f"profile line {one.name}", lines.get(one.name)),
    )
    for origin, value in sources:
        if value is not None:
            _check_text(str(value).strip(), origin, one)
            return _check_number(_convert(kind, value, origin, exact=one.metadata["exact"]), origin, one)
    return one.default.absolute() if isinstance(one.default, Path) else one.default


def _check_text(text: str, origin: str, one: "Field[Any]") -> None:
    choices = one.metadata["choices"]
    if choices and text not in choices:
        raise UsageError(f"{origin}: expected one of {', '.join(choices)}, got {text!r}")


def _check_number(value: Any, origin: str, one: "Field[Any]") -> Any:
    limits = one.metadata["limits"]
    if limits and not limits[0] <= value <= limits[1]:  # false for NaN, too
        raise UsageError(f"{origin}: expected {limits[0]:g} to {limits[1]:g}, got {value}")
    return value


def _base(kind: Any) -> Any:
    """The type itself of an optional one."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(one for one in get_args(kind) if one is not type(None))
    return kind


def _metavar(kind: Any, choices: Sequence[str] | None) -> str:
    names = {Path: "PATH", str: "TEXT", int: "N", float: "X", bool: "yes|no", TEXTS: "TEXT"}
    return "|".join(choices) if choices else names[_base(kind)]


def _convert(kind: Any, value: Any, origin: str, *, exact: bool = False) -> Any:
    """A value as the setting's type.

    Paths become absolute: Spark's workers have other working directories.

    Args:
        exact: blanks around it belong to it.

    Raises:
        UsageError: it cannot be; the message names `origin`, the value and what was expected.
    """
    base, text = _base(kind), str(value).strip()
    if base == TEXTS:
        return tuple(value if isinstance(value, list) else str(value).splitlines())
    if not text:
        raise UsageError(f"{origin}: expected a {NOUNS[base]}, got none")
    if base is Secret:
        return Secret(text)
    if base is bool:
        if text.lower() not in TRUE | FALSE:
            raise UsageError(f"{origin}: expected yes or no, got {text!r}")
        return text.lower() in TRUE
    try:
        return Path(text).expanduser().absolute() if base is Path else base(value if exact else text)
    except ValueError:
        raise UsageError(f"{origin}: expected a {NOUNS[base]}, got {text!r}") from None
