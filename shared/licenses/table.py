"""The table of licences: identifiers, names, addresses, permissions and spellings; those of Creative Commons follow rules.

Source: https://spdx.org/licenses/ for identifiers; each licence's address for its terms;
https://commons.wikimedia.org/wiki/Commons:Copyright_tags for the spellings of Wikimedia Commons;
flickr.photos.licenses.getInfo for Flickr's numbers; https://rightsstatements.org/page/1.0/ for statements.
"""

from typing import NamedTuple

from shared.licenses.license import License


class Row(NamedTuple):
    """A licence with the ways it is written.

    Args:
        spellings: separated by ``;``, in lower case, words separated by single spaces, as `identify.to_words` makes them;
            one that ends in ``*`` stands for all that begin with the same words.
        addresses: separated by spaces: what addresses of it begin with, in lower case without ``https://www.``.
    """

    license: License
    spellings: str = ""
    addresses: str = ""


def free(identifier: str, name: str, url: str, group: str) -> License:
    """A work that anybody may use for anything, without a credit."""
    return License(identifier, name, url, group, attribution_required=False)


def alike(identifier: str, name: str, url: str, group: str) -> License:
    """A work that anybody may use with a credit, and change under the same licence."""
    return License(identifier, name, url, group, share_alike=True)


def closed(identifier: str, name: str, url: str, group: str) -> License:
    """A work that nobody may use without asking."""
    return License(identifier, name, url, group, commercial_ok=False, derivatives_ok=False)


CC, GNU, RIGHTS = "https://creativecommons.org", "https://www.gnu.org/licenses", "https://rightsstatements.org/vocab"
OGL, OGL_URL = "Open Government Licence", "https://www.nationalarchives.gov.uk/doc/open-government-licence/version"

UNKNOWN = closed("unknown", "unknown licence", "", "unknown")
NON_FREE = closed("LicenseRef-NonFree", "fair use", "", "in-copyright")

PUBLIC_DOMAIN = (
    Row(
        free("CC0-1.0", "CC0 1.0", f"{CC}/publicdomain/zero/1.0/", "cc0"),
        "cc0*; cc zero*; cc 0; cc cc0*; zero; public domain dedication*; cc public domain dedication*",
        "creativecommons.org/publicdomain/zero creativecommons.org/licenses/zero creativecommons.org/choose/zero",
    ),
    Row(
        free("LicenseRef-PDM-1.0", "Public Domain Mark 1.0", f"{CC}/publicdomain/mark/1.0/", "pdm"),
        "pdm*; public domain mark*; cc pd mark*; cc pdm*; cc public domain mark*",
        "creativecommons.org/publicdomain/mark creativecommons.org/licenses/mark",
    ),
    Row(
        free("LicenseRef-US-Gov", "work of the US government", "https://www.usa.gov/government-works", "us-gov"),
        "pd usgov*; pd us gov*; pd nasa*; nasa; us gov*; us government*; u.s. government work*; united states government work*",
        "usa.gov/copyright usa.gov/government-works usa.gov/government-copyright",
    ),
    Row(
        free("LicenseRef-PD", "public domain", "", "pd"),
        "public domain; publicdomain; publicdomain n a; pd*; cc pd; cc public domain; cc publicdomain; copyright free; "
        "public domain in the united states; public domain in the usa; public domain us",
        "creativecommons.org/licenses/publicdomain creativecommons.org/publicdomain/certification",
    ),
    Row(
        License("LicenseRef-NKC", "no known copyright restrictions", f"{RIGHTS}/NKC/1.0/", "no-known-copyright"),
        "no restrictions; no known copyright; no known restrictions; no known copyright restrictions; nkc; nkcr; "
        "flickr commons; flickr no known copyright restrictions*",
        "flickr.com/commons/usage rightsstatements.org/vocab/nkc rightsstatements.org/page/nkc",
    ),
    Row(
        closed("LicenseRef-NoC-US", "no copyright in the United States", f"{RIGHTS}/NoC-US/1.0/", "no-copyright-us"),
        "noc us",
        "rightsstatements.org/vocab/noc rightsstatements.org/page/noc",
    ),
)

SERVICES = (
    Row(
        License("LicenseRef-Unsplash", "Unsplash License", "https://unsplash.com/license", "unsplash"),
        "unsplash; unsplash license; unsplash licence",
        "unsplash.com/license",
    ),
    Row(
        closed("LicenseRef-Unsplash-Plus", "Unsplash+ License", "https://unsplash.com/plus/license", "in-copyright"),
        "unsplash plus; unsplash+; unsplash+ license",
        "unsplash.com/plus",
    ),
    Row(
        License("LicenseRef-Pexels", "Pexels License", "https://www.pexels.com/license/", "pexels"),
        "pexels; pexels license; pexels licence",
        "pexels.com/license pexels.com/photo-license",
    ),
    Row(
        License("LicenseRef-Pixabay", "Pixabay License", "https://pixabay.com/service/license-summary/", "pixabay"),
        "pixabay; pixabay license; pixabay licence; pixabay content license",
        "pixabay.com/service/license pixabay.com/service/terms pixabay.com/en/service/terms",
    ),
)

