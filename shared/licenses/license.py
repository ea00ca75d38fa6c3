"""What a licence is: its identifier, name and address, and what it permits."""

from typing import NamedTuple


class License(NamedTuple):
    """A licence, or a statement that stands for one.

    Args:
        id: of SPDX's list where it is there, else ``LicenseRef-...``; ``unknown`` for the unknown one.
        name: for people, as it stands in credits.
        url: of its text, empty if there is none.
        group: the name that stands for it in `--licenses`.
        attribution_required: by the licence, or by the terms of the service that it belongs to.
        share_alike: what is made of the picture must be under the same licence.
    """

    id: str
    name: str
    url: str
    group: str
    attribution_required: bool = True
    commercial_ok: bool = True
    derivatives_ok: bool = True
    share_alike: bool = False
