"""Tags for log content: times in the reader's zone, and text from outside made safe to look at."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from logviewer.viewer import plain_text
from logviewer.viewer.chips import Chip
from logviewer.viewer.histogram_svg import span_text
from logviewer.viewer.zones import day_text, local, offset_text, url_time

register = template.Library()

OFFSET_IN_MS_UNTIL = 100_000


@register.filter
def line(text: object, most: int = 0) -> SafeString:
    """Text from outside on one line; `most` characters of it."""
    return plain_text.on_one_line(str(text), most=most)


@register.filter
def block(text: object) -> SafeString:
    """Text from outside with its lines."""
    return plain_text.in_a_block(str(text))


@register.filter
def linked(text: object, form: str = "") -> SafeString:
    """Text from outside with its lines, or as one `line`; web addresses in it are links."""
    return plain_text.with_links(str(text), is_line=form == "line")


@register.filter
def exact(moment: datetime) -> str:
    """ "2026-11-22 01:03:25.082212 UTC+01:00"."""
    here = local(moment)
    return f"{here:%Y-%m-%d %H:%M:%S}.{here.microsecond:06} {offset_text(moment)}"


@register.filter
def minute(moment: datetime) -> str:
    """ "22 Nov 2026 01:03:25", for a summary that names the zone itself."""
    here = local(moment)
    return f"{day_text(here, with_year=True)} {here:%H:%M:%S}"


@register.filter
def utc(moment: datetime) -> str:
    """ "2026-11-22T00:03:25.082212Z"."""
    return url_time(moment)


@register.simple_tag
def clock(moment: datetime) -> SafeString:
    """A row's time: day and microseconds quieter than the rest. The column's head has the offset."""
    here = local(moment)
    day = day_text(here, with_year=here.year != timezone.localtime().year)
    return format_html("<i>{}</i> {}<i>.{}</i>", day, f"{here:%H:%M:%S}", f"{here.microsecond:06}")


@register.simple_tag
def what(name: str, chips: Sequence[Chip]) -> SafeString:
    """What happened: the event's name and the fields that matter. Not a template: that takes half of a page's time."""
    shown = plain_text.on_one_line
    style = SafeString("name name--prose" if " " in name else "name")
    head = format_html('<bdi class="{}">{}</bdi>', style, shown(name, most=240)) if name else ""
    return format_html(
        "{}{}",
        head,
        format_html_join(
            "",
            " <{0}{1}><i>{2}</i>={3}</{0}>",
            (
                (
                    "small" if chip.is_shared else "code",
                    SafeString(' class="failed"' if chip.is_failure else ""),
                    shown(chip.key, most=40),
                    shown(chip.text, most=80),
                )
                for chip in chips
            ),
        ),
    )


@register.filter
def offset(milliseconds: float) -> str:
    """Time since a request began: "+0 ms", "+1.2 ms", "+1,204 ms", "+8 h 18 min"."""
    if milliseconds >= OFFSET_IN_MS_UNTIL:
        return f"+{span_text(timedelta(milliseconds=milliseconds))}"
    number = f"{milliseconds:.1f}" if 0 < milliseconds < 10 else f"{milliseconds:,.0f}"
    return gettext("+%(number)s ms") % {"number": number}


@register.filter
def lasting(milliseconds: float) -> str:
    """A duration: "41.6 ms", "1.2 s", "2 min 5 s"."""
    if milliseconds < 1000:
        return gettext("%(number)s ms") % {"number": f"{milliseconds:.3g}"}
    return span_text(timedelta(milliseconds=milliseconds))


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, roughly: "3 min ago", "2 s ago"."""
    span = timedelta(seconds=(timezone.now() - moment) // timedelta(seconds=1))
    if span < timedelta(seconds=1):
        return gettext("now")
    return gettext("%(span)s ago") % {"span": span_text(span, most_units=1)}


@register.filter
def short_id(text: str) -> str:
    """The beginning of an id, enough to tell neighbours apart; a short one as it is."""
    if len(text) <= 10:
        return text
    text = text.removeprefix("req-")
    return text if len(text) <= 10 else f"{text[:8]}…"