OTHER_OPEN = (
    Row(
        alike("GFDL-1.2-or-later", "GFDL 1.2 or later", f"{GNU}/old-licenses/fdl-1.2.html", "gfdl"),
        "gfdl; gfdl 1.2; gfdl 1.2 or later; gfdl 1.2+; gfdl en; gfdl no disclaimers; gfdl with disclaimers; gfdl self*; "
        "gfdl user*; gnu fdl; gnu free documentation license*",
        "gnu.org/copyleft/fdl gnu.org/licenses/fdl gnu.org/licenses/old-licenses/fdl-1.2",
    ),
    Row(
        alike("GFDL-1.3-or-later", "GFDL 1.3 or later", f"{GNU}/fdl-1.3.html", "gfdl"),
        "gfdl 1.3; gfdl 1.3 or later; gfdl 1.3+; gnu fdl 1.3",
        "gnu.org/licenses/fdl-1.3",
    ),
    Row(
        alike("LAL-1.3", "Free Art License 1.3", "https://artlibre.org/licence/lal/en/", "fal"),
        "fal*; free art license*; free art licence*; licence art libre*; art libre; lal; lal 1.3",
        "artlibre.org",
    ),
    Row(
        License("LicenseRef-Attribution", "free use with attribution", "", "attribution"),
        "attribution; attribution only license; attribution only licence",
    ),
    Row(
        free("LicenseRef-CFU", "copyrighted, free use", "", "free-use"),
        "copyrighted free use; free use; copyrightedfreeuse; cfu",
    ),
    Row(
        License("OGL-UK-1.0", f"{OGL} 1.0", f"{OGL_URL}/1/", "ogl"),
        "ogl; ogl 1; ogl 1.0; ogl v1.0; open government licence v1.0; open government licence 1.0",
        "nationalarchives.gov.uk/doc/open-government-licence/version/1",
    ),
    Row(
        License("OGL-UK-2.0", f"{OGL} 2.0", f"{OGL_URL}/2/", "ogl"),
        "ogl 2; ogl2; ogl 2.0; ogl v2.0; open government licence v2.0; open government licence 2.0",
        "nationalarchives.gov.uk/doc/open-government-licence/version/2",
    ),
    Row(
        License("OGL-UK-3.0", f"{OGL} 3.0", f"{OGL_URL}/3/", "ogl"),
        "ogl 3; ogl3; ogl 3.0; ogl v3.0; open government licence v3.0; open government licence 3.0",
        "nationalarchives.gov.uk/doc/open-government-licence/version/3",
    ),
    Row(
        License("LicenseRef-KOGL-1", "KOGL Type 1", "https://www.kogl.or.kr/info/license.do", "kogl"),
        "kogl type 1; kogl type1; kogl 1; kogl; korea open government license type 1",
        "kogl.or.kr/info/license",
    ),
    Row(
        License(
            "LicenseRef-GODL-India", "GODL-India", "https://data.gov.in/government-open-data-license-india", "godl"
        ),
        "godl india; godl; government open data license india*",
        "data.gov.in/government-open-data-license-india",
    ),
    Row(
        License(
            "etalab-2.0", "Licence Ouverte 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", "etalab"
        ),
        "etalab 2.0; etalab; licence ouverte; licence ouverte 2.0; open licence 2.0",
        "etalab.gouv.fr/licence",
    ),
    Row(
        License("DL-DE-BY-2.0", "Data licence Germany 2.0", "https://www.govdata.de/dl-de/by-2-0", "dl-de"),
        "dl de by 2.0; dl de by 2 0; datenlizenz deutschland namensnennung 2.0",
        "govdata.de/dl-de/by-2-0",
    ),
    Row(
        free("DL-DE-ZERO-2.0", "Data licence Germany Zero 2.0", "https://www.govdata.de/dl-de/zero-2-0", "dl-de"),
        "dl de zero 2.0; dl de zero 2 0; datenlizenz deutschland zero 2.0",
        "govdata.de/dl-de/zero-2-0",
    ),
)

