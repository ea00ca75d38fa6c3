"""What files depict, as structured data on Wikimedia Commons states it, in English.

Source: https://commons.wikimedia.org/wiki/Commons:Structured_data;
https://www.wikidata.org/w/api.php?action=help&modules=wbgetentities
"""

from collections.abc import Iterable
from typing import Any

from acquisition.sources.web.wikimedia.api import Api, ApiError
from shared.errors import UsageError

DEPICTS = "P180"
ENTITIES = 50  # in one question
LANGUAGES = "en"


class Depicts:
    """Names of what files depict; a wiki without structured data is asked once.

    Args:
        api: of a wiki whose files have pages with structured data.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._is_there = True
        self._names: dict[str, str] = {}

    def names(self, pageids: Iterable[int]) -> dict[int, list[str]]:
        """By page, what its file depicts."""
        items = self._items([f"M{pageid}" for pageid in pageids]) if self._is_there else {}
        unnamed = sorted({item for found in items.values() for item in found} - self._names.keys())
        for start in range(0, len(unnamed), ENTITIES):
            self._learn(unnamed[start : start + ENTITIES])
        return {
            int(page[1:]): [name for item in found if (name := self._names.get(item))] for page, found in items.items()
        }

    def _items(self, pages: list[str]) -> dict[str, list[str]]:
        entities = self._entities(pages, "claims")
        return {page: depicted(entity) for page, entity in entities.items()}

    def _learn(self, items: list[str]) -> None:
        entities = self._entities(items, "labels")
        self._names |= {item: label_of(entities.get(item, {})) for item in items}

    def _entities(self, ids: list[str], part: str) -> dict[str, Any]:
        if not ids or not self._is_there:
            return {}
        question = {"action": "wbgetentities", "ids": "|".join(ids), "props": part, "languages": LANGUAGES}
        try:
            answer = self._api.ask({**question, "languagefallback": "1"})
        except (ApiError, UsageError):  # the wiki has no such module
            self._is_there = False
            return {}
        found: dict[str, Any] = answer.get("entities") or {}
        return found


def depicted(entity: Any) -> list[str]:
    """Identifiers of what a file's structured data says that it depicts; none for a file without any."""
    statements = entity.get("statements") or entity.get("claims") or {}
    values = [one.get("mainsnak", {}).get("datavalue", {}).get("value") for one in dict(statements).get(DEPICTS, [])]
    return [str(value["id"]) for value in values if isinstance(value, dict) and value.get("id")]


def label_of(entity: Any) -> str:
    """An entity's name in English or the language that stands for it; empty if it has none."""
    return str(dict(dict(entity.get("labels") or {}).get(LANGUAGES) or {}).get("value") or "")
