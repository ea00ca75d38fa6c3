"""What the test's wiki holds: drawn pictures with licence templates, categories with a cycle, redirects."""

from typing import NamedTuple

from acquisition.sample.plan import Drawing, drawings, files_of, format_of, path_of
from tests.web.mediawiki.wiki import Upload

N_FILES = 132
ROOT, LEVELS = "Coast", ("Coast", "Cliffs", "Arches")
#: Levels of files in turn: the first has more files than one answer of the API.
LEVEL_OF = (0, 1, 0, 2)
#: Template, the licence that it stands for; most files are under those that the default policy accepts.
OPEN = {
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "cc-by-2.0-de": "CC-BY-2.0-DE",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-zero": "CC0-1.0",
    "pd": "LicenseRef-PD",
}
OTHERS = {"cc-by-nc-4.0": "CC-BY-NC-4.0", "house-rules": "unknown"}
OTHERS_EVERY = 13
#: Files of the collection with something special.
WITH_CREDIT_LINE, NON_FREE = 1, 2
#: SQLite's search finds words of titles only.
IN_ALL_NAMES = "Drawn"
#: So many that the categories of 50 files come in more than one answer.
N_TOPICS = 11


class Known(NamedTuple):
    """A file of the wiki, as it is meant to be found."""

    name: str
    number: int
    license_id: str
    author: str
    title: str
    category: str
    topics: list[str]

    @property
    def is_open(self) -> bool:
        """Whether the default policy accepts it."""
        return self.license_id in OPEN.values()


def known_files() -> list[Known]:
    """All files, in the order of their numbers."""
    return [known_file(number, one) for number, one in enumerate(chosen_drawings())]


def chosen_drawings() -> list[Drawing]:
    """The drawings that are uploaded: JPEGs, large ones among them."""
    jpegs = [one for one in drawings() if format_of(one) == "JPEG"]
    return sorted(jpegs, key=lambda one: (-one.number, one.subject))[:N_FILES]


def known_file(number: int, drawing: Drawing) -> Known:
    """What is known of a file."""
    license_id = "LicenseRef-NonFree" if number == NON_FREE else (OPEN | OTHERS)[template_of(number)]
    name = f"{IN_ALL_NAMES} {path_of(drawing).rpartition('/')[2].replace('_', ' ')}"
    topics = [f"Topic {topic:02d} of {number % 5}" for topic in range(N_TOPICS)]
    return Known(
        name,
        number,
        license_id,
        f"Jane {number % 9}",
        f"{drawing.subject} & co {number}",
        LEVELS[LEVEL_OF[number % len(LEVEL_OF)]],
        topics,
    )


def template_of(number: int) -> str:
    """The licence template of a file."""
    is_other = number % OTHERS_EVERY == OTHERS_EVERY - 1
    return [*OTHERS][number // OTHERS_EVERY % len(OTHERS)] if is_other else [*OPEN][number % len(OPEN)]


def uploads() -> dict[str, Upload]:
    """The files with their pages."""
    return {
        known.name.replace(" ", "_"): Upload(files_of(drawing)[path_of(drawing)], page_text(known))
        for known, drawing in zip(known_files(), chosen_drawings(), strict=True)
    }


def page_text(known: Known) -> str:
    """The wikitext of a file's page."""
    lines = [
        "{{Information",
        f"|description={{{{en|1={known.title}}}}}",
        f"|author=[[User:{known.author.replace(' ', '_')}|{known.author}]]",
        f"|date=2021-05-{known.number % 28 + 1:02d}",
        *(["|credit line=Photo by Jane / Wikimedia"] if known.number == WITH_CREDIT_LINE else []),
        "}}",
        f"{{{{{template_of(known.number)}}}}}",
        *(["{{Non-free}}"] if known.number == NON_FREE else []),
        *(f"[[Category:{name}]]" for name in (known.category, "Files with no machine-readable source", *known.topics)),
    ]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Other pages by title: categories in a cycle, a hidden one, an empty one, a redirected file."""
    return {
        "Category:Coast": "[[Category:Arches]]",
        "Category:Cliffs": "[[Category:Coast]]",
        "Category:Arches": "[[Category:Cliffs]]",
        "Category:Empty": "nothing is in here",
        "Category:Files with no machine-readable source": "__HIDDENCAT__",
        "File:Old name.jpg": f"#REDIRECT [[File:{known_files()[0].name}]]",
    }
