"""Recommendations online: a person's likes from the store, candidates from the index, scores and reasons from here."""

import threading
from typing import Any, NamedTuple

import numpy as np

from recommendation.index.searcher import Searcher, SearchParams
from recommendation.recommend import saved
from recommendation.recommend.listing import recommend, to_record
from recommendation.recommend.loading import View, load_view
from recommendation.scoring.interests import medoids
from recommendation.scoring.pictures import Rows
from recommendation.scoring.recommenders import DEFAULT, Model
from recommendation.scoring.taste import Taste, taste_of
from recommendation.search.engine import Engine
from shared.people.store import PeopleStore
from shared.storage import Storage

#: Collections up to this size are scored whole; above, only what the index proposes.
WHOLE = 20_000
#: Candidates that the index proposes for each interest and measure, popular ones, and random ones.
PROPOSED, POPULAR, RANDOM = 200, 500, 500
NODES_PER_CANDIDATE = 20  # of an Annoy forest
#: Metadata that a recommendation comes with, for a page that shows it.
SHOWN = ("width_px", "height_px", "title", "author", "source_url", "tags", "category")


class State(NamedTuple):
    """Everything that changes only with the index or with the batch."""

    engine: Engine
    view: View
    model: Model
    popular: Rows


def make_state(volume: Storage, engine: Engine, view: View | None = None) -> State:
    """The state for an open index.

    Args:
        view: of the same index, if there is one already.
    """
    view = view or load_view(engine)
    model = saved.model_of(view.pictures, saved.load(volume))
    popular = np.argsort(-model.crowd.popularity(prior=model.appeal), kind="stable")[:POPULAR]
    return State(engine, view, model, popular)


class Advisor:
    """Recommends pictures of a volume to people; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._volume, self._store = volume, PeopleStore(volume)
        self._state: State | None = None
        self._stamp: tuple[str, int] = ("", 0)
        self._loading = threading.Lock()

    def state(self, engine: Engine) -> State:
        """The state for an open index; loaded when index or batch are others than before."""
        stored = self._volume.stat(saved.KEY)
        stamp = engine.generation, stored.modified_ns if stored else 0
        with self._loading:
            if self._state is None or self._stamp != stamp:
                view = self._state.view if self._state and self._stamp[0] == stamp[0] else None
                self._state, self._stamp = make_state(self._volume, engine, view), stamp
            return self._state

    def taste(self, state: State, user_id: str) -> Taste:
        """What a person says today; of an unknown person nothing."""
        events = self._store.events(user_id)
        return taste_of(state.view.pictures, {one.image_id: one.value for one in events if one.value is not None})

    def recommend(self, engine: Engine, user_id: str, n: int, name: str = DEFAULT) -> list[dict[str, Any]]:
        """Pictures that a person might like, best first, as JSON shows them; errors as `listing.recommend`."""
        state = self.state(engine)
        taste = self.taste(state, user_id)
        found = recommend(state.model, taste, n, name, candidates(state, taste, n))
        return [described(engine, to_record(state.model, one)) for one in found]


def described(engine: Engine, record: dict[str, Any]) -> dict[str, Any]:
    """A recommended picture with those of its metadata that a page shows."""
    metadata = engine.metadata(record["image_id"])
    return {**record, **{name: metadata[name] for name in SHOWN}}


def candidates(state: State, taste: Taste, n: int) -> Rows | None:
    """Rows that are worth an exact score; None for all of a small collection."""
    pictures, view = state.view.pictures, state.view
    if len(pictures) <= WHOLE:
        return None
    proposed = [state.popular, np.random.default_rng(0).integers(0, len(pictures), RANDOM)]
    count = max(PROPOSED, 3 * n)
    searchers = [quick(state.engine.searchers[measure], count) for measure in ("embedding", "color")]
    for like in view.index_rows[medoids(pictures, taste)].tolist():
        proposed += [view.of_index[one.propose(one.vector(like), count)] for one in searchers]
    found = np.unique(np.concatenate(proposed))
    return found[found >= 0]


def quick(searcher: Searcher, count: int) -> Searcher:
    """The same searcher with less effort: every candidate is scored anyway, and none of them must be the very nearest."""
    search_k = searcher.params.search_k
    return searcher._replace(params=SearchParams(count, search_k and min(search_k, NODES_PER_CANDIDATE * count)))
