"""Services by name: what `--source` may begin with."""

from acquisition.sources.web.protocol import Service

#: Every service. To add one, add its module and its name here.
ALL: tuple[Service, ...] = ()
SERVICES: dict[str, Service] = {service.name: service for service in ALL}


def service_of(source: str) -> tuple[Service, str] | None:
    """The service and the query that a value of `--source` names, None if it names none."""
    name, colon, query = source.partition(":")
    service = SERVICES.get(name.strip().lower()) if colon else None
    return (service, query.strip()) if service else None
