"""Wire the evaluation of answers and of recommendations: queries and people over tasks. No logic here, see `steps`, `plain`, `run`."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial

from pyspark import RDD, Broadcast, SparkContext

from recommendation import steps
from recommendation.index.build.collection import indexable
from recommendation.index.build.learning import picture_count
from recommendation.labels import Labels
from recommendation.quality import plain, run
from recommendation.quality.run import Common, Plan, Result, Task
from recommendation.recommend.loading import load_view
from recommendation.scoring.pictures import Pictures
from recommendation.scoring.recommenders import Evidence, Model
from recommendation.search.engine import Engine
from recommendation.steps import Asked
from shared import tables
from shared.storage import Storage

PEOPLE_PER_TASK = 8
PARTITIONS_PER_CORE = 4
BLOCK_ROWS = 8192  # whose plain neighbours one task finds


def ask_all(sc: SparkContext, volume: Storage, generation_name: str, labels: Labels, count: int) -> list[Asked]:
    """Ask every picture of the live index as a query, in their order."""
    queries = sc.parallelize(range(count), PARTITIONS_PER_CORE * sc.defaultParallelism)
    return queries.mapPartitions(partial(steps.ask_pictures, volume, generation_name, labels)).collect()


def ask_plain(
    sc: SparkContext, volume: Storage, generation_name: str, labels: Labels, sha256: str
) -> dict[str, list[bool]]:
    """By image_id whether each answer has the picture's label, for the plain cosine of one network.

    Args:
        sha256: of the network's model.
    """
    slices = indexable(tables.open_snapshot(volume))
    n_blocks = max(sc.defaultParallelism, -(-picture_count(slices) // BLOCK_ROWS))
    blocks = sc.parallelize(steps.shares(slices, n_blocks), min(n_blocks, len(slices)))
    return blocks.flatMap(partial(plain.hits, volume, generation_name, labels, sha256, slices)).collectAsMap()


def evaluate(sc: SparkContext, volume: Storage, model: Model, tasks: Sequence[Task], plan: Plan) -> list[Result]:
    """The results of all people, in the order of the tasks."""
    crowd = sc.broadcast(model._replace(pictures=None))  # type: ignore[arg-type] # workers open the pictures themselves
    n_slices = max(1, min(len(tasks), -(-len(tasks) // PEOPLE_PER_TASK)))
    numbered = sc.parallelize(list(enumerate(tasks)), n_slices)
    common = run.common_weights(gather(numbered, volume, crowd, plan, [run.Common({})] * 2))
    common = run.common_strengths(gather(numbered, volume, crowd, plan, common), common)
    found = numbered.mapPartitions(partial(measure, volume, crowd, common, plan)).sortByKey().values().collect()
    return list(found)


@lru_cache(maxsize=1)
def pictures_of(volume: Storage) -> Pictures:
    """The pictures of a worker process."""
    return load_view(Engine.open(volume)).pictures


def gather(
    numbered: "RDD[tuple[int, Task]]", volume: Storage, crowd: "Broadcast[Model]", plan: Plan, common: list[Common]
) -> list[Evidence | None]:
    """Everybody's evidence under common weights, in the order of the tasks."""
    found: RDD[tuple[int, Evidence | None]] = numbered.mapPartitions(partial(weigh, volume, crowd, plan, common))
    return found.sortByKey().values().collect()


def weigh(
    volume: Storage, crowd: "Broadcast[Model]", plan: Plan, common: list[Common], tasks: Iterable[tuple[int, Task]]
) -> Iterator[tuple[int, Evidence | None]]:
    """Each person's evidence under the weights of the own half."""
    model = crowd.value._replace(pictures=pictures_of(volume))
    for number, task in tasks:
        yield number, run.evidence(run.with_common(model, common[number % 2]), task, plan)


def measure(
    volume: Storage,
    crowd: "Broadcast[Model]",
    common: list[Common],
    plan: Plan,
    tasks: Iterable[tuple[int, Task]],
) -> Iterator[tuple[int, Result]]:
    """Each person's metrics."""
    model = crowd.value._replace(pictures=pictures_of(volume))
    for number, task in tasks:
        yield number, run.person(run.with_common(model, common[1 - number % 2]), task, plan)
