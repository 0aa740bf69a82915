"""The time range in words, and the quick choices of one."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from logviewer.viewer.addresses import search_address
from logviewer.viewer.zones import as_typed, day_text

QUICK = (
    ("-15m", gettext_lazy("Last 15 minutes")),
    ("-1h", gettext_lazy("Last hour")),
    ("-6h", gettext_lazy("Last 6 hours")),
    ("-24h", gettext_lazy("Last 24 hours")),
    ("-7d", gettext_lazy("Last 7 days")),
    ("-30d", gettext_lazy("Last 30 days")),
    ("", gettext_lazy("All time")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    words: str
    address: str
    is_chosen: bool = False


def quick_choices(parameters: QueryDict) -> list[Choice]:
    """The quick choices as links, the one in force marked."""
    since, until = parameters.get("since", ""), parameters.get("until", "")
    return [
        Choice(str(words), search_address(parameters, since=span, until=""), since == span and not until)
        for span, words in QUICK
    ]


def wider_choices(parameters: QueryDict) -> list[Choice]:
    """The quick choices that show more than the range in force; of an exact range only all time."""
    since, until = parameters.get("since", ""), parameters.get("until", "")
    if not since and not until:
        return []
    choices = quick_choices(parameters)
    at = next((place for place, choice in enumerate(choices) if choice.is_chosen), len(choices) - 2)
    return choices[at + 1 :]


def range_words(parameters: QueryDict) -> str:
    """ "Last 24 hours", or what was chosen: "22 Nov 10:00 – 17:30", "22 Nov 10:00 – now"."""
    since, until = parameters.get("since", ""), parameters.get("until", "")
    for span, words in QUICK:
        if since == span and not until:
            return str(words)
    start, end = _local(since), _local(until)
    if start and end and start.date() == end.date():
        return f"{_moment_words(start)} – {_clock_words(end)}"
    first, last = gettext("the first event"), gettext("now")
    return f"{_either(start, since, first)} – {_either(end, until, last)}"


def _local(text: str) -> datetime | None:
    """A full time in the reader's zone; None for what is none, like -1h."""
    try:
        return datetime.fromisoformat(as_typed(text))
    except ValueError:
        return None


def _either(moment: datetime | None, text: str, absent: str) -> str:
    return _moment_words(moment) if moment else text or absent


def _moment_words(moment: datetime) -> str:
    day = day_text(moment, with_year=moment.year != timezone.localtime().year)
    return f"{day} {_clock_words(moment)}"


def _clock_words(moment: datetime) -> str:
    if moment.microsecond:
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
