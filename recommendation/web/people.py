"""The routes about people: what they like, who they are, what they might like next; the same objects as on the command line."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from recommendation.commands.people.opinions import record
from recommendation.index.pictures import Pictures
from recommendation.recommend.advisor import Advisor
from recommendation.scoring.recommenders import DEFAULT, RECOMMENDERS
from recommendation.search.engine import Engine
from recommendation.search.meaning import IMAGE_ID
from recommendation.web.access.bodies import Body
from recommendation.web.access.writers import OwnName
from recommendation.web.error_handlers import errors
from shared.errors import UsageError
from shared.people.current import current_profile, current_profiles
from shared.people.events import check_user_id
from shared.people.profile import LABEL_COLUMNS
from shared.people.store import PeopleStore
from shared.people.tags import TagStore
from shared.storage import Storage

MOST_PICTURES = 1000  # of one request
N = 10
LABELS_OF_INDEX = LABEL_COLUMNS[1:]  # but for the image_id
PEOPLE, MOST_PEOPLE = 100, 1000  # of one answer
#: What the body of a request holds, for the OpenAPI page.
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["pictures"],
                    "properties": {
                        "pictures": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_PICTURES},
                        "value": {"type": "number", "enum": [1, -1], "default": 1},
                    },
                },
                "example": {"pictures": ["lighthouse_03.jpg"], "value": 1},
            }
        },
    }
}
PARAMETERS = {
    "parameters": [
        {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": N}},
        {
            "name": "recommender",
            "in": "query",
            "schema": {"type": "string", "enum": list(RECOMMENDERS), "default": DEFAULT},
        },
    ]
}

PAGE = {
    "parameters": [
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_PEOPLE, "default": PEOPLE},
        },
        {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "only people after this user id"},
    ]
}


def people_routes(engine_of: Callable[[], Engine], volume: Storage) -> APIRouter:
    """All routes below /v1/users.

    Args:
        engine_of: the engine of the live index.
    """
    router = APIRouter(prefix="/v1/users")
    add_profiles(router, engine_of, volume)
    add_likes(router, engine_of, volume)
    advisor = Advisor(volume)

    @router.get(
        "/{user_id}/recommendations",
        responses=errors(422, 503),
        openapi_extra=PARAMETERS,
        summary="Pictures that a person might like, with reasons",
    )
    def recommendations(user_id: str, request: Request) -> JSONResponse:
        n = whole_number("n", request.query_params.get("n", str(N)))
        name = request.query_params.get("recommender", DEFAULT)
        items = advisor.recommend(engine_of(), check_user_id(user_id), n, name)
        return JSONResponse({"user_id": user_id, "recommendations": items})

    return router


def add_profiles(router: APIRouter, engine_of: Callable[[], Engine], volume: Storage) -> None:
    """Add the routes about who people are."""

    @router.get("", responses=errors(422), openapi_extra=PAGE, summary="Who likes what, by user id")
    def users(request: Request) -> JSONResponse:
        limit = whole_number("limit", request.query_params.get("limit", str(PEOPLE)))
        if not 1 <= limit <= MOST_PEOPLE:
            raise UsageError(f"limit: expected 1 to {MOST_PEOPLE}, got {limit}")
        return JSONResponse([*current_profiles(volume, request.query_params.get("after", ""), limit)])

    @router.get("/{user_id}", responses=errors(404, 422), summary="What one person likes")
    def profile(user_id: str) -> JSONResponse:
        found = current_profile(volume, check_user_id(user_id), partial(label_of, engine_of().pictures))
        if found is None:
            raise HTTPException(404, f"expected a person of /v1/users, got {user_id!r}")
        return JSONResponse(found)

    @router.delete(
        "/{user_id}",
        dependencies=[OwnName],
        responses=errors(401, 403, 404, 422),
        summary="Delete everything about a person",
    )
    def forget(user_id: str) -> JSONResponse:
        TagStore(volume).forget(check_user_id(user_id))
        deleted = PeopleStore(volume).forget(check_user_id(user_id))
        if deleted < 0:
            raise HTTPException(404, f"expected a person of /v1/users, got {user_id!r}")
        return JSONResponse({"user_id": user_id, "deleted": deleted})


def label_of(pictures: Pictures, image_id: str) -> dict[str, Any] | None:
    """What the index has of a picture's labels."""
    row = pictures.find(image_id)
    return None if row is None else pictures.values(row, LABELS_OF_INDEX)


