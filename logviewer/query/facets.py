"""The most frequent values of a field among the events of a search."""

from collections.abc import Sequence
from dataclasses import dataclass

from logviewer.query.database import fetch
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.rows import Rows
from logviewer.query.sampling import ask_in_time
from logviewer.query.search import Search
from logviewer.query.sql import Sql
from logviewer.store.event import level_name


@dataclass(frozen=True, slots=True)
class ValueCount:
    """How many events have this value: those that `field:value` finds. `share` is of the events with the field."""

    value: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class TopValues:
    """The values by count, the most frequent first.

    `sampled`: only this share of the rows was looked at, 0..1, and all counts are estimates; `distinct` is then None.
    Without, everything is exact.
    """

    field: str
    values: Sequence[ValueCount]
    events: int  # that match
    with_field: int
    distinct: int | None
    sampled: float | None

    @property
    def complete(self) -> bool:
        return self.sampled is None


def read_top_values(search: Search, field: str, *, limit: int = 10) -> TopValues:
    """Raises QueryError for a field that has no values to count, and SearchUnavailable."""
    asked = _Question(search, values_of(field, parameter="field"), limit)
    found = ask_in_time(asked)
    if found.answer is None:
        return TopValues(asked.field.name, [], 0, 0, None, found.share)
    answer = found.answer
    return TopValues(
        field=asked.field.name,
        values=[
            ValueCount(asked.shown(value), found.estimate(count), count / answer.with_field)
            for value, count in answer.top
        ],
        events=found.estimate(answer.events),
        with_field=found.estimate(answer.with_field),
        distinct=answer.distinct if found.share is None else None,
        sampled=found.share,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    top: Sequence[tuple[str, int]]
    events: int
    with_field: int
    distinct: int


class _Question:
    """The statement for a source. Once an event was met whose value is not plain, all values are opened."""

    def __init__(self, search: Search, field: FieldValues, limit: int) -> None:
        self.rows, self.field, self.limit = Rows.of(search), field, limit
        self.opened = field.text is None

    def __call__(self, source: str, within_s: float) -> tuple[_Answer, int]:
        if not self.opened:
            answer, has_more = self._ask(_plain(self.rows, self.field, source), within_s)
            if not has_more:
                return answer, answer.events
            self.opened = True
        answer, _ = self._ask(_opened(self.rows, self.field, source), within_s)
        return answer, answer.events

    def _ask(self, counted: Sql, within_s: float) -> tuple[_Answer, bool]:
        [*top, (_, events, with_field, distinct, has_more)] = fetch(
            f"""
            WITH counted AS ({counted.text}),
            top AS (
                SELECT value, events FROM counted WHERE value IS NOT NULL
                ORDER BY events DESC, value COLLATE "C" LIMIT %s
            )
            SELECT value, events, 0::bigint, 0::bigint, FALSE FROM top
            UNION ALL
            SELECT NULL, max(all_events)::bigint, max(with_field)::bigint, count(value), bool_or(has_more) FROM counted
            """,  # noqa: S608 -- our own names
            [*counted.params, self.limit],
            within_s=within_s,
        )
        answer = _Answer([(value, count) for value, count, *_ in top], events or 0, with_field or 0, distinct)
        return answer, bool(has_more)

    def shown(self, value: str) -> str:
        return level_name(int(value)) if self.field.name == LEVEL_FIELD else value


def _plain(rows: Rows, field: FieldValues, source: str) -> Sql:
    """One pass over plain values: the events without the field are the group NULL."""
    assert field.text is not None
    where = rows.of_source(source)
    return Sql(
        f"""
        SELECT {field.text.text} AS value, count(*) AS events, bool_or({field.has_more.text}) AS has_more,
               sum(count(*)) OVER () AS all_events,
               sum(count({field.text.text})) OVER () AS with_field
        FROM {where.text}
        GROUP BY 1
        """,  # noqa: S608 -- our own names
        (*field.text.params, *field.has_more.params, *field.text.params, *where.params),
    )


def _opened(rows: Rows, field: FieldValues, source: str) -> Sql:
    """Any values: an event counts once for each different one that it has."""
    where = rows.of_source(source)
    return Sql(
        f"""
        WITH looked AS MATERIALIZED (
            SELECT {field.texts.text} AS texts, {field.present.text} AS present, count(*) AS events
            FROM {where.text}
            GROUP BY 1, 2
        ),
        totals AS (
            SELECT sum(events) AS all_events, sum(events) FILTER (WHERE present) AS with_field FROM looked
        )
        SELECT value, sum(looked.events)::bigint AS events, FALSE AS has_more,
               min(totals.all_events) AS all_events, min(totals.with_field) AS with_field
        FROM totals, looked LEFT JOIN LATERAL unnest(texts) AS value ON TRUE
        GROUP BY 1
        """,  # noqa: S608 -- our own names
        (*field.texts.params, *field.present.params, *where.params),
    )
