"""A volume opened from Python: ask it, read its tables, see it. The command line and the service answer from the same parts."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from recommendation.api.display import Answers, Drawings, Picture, Recommendations, Table
from recommendation.commands.people.opinions import record
from recommendation.recommend.advisor import Advisor
from recommendation.scoring.recommenders import DEFAULT
from recommendation.search.answerer import Answerer
from recommendation.search.engine import Engine
from recommendation.search.meaning import IMAGE_ID
from recommendation.search.query_picture import read_upload
from recommendation.search.request import QueryRequest, default_options
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import QuerySettings
from shared.errors import CannotProceedError, UsageError
from shared.people.events import check_user_id
from shared.people.references import picture_ids
from shared.storage.volume import REPORTS
from shared.tables import catalog

LIKE, DISLIKE = 1.0, -1.0
PATTERNS = {"charts": "charts/*.png", "map": "map.png"}


class Collection:
    """The pictures of one volume, as its live index has them; safe to use from several threads.

    Args:
        data: the volume; None: IMAGEREC_DATA, else ./shared_data.

    Raises:
        ValueError: `data` can be no volume.
        CannotProceedError: there is no index yet, or a file of it is damaged.
    """

    def __init__(self, data: str | Path | None = None) -> None:
        try:
            self._settings = QuerySettings.resolve({"data": None if data is None else str(data)}, None)
        except UsageError as error:
            raise ValueError(str(error)) from error
        self._volume = self._settings.volume
        self._answerer = Answerer(self._volume)
        self._thumbnails = Thumbnails(self._volume)

    @property
    def _engine(self) -> Engine:
        self._answerer.refresh()
        return self._answerer.current.engine

    @cached_property
    def _advisor(self) -> Advisor:
        return Advisor(self._volume)

    def __len__(self) -> int:
        return self._engine.count

    def __repr__(self) -> str:
        return f"<{len(self)} pictures in {self._volume.root}>"

    def query(self, *pictures: str | Path, **options: Any) -> Answers:
        """The pictures most like 1 to 5 pictures together.

        Args:
            pictures: files, or image_ids of the collection.
            options: fields of `recommendation.search.request.Options`, lists as lists: `top_k=10`, `measure=["default"]`,
                `combine="min"`, `where=["orientation=portrait"]`, `weight=["embedding=0.7", "color=0.3"]`, ...

        Raises:
            ValueError: an option or the number of pictures cannot be, or an image_id is not in the collection.
            BadInputError: a file is no picture that can be read; `reason` and `detail` say why.
        """
        ids = [str(one) for one in pictures if IMAGE_ID.fullmatch(str(one))]
        files = [Path(one) for one in pictures if str(one) not in ids]
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
        try:
            asked = {**vars(default_options(self._settings)), **given}
            request = QueryRequest(**asked, images=tuple(map(str, files)), id=tuple(ids))
            self._answerer.refresh()
            answered = self._answerer.answer([read_upload(path, str(path)) for path in files], request, ids)
        except (UsageError, TypeError) as error:
            raise ValueError(str(error)) from error
        return Answers(answered.content, self._jpegs(shown_ids(answered.content)), answered.query_thumbnails)

    def picture(self, reference: str) -> Picture:
        """One picture by image_id, path, URL or file name.

        Raises:
            ValueError: no picture, or more than one, has that name.
        """
        try:
            image_id = picture_ids(self._volume, [reference])[reference]
            return Picture(self._engine.metadata(image_id), self._jpegs([image_id])[image_id])
        except UsageError as error:
            raise ValueError(str(error)) from error

    def sql(self, statement: str) -> Table:
        """The answer to a SELECT over the catalog, in which every table is a view.

        Raises:
            ValueError: DuckDB refuses the statement.
            CannotProceedError: the catalog or a table is missing or damaged.
        """
        try:
            return Table(catalog.query_arrow(self._volume, statement))
        except UsageError as error:
            raise ValueError(str(error)) from error

    def recommend(self, user: str, n: int = 10, recommender: str = DEFAULT) -> Recommendations:
        """Pictures that a person might like, best first, each with the reason.

        Raises:
            ValueError: `n` is below 1 or above 1000, or there is no such recommender.
        """
        try:
            engine = self._engine
            items = self._advisor.recommend(engine, check_user_id(user), n, recommender)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return Recommendations(user, items, self._jpegs([one["image_id"] for one in items]))

    def like(self, user: str, *pictures: str) -> None:
        """Store that a person likes pictures, named as in `picture`; durable when this returns; errors as `picture`."""
        self._record(user, pictures, LIKE)

    def dislike(self, user: str, *pictures: str) -> None:
        """Store that a person does not want to see pictures; errors as `picture`."""
        self._record(user, pictures, DISLIKE)

    def unlike(self, user: str, *pictures: str) -> None:
        """Take back a like or a dislike; errors as `picture`."""
        self._record(user, pictures, None)

    def users(self) -> Table:
        """The profiles of all people as the last run made them: favourite colours, tags, orientation, size, pictures."""
        return self.sql("SELECT * FROM profiles ORDER BY user_id")

    def charts(self) -> Drawings:
        """The charts of the collection.

        Raises:
            CannotProceedError: none were drawn.
        """
        return self._drawings("charts")

    def map(self) -> Drawings:
        """The map of the collection as a picture; errors as `charts`."""
        return self._drawings("map")

    def status(self) -> dict[str, Any]:
        """What the index was made of, and how well and how fast it finds."""
        return dict(self._engine.summary())

    def _record(self, user: str, pictures: Sequence[str], value: float | None) -> None:
        try:
            record(self._volume, user, pictures, value, "python")
        except UsageError as error:
            raise ValueError(str(error)) from error

    def _drawings(self, kind: str) -> Drawings:
        folder = self._volume.local_path(REPORTS)
        paths = sorted(folder.glob(PATTERNS[kind]))
        if not paths:
            raise CannotProceedError(f"expected {kind} in {folder}; `imagerec run` draws them")
        return Drawings(paths)

    def _jpegs(self, image_ids: Sequence[str]) -> dict[str, bytes]:
        return self._thumbnails.read(self._engine, image_ids)


def shown_ids(content: Any) -> list[str]:
    """Ids of the stored pictures in an answer and its query, each once."""
    answers = [item["image_id"] for items in content["results"].values() for item in items]
    return list(dict.fromkeys(answers))
