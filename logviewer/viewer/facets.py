"""The fields of events as the sidebar shows them: their use, their types, their frequent values, their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from logviewer.query.catalogue import KnownField
from logviewer.query.facets import TopValues
from logviewer.query.language import write
from logviewer.query.language.nodes import Has, Not
from logviewer.query.language.values import LEVEL_FIELD, is_own_key
from logviewer.query.percentiles import Percentiles
from logviewer.viewer.addresses import address_of, search_address, with_term, with_value, without_value
from logviewer.viewer.columns import with_column
from logviewer.viewer.event_fields import OF_TRANSPORT

OWN_FIELDS = (LEVEL_FIELD, "service", "event", "cohort_id", "logger", "request_id")
LONGEST_TERM = 300  # characters of a value that a link can ask for

_TYPES: Mapping[str, object] = {
    "string": gettext_lazy("text"),
    "number": gettext_lazy("number"),
    "boolean": gettext_lazy("true or false"),
    "null": gettext_lazy("null"),
    "object": gettext_lazy("object"),
    "array": gettext_lazy("list"),
}
_SHORT_TYPES = {"string": "abc", "number": "123", "boolean": "t/f", "null": "∅", "object": "{}", "array": "[]"}
_SCALES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of the list. `mixture` says which types its values have, if there are several."""

    name: str
    address: str
    types: str
    count: str
    exact_count: str
    mixture: str


def own_field_lines(parameters: QueryDict) -> list[FieldLine]:
    """The fields that every event has a column for."""
    return [FieldLine(name, address_of("field", parameters, field=name), "", "", "", "") for name in OWN_FIELDS]


def field_lines(fields: Sequence[KnownField], parameters: QueryDict) -> list[FieldLine]:
    """The fields of the catalogue, in its order; those that say how events came here are last."""
    return [
        FieldLine(
            one.path,
            address_of("field", parameters, field=one.path),
            " ".join(_SHORT_TYPES[kind] for kind in one.types),
            short_count(one.events),
            ngettext("%(number)s event", "%(number)s events", one.events) % {"number": f"{one.events:,}"},
            mixture_words(one),
        )
        for one in sorted(fields, key=lambda one: one.path in OF_TRANSPORT)
        if is_own_key(one.path)  # no query can ask for others
    ]


def mixture_words(field: KnownField) -> str:
    """ "text in 412 events, number in 398"; "" if the values are of one type. null mixes with everything."""
    mixed = {kind: count for kind, count in field.types.items() if kind != "null"}
    if len(mixed) < 2:
        return ""
    first, *others = sorted(mixed.items(), key=lambda pair: -pair[1])
    head = ngettext("%(type)s in %(count)s event", "%(type)s in %(count)s events", first[1])
    said = [_in_words(head, *first), *(_in_words(_("%(type)s in %(count)s"), *other) for other in others)]
    return _(", ").join(said)


def _in_words(words: str, kind: str, count: int) -> str:
    return words % {"type": _TYPES[kind], "count": f"{count:,}"}


