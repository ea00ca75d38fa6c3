"""Licences of pictures: what they permit, how they are named, and the credit that each asks for."""

from shared.licenses.identify import display_name, find_license, license_by_id
from shared.licenses.license import License
from shared.licenses.policy import OPEN, Policy, is_permitted, parse_policy, stricter
from shared.licenses.table import UNKNOWN

__all__ = [
    "OPEN",
    "UNKNOWN",
    "License",
    "Policy",
    "display_name",
    "find_license",
    "is_permitted",
    "license_by_id",
    "parse_policy",
    "stricter",
]
