"""The files of a category and of the categories below it, nearest first; each category once, for there are cycles.

Source: https://www.mediawiki.org/wiki/API:Categorymembers
"""

import json
from typing import Any, NamedTuple

from acquisition.sources.web.protocol import ListingError
from acquisition.sources.web.wikimedia.api import Api, Batch, Params
from acquisition.sources.web.wikimedia.files import FILES
from shared.errors import UsageError

PREFIX = "category:"
DEPTH = "depth="
DEFAULT_DEPTH, MOST_DEPTH = 3, 20
#: Categories that are walked; what is deeper in a wide tree has little to do with its root.
MOST_CATEGORIES = 5_000
NO_PAGE = 0
#: Categories without files that are walked through for one page of a listing.
MOST_EMPTY = 25
SUBCATEGORIES = {"list": "categorymembers", "cmtype": "subcat", "cmlimit": "max"}
MEMBERS = {"generator": "categorymembers", "gcmtype": "file", "gcmlimit": str(FILES)}


class Walk(NamedTuple):
    """Where a walk is.

    Args:
        waiting: categories whose files are still to be listed, as page ids with their depth; the first one is being listed.
            The root of the walk is `NO_PAGE` if it has members, but no page.
        seen: page ids of all categories that were ever waiting.
        more: what the listing of the first one continues with.
    """

    waiting: list[tuple[int, int]]
    seen: list[int]
    more: dict[str, str]

    @staticmethod
    def restore(cursor: str) -> "Walk":
        """A walk from its text."""
        waiting, seen, more = json.loads(cursor)
        return Walk([(page, depth) for page, depth in waiting], seen, more)


class Category:
    """The files of a category.

    Args:
        query: its name, and maybe ``|depth=N``: how many levels of subcategories are listed.

    Raises:
        UsageError: the query names none.
    """

    def __init__(self, api: Api, query: str) -> None:
        name, _, option = query.partition("|")
        self._api = api
        self.name = name_of(name)
        self._depth = depth_of(option.strip())
        if not self.name:
            raise UsageError("--source: expected wikimedia:category:NAME, got no name")

    def find(self, cursor: str | None, properties: Params) -> tuple[Batch, str | None]:
        """A batch of files, and the cursor of the next one.

        Raises:
            UsageError: there is no such category.
            ListingError: it is empty, or cannot be listed now.
        """
        walk = Walk.restore(cursor) if cursor else self._start()
        batch = Batch([], {})
        for _ in range(MOST_EMPTY):
            batch, walk = self._step(walk, properties)
            if batch.pages or not walk.waiting:
                break
        return batch, json.dumps(walk) if walk.waiting else None

    def _step(self, walk: Walk, properties: Params) -> tuple[Batch, Walk]:
        """A batch of files of the category that is being listed, and where the walk is then."""
        page, depth = walk.waiting[0]
        batch = self._api.batch({**properties, **MEMBERS, **self._named("gcm", page)}, walk.more)
        is_over = not batch.more
        return batch, self._with_subcategories(walk, page, depth) if is_over else walk._replace(more=dict(batch.more))

    def _start(self) -> Walk:
        """The root of the walk."""
        answer = self._api.ask({"titles": f"Category:{self.name}", "prop": "categoryinfo", "redirects": "1"})
        page: dict[str, Any] = next(iter(answer.get("query", {}).get("pages", [])), {})
        info = page.get("categoryinfo", {})
        where = f"category {self.name!r} of {self._api.host}"
        if not page or page.get("invalid") or (page.get("missing") and not info):
            raise UsageError(
                f"--source: expected the name of a category, got {self.name!r}: there is none at {self._api.host}"
            )
        if not info.get("files") and not (info.get("subcats") and self._depth):
            below = f"; it has {info['subcats']} subcategories, but |depth=0 was given" if info.get("subcats") else ""
            raise ListingError(f"the {where} holds no files{below}")
        root = int(page.get("pageid", NO_PAGE))
        return Walk([(root, 0)], [root], {})

    def _named(self, prefix: str, page: int) -> dict[str, str]:
        """The parameter that names a category."""
        return {f"{prefix}title": f"Category:{self.name}"} if page == NO_PAGE else {f"{prefix}pageid": str(page)}

    def _with_subcategories(self, walk: Walk, page: int, depth: int) -> Walk:
        """The walk after all files of its first category."""
        seen, found = set(walk.seen), list[int]()
        if depth < self._depth:
            found = [one for one in self._subcategories(page) if one not in seen]
            found = list(dict.fromkeys(found))[: max(0, MOST_CATEGORIES - len(seen))]
        return Walk([*walk.waiting[1:], *((one, depth + 1) for one in found)], [*walk.seen, *found], {})

    def _subcategories(self, page: int) -> list[int]:
        """Page ids of the categories directly below one."""
        found: list[int] = []
        more: Params = {}
        while True:
            answer = self._api.ask({**SUBCATEGORIES, **self._named("cm", page), **more})
            found += [
                int(one["pageid"]) for one in answer.get("query", {}).get("categorymembers", []) if one.get("pageid")
            ]
            more = answer.get("continue", {})
            if not more or len(found) > MOST_CATEGORIES:
                return found


def name_of(text: str) -> str:
    """A category's name without its prefix and underscores."""
    name = " ".join(text.replace("_", " ").split())
    return name[len(PREFIX) :].strip() if name.lower().startswith(PREFIX) else name


def depth_of(option: str) -> int:
    """The number of levels that an option names.

    Raises:
        UsageError: it is none.
    """
    if not option:
        return DEFAULT_DEPTH
    number = option.removeprefix(DEPTH)
    if not (option.startswith(DEPTH) and number.isascii() and number.isdigit() and int(number) <= MOST_DEPTH):
        raise UsageError(f"--source: expected |{DEPTH}N with N from 0 to {MOST_DEPTH} behind a category, got |{option}")
    return int(number)
