"""Services by name: what `--source` may begin with."""

from acquisition.sources.web.flickr import FLICKR
from acquisition.sources.web.openverse import OPENVERSE
from acquisition.sources.web.pexels import PEXELS
from acquisition.sources.web.protocol import HostLimit, Service
from acquisition.sources.web.unsplash import UNSPLASH
from acquisition.sources.web.wikimedia.service import WIKIMEDIA

#: Every service. To add one, add its module and its name here.
ALL: tuple[Service, ...] = (WIKIMEDIA, OPENVERSE, FLICKR, PEXELS, UNSPLASH)
SERVICES: dict[str, Service] = {service.name: service for service in ALL}
#: What hosts allow; a list of addresses may lead to them, too.
LIMITS: tuple[HostLimit, ...] = tuple(limit for service in ALL for limit in service.limits)


def service_of(source: str) -> tuple[Service, str] | None:
    """The service and the query that a value of `--source` names, None if it names none."""
    name, colon, query = source.partition(":")
    service = SERVICES.get(name.strip().lower()) if colon else None
    return (service, query.strip()) if service else None
