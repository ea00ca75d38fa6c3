"""The pages: Jinja2 templates, and files under an address that changes with their content, so browsers keep them."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recommendation.search.answerer import Answerer
from recommendation.search.meaning import MAX_PICTURES
from recommendation.search.request import MAX_TOP_K, Options
from recommendation.search.weights import DEFAULT

TITLE = "Image recommender"
ABOUT = "Finds the pictures most similar to one picture, or to up to five together, by content, colour and structure."
VERSION = "1"

FOLDER = Path(__file__).parent
STATIC_DIR = FOLDER / "static"
ONE_YEAR = "public, max-age=31536000, immutable"

TEMPLATES = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)


class Assets(NamedTuple):
    """Where browsers find the project's own files and those of Swagger UI."""

    static: str
    swagger: str


class Facts(NamedTuple):
    """What the first page shows of the collection."""

    pictures: int
    model: str
    generation: str
    measures: list[str]
    top_k: int


class HashedFiles(StaticFiles):
    """Files whose address holds a digest of their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or 304, to be kept by the browser for a year."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = ONE_YEAR
        return response


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


def page_routes(answerer: Answerer, assets: Assets, defaults: Options) -> APIRouter:
    """`GET /` and `GET /docs`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", response_class=HTMLResponse)
    def index() -> HTMLResponse:
        return HTMLResponse(index_page(facts_of(answerer, defaults), assets))

    @router.get("/docs", response_class=HTMLResponse)
    def docs() -> HTMLResponse:
        return HTMLResponse(TEMPLATES.get_template("docs.html").render(title=TITLE, **assets._asdict()))

    return router


def index_page(facts: Facts, assets: Assets) -> str:
    """The first page as HTML; the templates escape every value."""
    limits = {"max_pictures": MAX_PICTURES, "max_top_k": MAX_TOP_K}
    values = {"title": TITLE, "about": ABOUT, **facts._asdict(), **assets._asdict(), **limits}
    return TEMPLATES.get_template("index.html").render(values)


def facts_of(answerer: Answerer, defaults: Options) -> Facts:
    """What the first page shows of the current generation."""
    current = answerer.current
    measures = [DEFAULT, *current.engine.summary()["measures"]]
    return Facts(current.engine.count, current.model_name, current.engine.generation, measures, defaults.top_k)
