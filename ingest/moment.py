"""What a sender means by `timestamp`: RFC 3339 text, or seconds, milliseconds or nanoseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where a bare number stops being seconds, then milliseconds: the years 2400 and 10000, as Vector guesses.
FIRST_MILLISECOND = 13_569_465_600
FIRST_NANOSECOND = 253_402_300_800_000
RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})([.,][0-9]{1,30})?"
    r"\s?(?:[Zz]|UTC|([+-][0-9]{2}):?([0-9]{2}))?"
)


def moment_of(stamp: object) -> datetime | None:
    """The moment in UTC, cut to microseconds; None if `stamp` cannot be read. A text without zone means UTC."""
    if isinstance(stamp, str):
        return _of_text(stamp)
    if isinstance(stamp, int | Decimal) and not isinstance(stamp, bool):
        return _of_number(Decimal(stamp))
    return None


def _of_text(text: str) -> datetime | None:
    if len(text) > 18 and text[4] == "-" and text[10] in "T ":
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                return moment.replace(tzinfo=UTC)
            return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        except OverflowError:
            return None
        except ValueError:
            pass
    return _of_unusual_text(text)


def _of_unusual_text(text: str) -> datetime | None:
    """Also leap seconds, which count as the second after them, small letters, and numbers in quotes."""
    match = RFC_3339.fullmatch(text.strip()[:80])
    if match is None:
        try:
            return _of_number(Decimal(text)) if len(text) <= 40 else None
        except InvalidOperation:
            return None
    day, minute, second, fraction, hours, minutes = match.groups(default="")
    leap = second == "60"
    zone = f"{hours}:{minutes}" if hours else "+00:00"
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}{fraction[:7]}{zone}")
        return moment.astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        return None


def _of_number(number: Decimal) -> datetime | None:
    if not number.is_finite() or not 0 < number < Decimal(10) ** 20:
        return None
    if number < FIRST_MILLISECOND:
        microseconds = number * 1_000_000
    elif number < FIRST_NANOSECOND:
        microseconds = number * 1000
    else:
        microseconds = number / 1000
    try:
        return EPOCH + timedelta(microseconds=int(microseconds))
    except OverflowError:
        return None
