"""Reads the times that people and scripts give: RFC 3339, a date, a day's name, `15:00`, `now`, or `-15m`."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from logviewer.query.language.errors import QueryError, gettext_noop

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RELATIVE = re.compile(r"-([0-9]{1,9})([smhdw])")
# A + that was not escaped in a URL arrives as a space.
_ABSOLUTE = re.compile(
    r"""([0-9]{4})-([0-9]{2})-([0-9]{2})
        (?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?
           \s?(?:([Zz])|([-+ ])([0-9]{2}):?([0-9]{2}))?
        )?""",
    re.VERBOSE,
)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Days from today on, or what isoweekday() says of the day.
_DAYS = {"today": 0, "yesterday": -1} | {
    name: number for number, day in enumerate(_WEEKDAYS, start=1) for name in (day, day[:3])
}


def parse_time(text: str, now: datetime) -> datetime:
    """The time that `text` says, in UTC. A time without an offset is one of the zone of `now`, a day is its beginning
    there, and a time of day alone is the last time that clocks there showed it.

    Raises QueryError.
    """
    text = text.strip()
    try:
        if text.lower() == "now":
            return now.astimezone(UTC)
        relative = _RELATIVE.fullmatch(text)
        if relative:
            return now.astimezone(UTC) - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        if text.lower() in _DAYS:
            return _beginning(text.lower(), now).astimezone(UTC)
        clock = _CLOCK.fullmatch(text)
        if clock:
            return _latest(clock, now)
        absolute = _ABSOLUTE.fullmatch(text)
        if absolute:
            return _absolute(absolute, now.tzinfo).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise _no_time(text) from problem
    raise _no_time(text)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """`moment` in `zone`; the first and last day of the calendar, where zones end, in UTC."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)


_HINT = gettext_noop(
    "Try 2026-11-23T10:00:00Z, 2026-11-23, today, yesterday, tuesday, 15:00, now, or -15m (s, m, h, d, w)"
    " for that long ago."
)


def depends_on_day(text: str) -> bool:
    """Whether `text` is another time next week: "today", "yesterday", "tuesday", "tue", "15:00"."""
    return text.strip().lower() in _DAYS or _CLOCK.fullmatch(text.strip()) is not None


def _beginning(name: str, here: datetime) -> datetime:
    """When the day began that `name` means at `here`, in the zone of that. A weekday is the latest, perhaps today."""
    said = _DAYS[name]
    days = -said if said <= 0 else (here.isoweekday() - said) % 7
    return (here - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _latest(match: re.Match[str], here: datetime) -> datetime:
    """When clocks in the zone of `here` last showed this time of day; of an hour that they show twice, the later."""
    today = here.replace(hour=int(match[1]), minute=int(match[2]), second=int(match[3] or 0), microsecond=0)
    times = ((today - timedelta(days=ago)).replace(fold=fold).astimezone(UTC) for ago in range(3) for fold in (1, 0))
    # A time that clocks leave out becomes another.
    return next(time for time in times if time <= here and time.astimezone(here.tzinfo).time() == today.time())


def _no_time(text: str) -> QueryError:
    return QueryError(gettext_noop("%(text)s is not a time"), hint=_HINT, text=_short(text))


def _absolute(match: re.Match[str], zone: tzinfo | None) -> datetime:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    leap = timedelta(seconds=1 if second == 60 else 0)  # RFC 3339 allows 23:59:60
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    time = datetime(
        year, month, day, hour, minute, min(second, 59) if leap else second, microsecond, _offset(match, zone)
    )
    return time + leap


def _offset(match: re.Match[str], zone: tzinfo | None) -> tzinfo | None:
    if match[8]:
        return UTC
    if not match[9]:
        return zone
    hours, minutes = int(match[10]), int(match[11])
    if minutes > 59:
        raise ValueError("an offset has at most 59 minutes")
    away = timedelta(hours=hours, minutes=minutes)
    return timezone(-away if match[9] == "-" else away)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
