"""How large a field's numbers are among the events of a search: quantiles, least and greatest, by another field."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from logviewer.query.database import fetch
from logviewer.query.field_values import FieldValues, values_of
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.rows import Rows
from logviewer.query.sampling import ask_in_time
from logviewer.query.search import Search
from logviewer.query.sql import Sql
from logviewer.store.event import level_name

DEFAULT_PERCENTILES = (50.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of the events with one value of the other field; `value` None: those that have none."""

    value: str | None
    count: int  # of numbers
    least: Decimal
    greatest: Decimal
    percentiles: Sequence[Decimal]  # in the order in which they were asked for


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Groups, those with the most numbers first. Each percentile is a number that occurs (nearest rank).

    `sampled`: only this share of the rows was looked at, 0..1; all counts are estimates, as are the percentiles, and
    `distinct` (how many groups there are) is None. Without, everything is exact.
    """

    groups: Sequence[Group]
    with_field: int  # events that match and have the field
    left_out: int  # of those, the events in which it holds no number
    distinct: int | None
    sampled: float | None

    @property
    def complete(self) -> bool:
        return self.sampled is None


def read_percentiles(
    search: Search,
    field: str,
    *,
    by: str = "",
    percentiles: Sequence[float] = DEFAULT_PERCENTILES,
    limit: int = 20,
) -> Percentiles:
    """`percentiles` are 0 to 100. Raises QueryError for a field that cannot be asked for, and SearchUnavailable."""
    asked = _Question(
        Rows.of(search),
        values_of(field, parameter="field"),
        values_of(by, parameter="by") if by else None,
        [one / 100 for one in percentiles],
        limit,
    )
    found = ask_in_time(asked)
    if found.answer is None:
        return Percentiles([], 0, 0, None, found.share)
    answer = found.answer
    return Percentiles(
        groups=[
            Group(asked.shown(value), found.estimate(count), least, greatest, quantiles)
            for value, count, least, greatest, quantiles in answer.groups
        ],
        with_field=found.estimate(answer.with_field),
        left_out=found.estimate(answer.left_out),
        distinct=answer.distinct if found.share is None else None,
        sampled=found.share,
    )


_GroupRow = tuple[str | None, int, Decimal, Decimal, Sequence[Decimal]]


@dataclass(frozen=True, slots=True)
class _Answer:
    groups: Sequence[_GroupRow]
    with_field: int
    left_out: int
    distinct: int


class _Question:
    """The statement for a source. Once an event was met whose value is not plain, all values are opened."""

    def __init__(
        self, rows: Rows, field: FieldValues, by: FieldValues | None, fractions: Sequence[float], limit: int
    ) -> None:
        self.rows, self.field, self.by, self.fractions, self.limit = rows, field, by, fractions, limit
        self.opened = field.text is None or (by is not None and by.text is None)

    def __call__(self, source: str, within_s: float) -> tuple[_Answer, int]:
        where = self.rows.of_source(source, self.field.present)
        if not self.opened:
            answer, has_more = self._ask(_plain(self.field, self.by, where), within_s)
            if not has_more:
                return answer, answer.with_field
            self.opened = True
        answer, _ = self._ask(_opened(self.field, self.by, where), within_s)
        return answer, answer.with_field

    def _ask(self, grouped: Sql, within_s: float) -> tuple[_Answer, bool]:
        # Only the groups that are shown are sorted.
        [*groups, totals] = fetch(
            f"""
            WITH grouped AS MATERIALIZED ({grouped.text}),
            top AS (
                SELECT * FROM grouped WHERE numbers IS NOT NULL
                ORDER BY cardinality(numbers) DESC, value COLLATE "C" NULLS LAST LIMIT %s
            )
            SELECT value, cardinality(numbers), least, greatest,
                   (SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY one) FROM unnest(numbers) AS one), FALSE
            FROM top
            UNION ALL
            SELECT NULL, count(numbers), max(with_field)::bigint, max(left_out)::bigint, NULL, bool_or(has_more)
            FROM grouped
            """,  # noqa: S608 -- our own names
            [*grouped.params, self.limit, list(self.fractions)],
            within_s=within_s,
        )
        _, distinct, with_field, left_out, _, has_more = totals
        shown: list[_GroupRow] = [(value, n, least, most, found) for value, n, least, most, found, _ in groups]
        return _Answer(shown, int(with_field or 0), int(left_out or 0), distinct), bool(has_more)

    def shown(self, value: str | None) -> str | None:
        if self.by is not None and self.by.name == LEVEL_FIELD and value is not None:
            return level_name(int(value))
        return value


def _plain(field: FieldValues, by: FieldValues | None, where: Sql) -> Sql:
    """One pass over plain values."""
    group = by.text if by is not None and by.text is not None else Sql("NULL::text")
    more = Sql(f"({field.has_more.text})", field.has_more.params)
    if by is not None:
        more = Sql(f"({more.text} OR {by.has_more.text})", (*more.params, *by.has_more.params))
    return Sql(
        f"""
        SELECT value, array_agg(number) FILTER (WHERE number IS NOT NULL) AS numbers,
               min(number) AS least, max(number) AS greatest, bool_or(has_more) AS has_more,
               sum(count(*)) OVER () AS with_field,
               sum(count(*) FILTER (WHERE number IS NULL)) OVER () AS left_out
        FROM (
            SELECT {group.text} AS value, {field.number.text} AS number, {more.text} AS has_more FROM {where.text}
            OFFSET 0
        ) AS looked
        GROUP BY 1
        """,  # noqa: S608 -- our own names
        (*group.params, *field.number.params, *more.params, *where.params),
    )


def _opened(field: FieldValues, by: FieldValues | None, where: Sql) -> Sql:
    """Any values: all numbers of an event count in each group to which it belongs."""
    groups = by.texts if by is not None else Sql("'{}'::text[]")
    return Sql(
        f"""
        WITH looked AS MATERIALIZED (
            SELECT {groups.text} AS texts, {field.numbers.text} AS numbers FROM {where.text}
        ),
        totals AS (
            SELECT count(*) AS with_field, count(*) FILTER (WHERE numbers = '{{}}') AS left_out FROM looked
        )
        SELECT value, array_agg(number) FILTER (WHERE number IS NOT NULL) AS numbers,
               min(number) AS least, max(number) AS greatest, FALSE AS has_more,
               min(totals.with_field) AS with_field, min(totals.left_out) AS left_out
        FROM totals, looked
             LEFT JOIN LATERAL unnest(texts) AS value ON TRUE
             LEFT JOIN LATERAL unnest(numbers) AS number ON TRUE
        GROUP BY 1
        """,  # noqa: S608 -- our own names
        (*groups.params, *field.numbers.params, *where.params),
    )
