"""The search language for people who search: what the help page says. Every example is a query that runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Example:
    query: str
    finds: str | Promise


@dataclass(frozen=True, slots=True)
class Topic:
    name: str  # in the page's address
    title: str | Promise
    text: str | Promise
    examples: Sequence[Example]


TOPICS: Sequence[Topic] = (
    Topic(
        "words",
        _("Words"),
        _(
            "A word finds events with that word, or one that begins with it, in their name, logger, service, request "
            "id, cohort id or any text value. Letter case does not count. The parts of a camelCase name are words too. "
            "Several words must all be there."
        ),
        (
            Example("timeout", _("timeout, TIMEOUT, timeouts, ReadTimeoutError")),
            Example("slack channel", _("both words, anywhere in the event")),
            Example("/cohorts/12/assign", _("a path, a request id, an address: just paste it")),
        ),
    ),
    Topic(
        "quotes",
        _("Exact text"),
        _(
            'Text in quotes is looked for as it stands, also inside of words. Inside quotes \\" is a quote and \\\\ a '
            "backslash."
        ),
        (
            Example('"could not connect"', _("exactly this text, in any letter case")),
            Example(r'"said \"no\""', _("a text with quotes in it")),
        ),
    ),
    Topic(
        "fields",
        _("Fields"),
        _(
            "field:value finds events whose field has this value: all of it, in the same letter case. A number and the "
            "same text are equal. Dots lead into nested values, and lists are looked through. Values and names with "
            "spaces go in quotes."
        ),
        (
            Example("cohort_id:12", _("12 and “12” alike")),
            Example("event:cohort_assignment_failed", _("one event name")),
            Example("error.code:23505", _("the code inside of error")),
            Example('path:"/proposals and more"', _("a value with spaces")),
            Example("ok:false", _("also true and null")),
            Example('detail:""', _("an empty text")),
        ),
    ),
    Topic(
        "wildcards",
        _("Wildcards"),
        _("In a value without quotes * stands for any characters, or none."),
        (
            Example("event:*_failed", _("names that end so")),
            Example("path:/cohorts/*/assign", _("anything in between")),
            Example("status_code:5*", _("500, 502, 503, …")),
        ),
    ),
    Topic(
        "comparisons",
        _("Comparisons"),
        _(
            "> >= < <= compare numbers, also those in texts. There is no space around the sign. time is compared with "
            "a time, a day, or with one so long ago: s, m, h, d, w. Without an offset it is a time of the zone of "
            "whoever looks, also in a link: for people elsewhere choose it under Time, or write its offset."
        ),
        (
            Example("duration_ms>500", _("slower than half a second")),
            Example("status_code>=500 status_code<600", _("between two numbers")),
            Example("time>=-1h", _("of the last hour")),
            Example("time>=yesterday time<today", _("all of yesterday; also monday to sunday")),
            Example("time>=14:00", _("since it was last two o'clock")),
            Example("time>=2026-11-23T10:00:00Z time<2026-11-23T10:05:00Z", _("five minutes of a day")),
        ),
    ),
    Topic(
        "level",
        _("Level"),
        _("The levels are trace, debug, info, warning, error and critical. A comparison is by severity."),
        (
            Example("level:error", _("errors alone")),
            Example("level>=warning", _("warnings and worse")),
            Example("level<info", _("trace and debug")),
        ),
    ),
    Topic(
        "has",
        _("Whether a field is there"),
        _("has:field finds events that have it, whatever its value."),
        (
            Example("has:exception", _("events with a traceback")),
            Example("-has:request_id", _("events that belong to no request")),
        ),
    ),
    Topic(
        "not",
        _("Leaving out"),
        _(
            "- or NOT in front finds everything that the term does not match, including events that do not have the "
            "field at all."
        ),
        (
            Example("-path:/health*", _("without health checks")),
            Example("NOT timeout", _("the word is nowhere in the event")),
            Example("-(level:debug OR logger:django*)", _("without either")),
            Example("has:status_code -status_code:200", _("there, and not 200")),
        ),
    ),
    Topic(
        "or",
        _("Either, or"),
        _(
            "Terms next to each other must all match; AND says the same. OR finds either; parentheses say what belongs "
            "together. The operators are in capitals: or is a word like others."
        ),
        (
            Example("timeout OR refused", _("one of them, or both")),
            Example("(service:learning-api OR service:monarch) level>=error", _("errors of two services")),
            Example("level:error AND timeout", _("both")),
        ),
    ),
)
