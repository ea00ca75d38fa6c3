"""The pages as HTML: the templates escape every value, and the scripts load all else over the HTTP interface."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from recommendation.search.answerer import Answerer
from recommendation.search.meaning import MAX_PICTURES
from recommendation.search.request import KEYS, MAX_TOP_K
from recommendation.search.weights import DEFAULT
from recommendation.settings import ServeSettings
from recommendation.web.access.prefix import check_prefix
from recommendation.web.pages.assets import TEMPLATES, TITLE, Assets, imported_by, theme_of
from recommendation.web.pages.views import OWN, VIEWS, View
from shared.pictures.color_names import COLOR_NAMES

#: What queries may have that not every version of the service knows: shown where it does.
OPTIONS = {"unlike": "unlike_id", "crop": "crop", "text": "text", "mirror": "mirror"}
#: What a page must not be taken from another user's or an older service's answer.
NO_CACHE = {"cache-control": "no-cache"}
COLORS = [
    (name, "#" + bytes(rgb).hex()) for name, rgb in COLOR_NAMES.items()
]  # in their order, around the colour circle


class Facts(NamedTuple):
    """What the pages show of the collection."""

    pictures: int
    model: str
    measures: list[str]
    weights: dict[str, float]


def page_routes(answerer: Answerer, assets: Assets, settings: ServeSettings) -> APIRouter:
    """A route for each view, and `GET /docs`."""
    router = APIRouter(include_in_schema=False)
    root = check_prefix(settings.root_path)
    addresses = assets.below(root)._asdict()
    modules = {view: imported_by(view.script) for view in OWN}

    def route(view: View) -> Callable[[Request], HTMLResponse]:
        def page(request: Request) -> HTMLResponse:
            shown = {"root": root, "theme": theme_of(request), **addresses}
            session = {
                "read_only": settings.read_only,
                "job_days": settings.job_days,
                "can_fetch": settings.fetch,
                "auth": request.state.has_tokens,
                "session": request.state.person,
            }
            content = render(view, facts_of(answerer), modules[view], shown, session)
            return HTMLResponse(content, headers=NO_CACHE)

        return page

    for view in OWN:
        router.add_api_route(view.path, route(view), response_class=HTMLResponse)

    @router.get("/docs", response_class=HTMLResponse)
    def docs() -> HTMLResponse:
        return HTMLResponse(TEMPLATES.get_template("docs.html").render(title=TITLE, root=root, **addresses))

    return router


def render(view: View, facts: Facts, modules: list[str], shown: dict[str, str], session: dict[str, Any]) -> str:
    """A view as HTML.

    Args:
        shown: `root`, `static`, `swagger` and `theme`.
        session: what the settings allow, and `session`, the person whose token the browser has.
    """
    values = {"view": {**view._asdict(), "modules": modules}, "views": VIEWS, "title": TITLE}
    config = {**config_of(facts), **session}
    return TEMPLATES.get_template(view.template).render(**values, **facts._asdict(), **shown, config=config)


def config_of(facts: Facts) -> dict[str, Any]:
    """What the scripts need before they ask for anything."""
    return {
        "title": TITLE,
        "views": [{"path": view.path, "name": view.name} for view in VIEWS],
        "pictures": facts.pictures,
        "measures": facts.measures,
        "weights": facts.weights,
        "max_pictures": MAX_PICTURES,
        "max_top_k": MAX_TOP_K,
        "colors": COLORS,
        **{f"can_{name}": field in KEYS for name, field in OPTIONS.items()},
    }


def facts_of(answerer: Answerer) -> Facts:
    """What the pages show of the current generation."""
    current = answerer.current
    measures = [DEFAULT, *current.engine.summary()["measures"]]
    return Facts(current.engine.count, current.model_name, measures, dict(current.engine.weights))
