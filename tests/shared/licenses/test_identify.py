"""Spellings of licences, from all services, to identifiers."""

import pytest

from shared.licenses import UNKNOWN, display_name, find_license, license_by_id
from shared.licenses.identify import commons_license, flickr_license

CC = "https://creativecommons.org"

#: Addresses of licences and of pages about rights.
ADDRESSES = {
    f"{CC}/licenses/by/4.0/": "CC-BY-4.0",
    "http://creativecommons.org/licenses/by/4.0": "CC-BY-4.0",
    "https://www.creativecommons.org/licenses/by-sa/3.0/deed.en": "CC-BY-SA-3.0",
    f"{CC}/licenses/by-sa/3.0/de/": "CC-BY-SA-3.0-DE",
    f"{CC}/licenses/by-sa/2.0/uk/legalcode": "CC-BY-SA-2.0-UK",
    f"{CC}/licenses/by/3.0/igo/": "CC-BY-3.0-IGO",
    f"{CC}/licenses/by-sa/2.1/jp/": "CC-BY-SA-2.1-JP",
    f"{CC}/licenses/by-nd-nc/1.0/": "CC-BY-NC-ND-1.0",
    f"{CC}/licenses/by-nc-sa/2.0/": "CC-BY-NC-SA-2.0",
    f"{CC}/licenses/by-nc-nd/4.0/legalcode.de": "CC-BY-NC-ND-4.0",
    f"{CC}/licenses/sa/1.0/": "CC-SA-1.0",
    f"{CC}/licenses/sampling+/1.0/": "LicenseRef-CC-Sampling",
    f"{CC}/licenses/nc-sampling+/1.0/": "LicenseRef-CC-Sampling",
    f"{CC}/publicdomain/zero/1.0/deed.fr": "CC0-1.0",
    f"{CC}/publicdomain/mark/1.0/": "LicenseRef-PDM-1.0",
    f"{CC}/licenses/mark/1.0/": "LicenseRef-PDM-1.0",
    f"{CC}/licenses/publicdomain/": "LicenseRef-PD",
    "https://CreativeCommons.org/Licenses/By/2.5/": "CC-BY-2.5",
    "https://unsplash.com/license": "LicenseRef-Unsplash",
    "https://www.pexels.com/photo-license/": "LicenseRef-Pexels",
    "https://pixabay.com/service/license-summary/": "LicenseRef-Pixabay",
    "http://www.gnu.org/copyleft/fdl.html": "GFDL-1.2-or-later",
    "https://www.gnu.org/licenses/fdl-1.3.html": "GFDL-1.3-or-later",
    "http://artlibre.org/licence/lal/de": "LAL-1.3",
    "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/": "OGL-UK-3.0",
    "https://www.flickr.com/commons/usage/": "LicenseRef-NKC",
    "http://www.usa.gov/copyright.shtml": "LicenseRef-US-Gov",
    "http://rightsstatements.org/vocab/InC/1.0/": "LicenseRef-InC",
    "http://rightsstatements.org/vocab/InC-EDU/1.0/": "LicenseRef-InC",
    "http://rightsstatements.org/vocab/UND/1.0/": "LicenseRef-CNE",
    "http://rightsstatements.org/vocab/CNE/1.0/": "LicenseRef-CNE",
    "http://rightsstatements.org/vocab/NoC-US/1.0/": "LicenseRef-NoC-US",
    "http://rightsstatements.org/vocab/NKC/1.0/": "LicenseRef-NKC",
    "https://spdx.org/licenses/CC-BY-SA-4.0.html": "CC-BY-SA-4.0",
    "https://opensource.org/licenses/MIT": "MIT",
}
#: Machine codes of Commons (extmetadata `License`), Openverse, iNaturalist and SPDX.
CODES = {
    "cc-by-sa-3.0": "CC-BY-SA-3.0",
    "cc-by-2.0-de": "CC-BY-2.0-DE",
    "cc-by-sa-2.5-ca": "CC-BY-SA-2.5-CA",
    "cc-by-sa-3.0-migrated": "CC-BY-SA-3.0",
    "cc-by-sa-4.0,3.0,2.5,2.0,1.0": "CC-BY-SA-4.0",
    "cc-by-sa-all": "CC-BY-SA-4.0",
    "cc-zero": "CC0-1.0",
    "cc0": "CC0-1.0",
    "cc-pd-mark": "LicenseRef-PDM-1.0",
    "cc-pd-mark-footer": "LicenseRef-PDM-1.0",
    "pd": "LicenseRef-PD",
    "pd-old-70": "LicenseRef-PD",
    "pd-us": "LicenseRef-PD",
    "PD-USGov-NASA": "LicenseRef-US-Gov",
    "pdm": "LicenseRef-PDM-1.0",
    "PDM-owner": "LicenseRef-PDM-1.0",
    "by": "CC-BY",
    "by-nc-nd": "CC-BY-NC-ND",
    "cc-by-nc": "CC-BY-NC",
    "nc-sampling+": "LicenseRef-CC-Sampling",
    "gfdl": "GFDL-1.2-or-later",
    "CC-BY-SA-4.0": "CC-BY-SA-4.0",
    "LicenseRef-Unsplash": "LicenseRef-Unsplash",
    "licenseref-pdm-1.0": "LicenseRef-PDM-1.0",
    "etalab-2.0": "etalab-2.0",
}
#: Names for people: Commons' LicenseShortName and UsageTerms, XMP's UsageTerms, titles of deeds.
NAMES = {
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
    "CC-BY-SA-3.0": "CC-BY-SA-3.0",
    "CC BY-SA 3.0 de": "CC-BY-SA-3.0-DE",
    "CC BY 2.5": "CC-BY-2.5",
    "CC BY 4.0 DE": "CC-BY-4.0",
    "CC BY-SA 4.0-3.0-2.5-2.0-1.0": "CC-BY-SA-4.0",
    "CC BY 3.0 us": "CC-BY-3.0-US",
    "CC SA 1.0": "CC-SA-1.0",
    "CC0": "CC0-1.0",
    "CC0 1.0 Universal": "CC0-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Creative Commons Zero, Public Domain Dedication": "CC0-1.0",
    "Creative Commons Attribution 2.0 Generic": "CC-BY-2.0",
    "Creative Commons Attribution-Share Alike 4.0": "CC-BY-SA-4.0",
    "Creative Commons Attribution-ShareAlike 3.0 Unported": "CC-BY-SA-3.0",
    "Creative Commons Attribution-Share Alike 3.0 Germany": "CC-BY-SA-3.0-DE",
    "Attribution-NonCommercial-NoDerivs 2.0 Generic (CC BY-NC-ND 2.0)": "CC-BY-NC-ND-2.0",
    "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International License": "CC-BY-NC-ND-4.0",
    "This work is licensed under a Creative Commons Attribution 4.0 International License.": "CC-BY-4.0",
    'Licensed under <a href="http://creativecommons.org/licenses/by-nc/3.0/">CC BY-NC</a>': "CC-BY-NC-3.0",
    "© Jane Doe, https://creativecommons.org/licenses/by/4.0/.": "CC-BY-4.0",
    "Public domain": "LicenseRef-PD",
    "Public Domain Mark 1.0": "LicenseRef-PDM-1.0",
    "No restrictions": "LicenseRef-NKC",
    "No known copyright restrictions": "LicenseRef-NKC",
    "Flickr-no known copyright restrictions": "LicenseRef-NKC",
    "United States Government Work": "LicenseRef-US-Gov",
    "GFDL": "GFDL-1.2-or-later",
    "GFDL 1.2": "GFDL-1.2-or-later",
    "GNU Free Documentation License, Version 1.2 or later": "GFDL-1.2-or-later",
    "FAL": "LAL-1.3",
    "Free Art License": "LAL-1.3",
    "Attribution": "LicenseRef-Attribution",
    "Copyrighted free use": "LicenseRef-CFU",
    "OGL 3": "OGL-UK-3.0",
    "OGL 2": "OGL-UK-2.0",
    "Open Government Licence v3.0": "OGL-UK-3.0",
    "KOGL Type 1": "LicenseRef-KOGL-1",
    "GODL-India": "LicenseRef-GODL-India",
    "MIT": "MIT",
    "GPL": "GPL-2.0-or-later",
    "Apache License 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "Fair use": "LicenseRef-NonFree",
    "Pexels License": "LicenseRef-Pexels",
    "All rights reserved": "LicenseRef-InC",
}
#: What must not be taken for a licence.
UNREADABLE = (
    *("", " ", "?", "see website", "CC", "CC BY-XX 4.0", "CC BY 9.9", "CC BY-SA 4.0 except people", "not CC BY 4.0"),
    *(
        "zero rights",
        "false",
        "sa",
        "nc-nd",
        "by the sea",
        "public domain?",
        "© 2020 Jane Doe",
        "CC BY NC SA ND 4.0 x y",
    ),
    *(
        "https://example.org/licenses/by/4.0/",
        "https://creativecommons.org/",
        "https://creativecommons.org/licenses/by/9.0/",
    ),
    *("https://evil.example/?u=creativecommons.org/licenses/by/4.0/", "http://[", "CC BY-ND-SA 4.0", "cc-by-sa-nd-4.0"),
    "https://creativecommons.org/licenses/by/4.0/ or https://creativecommons.org/licenses/by-nc/4.0/",
)


