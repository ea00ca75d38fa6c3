"""Which licences are accepted, what may be shown, and which of two statements is the stricter."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.errors import UsageError
from shared.licenses.creative_commons import KINDS
from shared.licenses.identify import find_in_text, license_by_id
from shared.licenses.license import License
from shared.licenses.table import ROWS, UNKNOWN

OPEN, ANY = "open", "any"
#: Groups without permission, and those that state no permission.
CLOSED = frozenset({"in-copyright"})
DOUBTFUL = frozenset({"unknown", "undetermined", "no-known-copyright", "in-copyright-elsewhere"})
GROUPS = tuple(
    dict.fromkeys([*(row.license.group for row in ROWS), *(f"cc-{kind}" for kind in sorted(KINDS)), "unknown"])
)


class Policy(NamedTuple):
    """Which licences are accepted.

    Args:
        names: groups of the table, identifiers in lower case, `OPEN` or `ANY`.
    """

    names: frozenset[str] = frozenset({OPEN})

    def accepts(self, one: License) -> bool:
        """Whether pictures of this licence are stored."""
        if self.names & {ANY, one.group, one.id.lower()}:
            return True
        return OPEN in self.names and is_open(one)


def is_open(one: License) -> bool:
    """Whether anybody may use and change it for anything, with a credit at most and under the same licence at most."""
    return one.commercial_ok and one.derivatives_ok and one.group not in CLOSED | DOUBTFUL


def parse_policy(text: str, setting: str = "--licenses") -> Policy:
    """The policy of a list such as ``cc0,cc-by,cc-by-sa``.

    Raises:
        UsageError: a name is neither a group nor an identifier.
    """
    names = [name for one in text.split(",") if (name := one.strip().lower())]
    known = {OPEN, ANY, *GROUPS}
    unknown = [name for name in names if name not in known and license_by_id(name) is UNKNOWN]
    if unknown or not names:
        got = unknown[0] if unknown else text
        raise UsageError(
            f"{setting}: expected {OPEN}, {ANY}, an SPDX identifier or some of {', '.join(GROUPS)}; got {got!r}"
        )
    return Policy(frozenset(names))


def is_permitted(statement: str) -> bool:
    """Whether a picture of a collection may be shown to its people: nothing that is said of it refuses that.

    An empty statement is a picture of one's own.
    """
    return not statement or find_in_text(statement).group not in CLOSED


def stricter(statements: Iterable[str]) -> str:
    """Of several statements about one picture the one that permits least; empty ones state nothing."""
    return max(filter(None, statements), key=lambda one: strictness(find_in_text(one)), default="")


def strictness(one: License) -> tuple[bool, bool, bool, bool, bool, bool, str]:
    """Grows with what a licence forbids or demands; of two versions the older is the stricter.

    Source: https://creativecommons.org/licenses/by/4.0/legalcode, section 6(b): since 4.0 a mistake can be cured.
    """
    age = "".join(chr(255 - ord(char)) for char in one.id)
    refuses = (one.group in CLOSED, one.group in DOUBTFUL, not one.commercial_ok, not one.derivatives_ok)
    return (*refuses, one.share_alike, one.attribution_required, age)
