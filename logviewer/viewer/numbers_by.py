"""How large a field's numbers are by another field: which path is slow, and how slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from logviewer.query.language import write
from logviewer.query.language.nodes import Has, Not
from logviewer.query.percentiles import Group, Percentiles
from logviewer.viewer.addresses import search_address, with_term, with_value
from logviewer.viewer.facets import can_be_asked, number_text

PER_CENT = (50, 95, 99)
MOST_GROUPS = 50


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The numbers of the events with one value; without `address` no search can ask for them."""

    text: str
    is_value: bool  # False: of the events without the field
    address: str
    count: str
    numbers: Sequence[str]  # those of PER_CENT, and the greatest


def group_lines(found: Percentiles, per: str, parameters: QueryDict) -> list[GroupLine]:
    """For percentiles asked for at PER_CENT by the field `per`: those with the greatest 95 % first, then those of whose
    numbers too few were looked at to know it."""
    share = 1.0 if found.sampled is None else found.sampled
    known = sorted((one for one in found.groups if _is_known(one, share, 95)), key=_by_size, reverse=True)
    others = [one for one in found.groups if not _is_known(one, share, 95)]
    return [_line(group, share, per, parameters) for group in (*known, *others)]


def _by_size(group: Group) -> Decimal:
    return group.percentiles[PER_CENT.index(95)]


def _is_known(group: Group, share: float, per_cent: float) -> bool:
    """Whether of what was looked at at least one number lay beyond this percentile: else it would be the greatest."""
    return share == 1 or group.count * share * (100 - per_cent) >= 100


def _line(group: Group, share: float, per: str, parameters: QueryDict) -> GroupLine:
    sizes = zip(PER_CENT, group.percentiles, strict=True)
    return GroupLine(
        text=_("without %(field)s") % {"field": per} if group.value is None else group.value,
        is_value=group.value is not None,
        address=_address(group.value, per, parameters),
        count=f"{group.count:,}",
        numbers=[
            *(number_text(size) if _is_known(group, share, per_cent) else "–" for per_cent, size in sizes),
            number_text(group.greatest),
        ],
    )


def _address(value: str | None, per: str, parameters: QueryDict) -> str:
    if value is None:
        return search_address(parameters, q=with_term(parameters.get("q", ""), write(Not(Has(per)))))
    return with_value(parameters, per, value) if can_be_asked(value) else ""


def group_words(found: Percentiles) -> str:
    """What the table leaves out, and what was looked at."""
    if found.sampled is not None:
        return _("Estimated from %(share)s %% of all rows; – where these are too few.") % {
            "share": f"{100 * found.sampled:.2g}"
        }
    if found.distinct is not None and found.distinct > len(found.groups):
        facts = {"shown": f"{len(found.groups):,}", "all": f"{found.distinct:,}"}
        return _("The %(shown)s of %(all)s values that have the most numbers.") % facts
    return ""
