"""Templates and files of the pages; files are under an address that changes with their content, so browsers keep them."""

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TITLE = "Image recommender"
ABOUT = "Finds the pictures most similar to one picture, or to up to five together, by content, colour and structure."
VERSION = "1"

FOLDER = Path(__file__).parents[1]
STATIC_DIR = FOLDER / "static"
TEMPLATES = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
THEMES = ("light", "dark")
THEME_COOKIE = "imagerec-theme"
ONE_YEAR = "public, max-age=31536000, immutable"
IMPORT = re.compile(r"^import\s[^'\"]*['\"](\.{1,2}/[^'\"]+)['\"]", re.MULTILINE)


class Assets(NamedTuple):
    """Where browsers find the project's own files and those of Swagger UI, below the service's root."""

    static: str
    swagger: str

    def below(self, root: str) -> "Assets":
        """The same where a proxy shows the service under a path."""
        return Assets(*(root + address for address in self))


class HashedFiles(StaticFiles):
    """Files whose address holds a digest of their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or 304, to be kept by the browser for a year."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = ONE_YEAR
        return response


def theme_of(request: Request) -> str:
    """Light or dark, as somebody chose on a page; empty for what the browser prefers."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def mount_assets(app: FastAPI) -> Assets:
    """Serve the project's files and Swagger UI's, which come with the package fastapi-offline."""
    addresses = []
    for name, folder in (("static", STATIC_DIR), ("swagger-ui", swagger_dir())):
        address = f"/{name}/{digest_of(folder)}"
        app.mount(address, HashedFiles(directory=folder), name=name)
        addresses.append(address)
    return Assets(*addresses)


def swagger_dir() -> Path:
    """The folder of the package fastapi-offline with Swagger UI's files."""
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("fastapi-offline is not installed")
    return Path(found.origin).parent / "static"


def digest_of(folder: Path) -> str:
    """Digest of the names and contents of a folder's files, 16 hex characters."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()[:16]


def imported_by(script: str) -> list[str]:
    """Every module that a script imports, directly or not, for browsers to load at once; names below `static`."""
    found: dict[str, None] = {}
    waiting = [script]
    while waiting:
        path = STATIC_DIR / waiting.pop()
        for name in IMPORT.findall(path.read_text(encoding="utf-8")):
            module = (path.parent / name).resolve().relative_to(STATIC_DIR.resolve()).as_posix()
            if module not in found:
                found[module] = None
                waiting.append(module)
    return sorted(found)