def is_id(pictures: Pictures, reference: str) -> bool:
    """Whether a reference is the image_id of a picture of the index."""
    return bool(IMAGE_ID.fullmatch(reference)) and pictures.find(reference) is not None


def people_list_routes(volume: Storage) -> APIRouter:
    """`GET /v1/people`."""
    router = APIRouter()

    @router.get(
        "/v1/people", responses=errors(400, 503), summary="Who there is, with their numbers of likes and dislikes"
    )
    def people() -> JSONResponse:
        counts = PeopleStore(volume).counts()
        found = [{"user_id": one.user.user_id, "likes": one.likes, "dislikes": one.dislikes} for one in counts]
        return JSONResponse({"people": found})

    return router


def add_likes(router: APIRouter, engine_of: Callable[[], Engine], volume: Storage) -> None:
    """Add the routes that read and store opinions."""
    answers = errors(401, 403, 413, 415, 422, 503)

    @router.get(
        "/{user_id}/opinions", responses=errors(400, 422, 503), summary="What a person says of each picture, -1..1"
    )
    def opinions(user_id: str) -> JSONResponse:
        checked = check_user_id(user_id)
        events = PeopleStore(volume).events(checked)
        return JSONResponse({"user_id": checked, "opinions": {one.image_id: one.value for one in events}})

    @router.post(
        "/{user_id}/likes",
        dependencies=[OwnName],
        responses=answers,
        openapi_extra=BODY,
        summary="Like (1) or dislike (-1) pictures",
    )
    def like(user_id: str, body: Body) -> JSONResponse:
        return JSONResponse(_record(engine_of(), volume, user_id, body, value_of(body)))

    @router.delete(
        "/{user_id}/likes", dependencies=[OwnName], responses=answers, openapi_extra=BODY, summary="Take opinions back"
    )
    def unlike(user_id: str, body: Body) -> JSONResponse:
        return JSONResponse(_record(engine_of(), volume, user_id, body, None))


def whole_number(name: str, text: str) -> int:
    """A number of the address.

    Raises:
        UsageError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{name}: expected a whole number, got {text[:80]!r}") from None


def value_of(body: dict[str, Any]) -> float:
    """The opinion that a request states; a like if it does not say.

    Raises:
        UsageError: it is neither 1 nor -1.
    """
    value = body.get("value", 1)
    if value not in (1, -1) or isinstance(value, bool):
        raise UsageError(f"value: expected 1 (like) or -1 (dislike), got {str(value)[:80]}")
    return float(value)


def _record(engine: Engine, volume: Storage, user_id: str, body: dict[str, Any], value: float | None) -> dict[str, Any]:
    pictures = body.get("pictures")
    if (
        not isinstance(pictures, list)
        or not 1 <= len(pictures) <= MOST_PICTURES
        or not all(isinstance(one, str) for one in pictures)
    ):
        raise UsageError(
            f"pictures: expected a list of 1 to {MOST_PICTURES} ids, paths or file names, got {str(pictures)[:80]}"
        )
    unknown = sorted(body.keys() - {"pictures", "value"})
    if unknown:
        raise UsageError(f"body: expected the fields pictures and value, got {', '.join(unknown)[:80]}")
    ids = record(volume, user_id, pictures, value, "http", partial(is_id, engine.pictures))
    return {"user_id": user_id, "image_ids": ids, "value": value}
