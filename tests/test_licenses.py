"""What is installed with the program may be used by everybody, and is listed."""

import re

import pytest

from tests import licenses

COPYLEFT = re.compile(r"GPL|General Public|MPL|Mozilla|EUPL|CDDL|SSPL|Commons Clause", re.IGNORECASE)


def test_the_list_is_current() -> None:
    assert licenses.PAGE.read_text(encoding="utf-8") == licenses.page(), "run `make licenses`"


@pytest.mark.parametrize("name", licenses.locked_names())
def test_every_package_states_a_licence_and_copyleft_has_a_reason(name: str) -> None:
    stated = licenses.license_of(name)
    assert stated
    assert not COPYLEFT.search(stated) or name in licenses.COPYLEFT
