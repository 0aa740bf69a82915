"""A search: who asks for what. The page, the histogram, the export and the API are made from one, so they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from django.utils import timezone

from logviewer.query.compiler import compile_node
from logviewer.query.fields import field_predicate
from logviewer.query.language import Node, QueryError, parse
from logviewer.query.language.errors import gettext_noop
from logviewer.query.language.nodes import Compare, Equals, Everything, FieldNode, and_, conditions_of
from logviewer.query.language.parser import storable
from logviewer.query.language.values import LEVEL_FIELD, TIME_FIELDS, compared_time, level_in
from logviewer.query.narrowing import narrowing, rest
from logviewer.query.reader import Reader, visible_to
from logviewer.query.summed import Summed, is_bound, summed
from logviewer.query.times import parse_time
from logviewer.store.event import Level
from logviewer.store.predicate import EVERYTHING, Predicate, all_of

SEARCH_PARAMETERS = ("q", "request_id", "cohort_id", "level", "service", "since", "until")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Search:
    """What to read: the events of since <= time < until for which `predicate` holds.

    `predicate` includes what the reader may see. A bound that is None is open: everything stored. Bounds that the
    query itself sets (time>=-1h) are in `since` and `until` too.
    """

    reader: Reader
    text: str
    node: Node
    predicate: Predicate
    since: datetime | None
    until: datetime | None
    given: Sequence[FieldNode] = ()  # what parameters of their own ask for, beside `node`
    one_request: bool = False  # asks for a single request_id, which has an index to itself
    one_cohort: bool = False  # asks for nothing but one cohort_id, or its warnings: there is an index of each by time
    narrowing: Sequence[Predicate] = ()  # hold for at least the same events; sealed slices have an index for them
    narrowed: Predicate = EVERYTHING  # the same as `predicate`, of the events for which all of `narrowing` hold
    summed: Summed | None = None  # the same as `predicate`, where counts or rollups can answer it
    asked_at: datetime = field(default_factory=timezone.now)  # what -1h and today mean, in the reader's zone

    def condition(self, *, indexed: bool) -> Predicate:
        """What to ask of rows; `indexed`: of slices that have an index of words."""
        return all_of([*self.narrowing, self.narrowed]) if indexed and self.narrowing else self.predicate

    @classmethod
    def of(cls, reader: Reader, given: Mapping[str, str], *, zone: tzinfo = UTC) -> Self:
        """`parse` with the SEARCH_PARAMETERS of an address; missing ones are empty. Raises QueryError."""
        return cls.parse(
            reader=reader,
            q=given.get("q", ""),
            request_id=given.get("request_id", ""),
            cohort_id=given.get("cohort_id", ""),
            level=given.get("level", ""),
            service=given.get("service", ""),
            since=given.get("since", ""),
            until=given.get("until", ""),
            zone=zone,
        )

    @classmethod
    def parse(
        cls,
        *,
        reader: Reader,
        q: str = "",
        request_id: str = "",
        cohort_id: str = "",
        level: str = "",
        service: str = "",
        since: str = "",
        until: str = "",
        now: datetime | None = None,
        zone: tzinfo = UTC,
    ) -> Self:
        """The search that these parameters ask for; an empty one asks for nothing. `level` is that and above.

        Times without an offset are in `zone`. Raises QueryError, which names the parameter.
        """
        now = (now or timezone.now()).astimezone(zone)
        node = parse(q)
        given: list[FieldNode] = [
            Equals(name, storable(value.strip()))
            for name, value in (("request_id", request_id), ("cohort_id", cohort_id), ("service", service))
            if value.strip()
        ]
        if level.strip():
            given.append(Compare(LEVEL_FIELD, ">=", storable(level.strip())))
        asked = [visible_to(reader), *(_filter(one, now) for one in given)]
        start, end = _time("since", since, now), _time("until", until, now)
        if start and end and start > end:
            raise QueryError(
                gettext_noop("since is later than until"), hint=gettext_noop("Swap the two times."), parameter="since"
            )
        starts, ends = _bounds(node, now)
        return cls(
            reader=reader,
            text=q,
            node=node,
            predicate=all_of([*asked, compile_node(node, now)]),
            since=max([*starts, *([start] if start else [])], default=None),
            until=min([*ends, *([end] if end else [])], default=None),
            given=given,
            one_request=any(_is_request(one) for one in (*given, *conditions_of(node))),
            one_cohort=_is_cohort_alone([*given, *conditions_of(node)]),
            narrowing=narrowing(node, now),
            narrowed=all_of([*asked, compile_node(rest(node), now)]),
            # For readers who may see every event: what others see is not added up by itself.
            summed=summed(and_([node, *given]), now) if visible_to(reader) == EVERYTHING else None,
            asked_at=now,
        )


def _filter(node: FieldNode, now: datetime) -> Predicate:
    """The condition of a parameter of its own, named like its field."""
    try:
        return field_predicate(node, now)
    except QueryError as problem:
        problem.column, problem.parameter = None, node.field
        raise


def _time(parameter: str, text: str, now: datetime) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parse_time(text, now)
    except QueryError as problem:
        problem.parameter = parameter
        raise


def _bounds(node: Node, now: datetime) -> tuple[Sequence[datetime], Sequence[datetime]]:
    """What a query says of time for all its events: starts (inclusive) and ends (exclusive)."""
    said = [
        (one.operator, compared_time(one, now))
        for one in conditions_of(node)
        if isinstance(one, Compare) and one.field in TIME_FIELDS
    ]
    starts = [time for operator, time in said if operator == ">="]
    starts += [min(time, _LAST - _MICROSECOND) + _MICROSECOND for operator, time in said if operator == ">"]
    ends = [time for operator, time in said if operator == "<"]
    ends += [time + _MICROSECOND for operator, time in said if operator == "<=" and time < _LAST]
    return starts, ends


def _is_request(node: Node) -> bool:
    return isinstance(node, Equals) and node.field == "request_id"


def _is_cohort_alone(conditions: Sequence[Node]) -> bool:
    others = [one for one in conditions if not isinstance(one, Everything) and not is_bound(one)]
    cohorts = [one for one in others if isinstance(one, Equals) and one.field == "cohort_id"]
    return len(cohorts) == 1 and all(one in cohorts or _is_of_warnings(one) for one in others)


def _is_of_warnings(node: Node) -> bool:
    """Whether what it matches are warnings or worse. A test of the level that makes no sense has raised before."""
    if not isinstance(node, Equals | Compare) or node.field != LEVEL_FIELD:
        return False
    upwards = isinstance(node, Equals) or node.operator in (">", ">=")
    return upwards and level_in(node) >= Level.WARNING


_LAST = datetime.max.replace(tzinfo=UTC)