def short_count(count: int) -> str:
    """12,411 as 12.4k."""
    for size, letter in _SCALES:
        if count >= size:
            scaled = count / size
            return f"{scaled:.3g}{letter}" if scaled < 999.5 else f"{scaled:,.0f}{letter}"
    return str(count)


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A frequent value; without `only` no search can ask for it."""

    text: str
    count: str
    share: float  # per cent of the events that have the field
    only: str
    without: str

    @property
    def share_text(self) -> str:
        return f"{self.share:.0f} %" if self.share >= 1 else "< 1 %"


@dataclass(frozen=True, slots=True)
class FieldFacet:
    """What one field shows."""

    name: str
    values: Sequence[ValueLine]
    counted: str  # the sentence on how many events have it, and on what was looked at
    is_sampled: bool
    distinct: str
    present: str  # searches for the events with and without the field; "" for fields that every event has
    absent: str
    column: str
    over_time: str


def facet_of(top: TopValues, parameters: QueryDict) -> FieldFacet:
    name = top.field
    asked = parameters.get("q", "")
    always = name in (LEVEL_FIELD, "service")
    return FieldFacet(
        name=name,
        values=[_value_line(name, one.value, one.count, one.share, parameters) for one in top.values],
        counted=_counted_words(top),
        is_sampled=top.sampled is not None,
        distinct=_distinct_words(top),
        present="" if always else search_address(parameters, q=with_term(asked, write(Has(name)))),
        absent="" if always else search_address(parameters, q=with_term(asked, write(Not(Has(name))))),
        column=with_column(parameters, name),
        over_time=search_address(parameters, by="" if name == LEVEL_FIELD else name),
    )


def _value_line(name: str, value: str, count: int, share: float, parameters: QueryDict) -> ValueLine:
    return ValueLine(
        value,
        f"{count:,}",
        round(100 * share, 2),
        with_value(parameters, name, value) if can_be_asked(value) else "",
        without_value(parameters, name, value) if can_be_asked(value) else "",
    )


def can_be_asked(value: str) -> bool:
    """Whether a link can ask for it."""
    return len(value) <= LONGEST_TERM and "\n" not in value


def _counted_words(top: TopValues) -> str:
    facts = {"with": f"{top.with_field:,}", "all": f"{top.events:,}"}
    if top.sampled is None:
        words = ngettext(
            "%(with)s of %(all)s matching event has it.", "%(with)s of %(all)s matching events have it.", top.events
        )
        return words % facts
    if not top.events:
        return _("There was no time to look at enough events. A shorter range or a service makes it possible.")
    facts["share"] = f"{100 * top.sampled:.2g}"
    return _("About %(with)s of %(all)s matching events have it: estimated from %(share)s %% of all rows.") % facts


def _distinct_words(top: TopValues) -> str:
    if top.distinct is None or top.distinct <= len(top.values):
        return ""
    more = top.distinct - len(top.values)
    return ngettext("%(count)s more value", "%(count)s more values", more) % {"count": f"{more:,}"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How large a field's numbers are."""

    facts: Sequence[tuple[str, str]]  # what, and the number
    bars: Sequence[tuple[float, float, float]]  # x, width and height in per cent
    least: str
    most: str
    beyond: str  # what the drawing leaves out
    counted: str


QUANTILES = tuple(step / 2 for step in range(201))  # 0, 0.5 … 100
SHOWN_UNTIL = 195  # of them: the 97.5th percentile. A few giants would press all others into one bar
BARS = 24


def numbers_of(found: Percentiles) -> Numbers | None:
    """For percentiles asked for at QUANTILES; None if no number was found."""
    if not found.groups:
        return None
    group = found.groups[0]
    at = group.percentiles
    facts = [
        (_("least"), group.least), (_("median"), at[100]), (_("95 %"), at[190]), (_("99 %"), at[198]),
        (_("greatest"), group.greatest),
    ]  # fmt: skip
    count = f"{group.count:,}"
    if found.sampled is None:
        counted = ngettext("%(count)s number.", "%(count)s numbers.", group.count) % {"count": count}
    else:
        words = ngettext(
            "About %(count)s number: estimated from %(share)s %% of all rows.",
            "About %(count)s numbers: estimated from %(share)s %% of all rows.",
            group.count,
        )
        counted = words % {"count": count, "share": f"{100 * found.sampled:.2g}"}
    return Numbers(
        facts=[(words, number_text(number)) for words, number in facts],
        bars=_bars(at),
        least=number_text(at[0]),
        most=number_text(at[SHOWN_UNTIL]),
        beyond=_("2.5 %% are larger, up to %(most)s.") % {"most": number_text(group.greatest)}
        if group.greatest > at[SHOWN_UNTIL]
        else "",
        counted=counted,
    )


def _bars(at: Sequence[Decimal]) -> list[tuple[float, float, float]]:
    """How many of the quantiles fall in which of BARS equal stretches."""
    low, high = at[0], at[SHOWN_UNTIL]
    if low == high:
        return []
    counts = [0] * BARS
    for number in at[: SHOWN_UNTIL + 1]:
        counts[min(int(BARS * (number - low) / (high - low)), BARS - 1)] += 1
    width = 100 / BARS
    most = max(counts)
    return [
        (round(width * place, 2), round(width * 0.88, 2), round(max(100 * count / most, 3), 1))
        for place, count in enumerate(counts)
        if count
    ]


def number_text(number: Decimal) -> str:
    """At most six figures after the point, no zeros at its end, no exponent for usual sizes."""
    if number and not Decimal("1e-6") <= abs(number) < Decimal("1e15"):
        return f"{number:.4g}"
    rounded = f"{number:,.6f}".rstrip("0").rstrip(".")
    return rounded or "0"
