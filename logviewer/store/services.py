"""The services that have sent events: one row each, noted once a day by each process, so it costs a batch nothing."""

from collections.abc import Iterable
from datetime import date

from django.db.backends.utils import CursorWrapper

MOST_SERVICES = 1000  # one sender that invents names must not fill the table

_noted: dict[str, date] = {}  # what this process need not note again today


def unnoted(services: Iterable[str], today: date) -> list[str]:
    """Those of `services` that this process has not noted today, in the one order in which all lock their rows."""
    return sorted({service for service in services if _noted.get(service) != today})


def note(cursor: CursorWrapper, services: list[str], today: date) -> None:
    """Writes that `services` were seen today: those that are known, and new ones while there is room."""
    cursor.execute(
        """
        INSERT INTO log_service (service, last_seen)
        SELECT service, %s FROM (
            SELECT service FROM log_service WHERE service = ANY(%s)
            UNION ALL
            (SELECT unnest(%s::text[]) EXCEPT SELECT service FROM log_service
             ORDER BY 1 LIMIT greatest(%s - (SELECT count(*) FROM log_service), 0))
        ) AS seen ORDER BY service
        ON CONFLICT (service) DO UPDATE SET last_seen = EXCLUDED.last_seen
        """,
        [today, services, services, MOST_SERVICES],
    )


def remember(services: list[str], today: date) -> None:
    """To be called once the note is committed."""
    if len(_noted) > MOST_SERVICES:
        _noted.clear()
    _noted.update(dict.fromkeys(services, today))


def forget() -> None:
    """The process notes everything again: after the table was emptied."""
    _noted.clear()
