"""The reader's zone: how it is called, and what a time typed without an offset means in it."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dates import MONTHS_3

from logviewer.query.times import depends_on_day, in_zone, parse_time


def local(moment: datetime) -> datetime:
    """`moment` in the reader's zone."""
    return in_zone(moment, timezone.get_current_timezone())


def day_text(moment: datetime, *, with_year: bool) -> str:
    """ "22 Nov 2026", or "22 Nov", in the reader's language."""
    day = f"{moment.day} {MONTHS_3[moment.month].title()}"  # every row has one: Django's date formats take 40 us
    return f"{day} {moment.year:04}" if with_year else day


def offset_text(moment: datetime) -> str:
    """The offset of the reader's zone at `moment`: "UTC", "UTC+05:30", "UTC-06:00"."""
    offset = local(moment).utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"


def zone_label(moment: datetime) -> str:
    """The zone's name and its offset at `moment`: "Europe/Berlin (UTC+01:00)"; "UTC" alone for UTC."""
    name = timezone.get_current_timezone_name()
    offset = offset_text(moment)
    return offset if name == offset else f"{name} ({offset})"


def url_time(moment: datetime) -> str:
    """`moment` for a URL: UTC with Z, so that a shared link means the same moment for everyone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_shared(text: str) -> str:
    """`text` of a time field for a URL: what means another moment elsewhere or next week becomes UTC, all else stays.

    That is a time without an offset, which is the reader's, a time of day, and a day's name.
    """
    if depends_on_day(text):
        return url_time(parse_time(text, timezone.localtime()))
    try:
        moment = datetime.fromisoformat(text)
        return text if moment.tzinfo else url_time(timezone.make_aware(moment))
    except (ValueError, OverflowError):
        return text


def as_typed(text: str) -> str:
    """`text` of a URL for a time field: a full time is shown in the reader's zone, all else as it stands.

    In the hour that clocks show a second time it has its offset: without, it would be sent back as the first time.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return text
        here = timezone.localtime(moment)
        return (here if here.fold else here.replace(tzinfo=None)).isoformat(sep=" ")
    except (ValueError, OverflowError):
        return text