def test_there_are_enough_spellings() -> None:
    assert len(ADDRESSES) + len(CODES) + len(NAMES) >= 100


@pytest.mark.parametrize(("url", "expected"), ADDRESSES.items())
def test_an_address_names_a_licence(url: str, expected: str) -> None:
    assert find_license(url=url).id == expected


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_a_code_names_a_licence(code: str, expected: str) -> None:
    assert find_license(code=code).id == expected


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_a_name_names_a_licence(name: str, expected: str) -> None:
    assert find_license(name=name).id == expected


@pytest.mark.parametrize("statement", UNREADABLE)
def test_what_is_not_understood_stays_unknown(statement: str) -> None:
    assert find_license(statement, statement, statement) is UNKNOWN
    assert display_name(statement) == statement


FLICKR = (
    *(
        "LicenseRef-InC",
        "CC-BY-NC-SA-2.0",
        "CC-BY-NC-2.0",
        "CC-BY-NC-ND-2.0",
        "CC-BY-2.0",
        "CC-BY-SA-2.0",
        "CC-BY-ND-2.0",
    ),
    *(
        "LicenseRef-NKC",
        "LicenseRef-US-Gov",
        "CC0-1.0",
        "LicenseRef-PDM-1.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-ND-4.0",
    ),
    *("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "unknown"),
)


@pytest.mark.parametrize(
    ("number", "expected"), [*enumerate(FLICKR), ("4", "CC-BY-2.0"), ("x", "unknown"), ("", "unknown")]
)
def test_flickr_numbers_its_licences(number: int | str, expected: str) -> None:
    assert flickr_license(number).id == expected


def test_the_address_counts_before_the_code_and_the_code_before_the_name() -> None:
    by, zero = f"{CC}/licenses/by/4.0/", "cc-zero"
    assert find_license(by, zero, "GFDL").id == "CC-BY-4.0"
    assert find_license("https://example.org/terms", zero, "GFDL").id == "CC0-1.0"
    assert find_license("", "{{custom}}", "GFDL").id == "GFDL-1.2-or-later"


def test_fair_use_is_no_licence_whatever_else_is_stated() -> None:
    found = commons_license(f"{CC}/licenses/by/4.0/", "", "", is_non_free=True)
    assert (found.id, found.commercial_ok) == ("LicenseRef-NonFree", False)


@pytest.mark.parametrize("identifier", sorted({*ADDRESSES.values(), *CODES.values(), *NAMES.values()}))
def test_an_identifier_and_its_address_and_its_name_are_of_one_licence(identifier: str) -> None:
    one = license_by_id(identifier)
    assert one.id == identifier
    assert find_license(name=one.name) == one
    is_versioned = one.url != f"{CC}/licenses/"
    assert not one.url or not is_versioned or find_license(url=one.url).group == one.group


@pytest.mark.parametrize(
    ("identifier", "flags"),  # attribution required, commercial, derivatives, share alike
    {
        "CC0-1.0": (False, True, True, False),
        "LicenseRef-PD": (False, True, True, False),
        "CC-BY-4.0": (True, True, True, False),
        "CC-BY-SA-3.0-DE": (True, True, True, True),
        "CC-BY-ND-2.0": (True, True, False, False),
        "CC-BY-NC-4.0": (True, False, True, False),
        "CC-BY-NC-SA-2.0": (True, False, True, True),
        "CC-BY-NC-ND-4.0": (True, False, False, False),
        "CC-SA-1.0": (False, True, True, True),
        "GFDL-1.2-or-later": (True, True, True, True),
        "LicenseRef-Unsplash": (True, True, True, False),
        "unknown": (True, False, False, False),
    }.items(),
)
def test_permissions_follow_from_the_licence(identifier: str, flags: tuple[bool, bool, bool, bool]) -> None:
    assert license_by_id(identifier)[4:] == flags


def test_a_port_has_the_address_of_its_country() -> None:
    assert license_by_id("CC-BY-SA-3.0-DE").url == f"{CC}/licenses/by-sa/3.0/de/"
    assert license_by_id("CC-BY-SA-3.0-DE").name == "CC BY-SA 3.0 DE"