SOFTWARE = (
    Row(
        License("MIT", "MIT License", "https://opensource.org/license/mit", "software"),
        "mit; mit license; expat; expat license",
        "opensource.org/licenses/mit opensource.org/license/mit",
    ),
    Row(
        License("Apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", "software"),
        "apache; apache license; apache license 2.0; apache 2.0; asl 2.0",
        "apache.org/licenses/license-2.0 opensource.org/licenses/apache-2.0",
    ),
    Row(
        License("BSD-3-Clause", "BSD License", "https://opensource.org/license/bsd-3-clause", "software"),
        "bsd; bsd license; bsd 3 clause; new bsd license",
        "opensource.org/licenses/bsd-3-clause opensource.org/license/bsd-3-clause",
    ),
    Row(
        alike("GPL-2.0-or-later", "GPL 2.0 or later", f"{GNU}/old-licenses/gpl-2.0.html", "software"),
        "gpl; gnu gpl; gplv2; gplv2+; gpl v2; gpl 2.0; gpl 2.0 or later; gnu general public license",
        "gnu.org/licenses/old-licenses/gpl-2.0 gnu.org/copyleft/gpl",
    ),
    Row(
        alike("GPL-3.0-or-later", "GPL 3.0 or later", f"{GNU}/gpl-3.0.html", "software"),
        "gplv3; gplv3+; gpl v3; gpl 3.0; gpl 3.0 or later",
        "gnu.org/licenses/gpl-3.0 gnu.org/licenses/gpl",
    ),
    Row(
        alike("LGPL-2.1-or-later", "LGPL 2.1 or later", f"{GNU}/old-licenses/lgpl-2.1.html", "software"),
        "lgpl; gnu lgpl; lgpl 2.1; lgpl 2.1 or later",
        "gnu.org/licenses/old-licenses/lgpl-2.1 gnu.org/licenses/lgpl",
    ),
)

RESTRICTED = (
    Row(
        closed("LicenseRef-CC-Sampling", "CC Sampling", f"{CC}/licenses/sampling+/1.0/", "sampling"),
        "sampling*; sampling+*; nc sampling+*; sampling plus*; nc sampling plus*; "
        "cc sampling*; cc sampling+*; cc nc sampling+*; cc sampling plus*",
        "creativecommons.org/licenses/sampling creativecommons.org/licenses/nc-sampling",
    ),
    Row(NON_FREE, "fair use*; non free*; nonfree*"),
    Row(
        closed("LicenseRef-InC", "all rights reserved", f"{RIGHTS}/InC/1.0/", "in-copyright"),
        "all rights reserved; none; no license; no licence; copyrighted; in copyright; arr; inc",
        "rightsstatements.org/vocab/inc rightsstatements.org/page/inc europeana.eu/rights/rr-",
    ),
    Row(
        closed("LicenseRef-CNE", "copyright not evaluated", f"{RIGHTS}/CNE/1.0/", "undetermined"),
        "cne; und; copyright not evaluated; copyright undetermined",
        "rightsstatements.org/vocab/cne rightsstatements.org/vocab/und rightsstatements.org/page/cne "
        "rightsstatements.org/page/und europeana.eu/rights/unknown",
    ),
)

ROWS = (*PUBLIC_DOMAIN, *SERVICES, *OTHER_OPEN, *SOFTWARE, *RESTRICTED)

#: The spelling that each of Flickr's numbers, from 0 on, stands for.
FLICKR = (
    *("all rights reserved", "by-nc-sa 2.0", "by-nc 2.0", "by-nc-nd 2.0", "by 2.0", "by-sa 2.0", "by-nd 2.0"),
    *("no known copyright restrictions", "us government work", "cc0", "pdm"),
    *("by 4.0", "by-sa 4.0", "by-nd 4.0", "by-nc 4.0", "by-nc-sa 4.0", "by-nc-nd 4.0"),
)

#: Short forms of what full names of Creative Commons' licences say; a longer one stands before what it begins with.
SHORT = {
    **dict.fromkeys(("sharealike", "share alike"), "sa"),
    **dict.fromkeys(("noncommercial", "non commercial"), "nc"),
    **dict.fromkeys(("no derivative works", "noderivatives", "no derivatives", "noderivs", "no derivs"), "nd"),
    **dict.fromkeys(("united kingdom", "england and wales"), "uk"),
    **dict.fromkeys(("germany", "deutschland"), "de"),
    "attribution": "by",
    "austria": "at",
    "switzerland": "ch",
    "netherlands": "nl",
    "france": "fr",
    "italy": "it",
    "spain": "es",
    "poland": "pl",
    "sweden": "se",
    "japan": "jp",
    "australia": "au",
    "canada": "ca",
    "brazil": "br",
    "united states": "us",
    "new zealand": "nz",
}
#: What may stand beside them and means nothing.
FILLERS = frozenset({"cc", "license", "licence", "international", "unported", "generic", "migrated", "deed", "only"})
