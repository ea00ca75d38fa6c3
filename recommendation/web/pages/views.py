"""The views of the web page: one line each."""

from typing import NamedTuple


class View(NamedTuple):
    """A page.

    Args:
        path: its address below the service's root.
        name: in the navigation.
        title: of the window.
        icon: in `icons.svg`.
        template: in the folder `templates`; empty for a page that has routes of its own.
        script: the module in the folder `static` that runs it.
        narrow: whether its text is kept in a column that reads well.
    """

    path: str
    name: str
    title: str
    icon: str
    template: str
    script: str
    narrow: bool = False


VIEWS = (
    View("/", "Search", "Search", "search", "search.html", "views/search.js"),
    View("/browse", "Browse", "Browse", "browse", "browse.html", "views/browse.js"),
    View("/for-you", "For you", "For you", "heart", "plain.html", "views/foryou.js"),
    View("/duplicates", "Duplicates", "Duplicates", "copies", "plain.html", "views/duplicates.js", narrow=True),
    View("/map", "Map", "Map", "map", "", ""),
    View("/charts", "Charts", "Charts", "charts", "plain.html", "views/charts.js"),
    View("/jobs", "Jobs", "Query jobs", "jobs", "plain.html", "views/jobs.js", narrow=True),
    View("/status", "Status", "Status", "status", "plain.html", "views/status.js", narrow=True),
)
#: Those that `pages.routes` answers with.
OWN = tuple(view for view in VIEWS if view.template)
