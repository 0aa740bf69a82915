"""Events by bucket and value in the time that a page has: from the store's sums, all rows, or a sample of them."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logviewer.query import sampling
from logviewer.query.counts import MINUTE, count_by_level, count_by_service
from logviewer.query.database import LONGEST_STATEMENT_S, estimated_rows
from logviewer.query.errors import SearchUnavailable, TimedOut
from logviewer.query.estimates import Estimate, scaled
from logviewer.query.events import EventPage
from logviewer.query.field_values import FieldValues
from logviewer.query.language.values import LEVEL_FIELD
from logviewer.query.pace import Window
from logviewer.query.rollups import count_rolled_up_by
from logviewer.query.sampling import Sampled, ask_in_time
from logviewer.query.search import Search
from logviewer.query.series import Cells, Part, SeriesCount, count_series
from logviewer.query.stretches import stretches_of
from logviewer.query.summed import COUNTED
from logviewer.query.windows import gaps_between, part_of_slices
from logviewer.store.predicate import EVERYTHING, Predicate, all_of, any_of

BUDGET_S = 0.25  # of the rows: half of what a page may take
FEW_ROWS = 20_000  # are read without a sample first, if there are not more than the planner expects
FEW_WITHIN_S = 0.25
AFTER_THAT_S = 0.15  # for a sample, if there are

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Exact without an `estimate`, of what is not older than `reached`."""

    cells: Cells
    estimate: Estimate | None
    reached: datetime


@dataclass(frozen=True, slots=True)
class SeriesInTime:
    """What is counted: the events of `search` in `span`, by `field`, in buckets of `width`. At least the `most`
    frequent values are kept apart. `page` is what was read of these events already."""

    search: Search
    field: FieldValues
    span: Window
    width: timedelta
    most: int
    page: EventPage | None = None

    def count(self) -> Found:
        """Raises SearchUnavailable."""
        if self.page is not None and self.page.is_all:
            return Found(self._of_page(self.page), None, self.span.since)
        found = self._of_sums_and_rows()
        says_nothing = found.estimate is not None and found.estimate.margin >= 1
        if says_nothing and self.page is not None and self.page.begins_newest:
            # So rare that the sample has hardly one. What the page shows is there.
            return Found(self._of_page(self.page), None, min(one.time for one in self.page.events))
        return found

    def _of_page(self, page: EventPage) -> Cells:
        if not page.events:
            return Counter()
        times, ids = [one.time for one in page.events], [one.id for one in page.events]
        condition = Predicate("time = ANY(%s) AND id = ANY(%s)", (times, ids))
        part = Part(sampling.EVERYTHING, condition, Window(min(times), max(times) + _MICROSECOND))
        try:
            return count_series(self.field, [part], self.width, most=self.most, within_s=LONGEST_STATEMENT_S).cells
        except TimedOut as problem:
            raise SearchUnavailable("The database of events is slow.") from problem

    def _of_sums_and_rows(self) -> Found:
        cells: Cells = Counter()
        sums = self._sums()
        for _, known in sums:
            cells.update(known)
        gaps = gaps_between([window for window, _ in sums], self.span)
        if not gaps:
            return Found(cells, None, self.span.since)
        found = self._ask(gaps, {value for _, values in cells for value in values or ()})
        sample = found.answer or SeriesCount()
        if found.share is None:
            return Found(cells + sample.cells, None, self.span.since)
        totals = self._totals(gaps)
        cells += scaled(sample, found.share, totals)
        is_total_exact = self.is_counted and totals is not None and sample.events > 0
        estimate = Estimate.of(found.share, sample.events, cells.total(), is_total_exact=is_total_exact)
        return Found(cells, estimate, self.span.since)

    def _ask(self, gaps: Sequence[Window], named: Set[str]) -> Sampled[SeriesCount]:
        question = _Rows(self, gaps, sorted(named))
        bounds = any_of([Predicate("(time >= %s AND time < %s)", (gap.since, gap.until)) for gap in gaps])
        has_index = self.search.one_request or self.search.one_cohort
        looked_at = all_of([self.search.predicate, bounds]) if has_index else bounds
        budget_s = BUDGET_S
        if estimated_rows("log_event", looked_at) <= FEW_ROWS:
            try:
                return Sampled(question(sampling.EVERYTHING, FEW_WITHIN_S)[0], None)
            except TimedOut:
                budget_s = AFTER_THAT_S
        return ask_in_time(question, budget_s=budget_s, part=part_of_slices(gaps))

    @property
    def is_counted(self) -> bool:
        """Whether the counts by minute tell how many events there are of each bucket."""
        return self.search.summed is not None and self.search.summed.is_counted

    def _sums(self) -> Sequence[tuple[Window, Cells]]:
        """The windows, oldest first, of which sums of the store tell all."""
        summed = self.search.summed
        if summed is None or not summed.is_counted or self.field.name not in COUNTED:
            return count_rolled_up_by(self.search, self.field, self.width)
        cells: Cells = Counter()
        try:
            if self.field.name == LEVEL_FIELD:
                for start, level, events in count_by_level(summed.condition, self.span, self.width):
                    cells[start.astimezone(UTC), (str(level),)] += events
            else:
                for start, service, events in count_by_service(summed.condition, self.span, self.width):
                    cells[start.astimezone(UTC), (service,)] += events
        except TimedOut as problem:
            raise SearchUnavailable("The database of events is slow.") from problem
        return [(self.span, cells)]

    def _totals(self, gaps: Sequence[Window]) -> Mapping[datetime, int] | None:
        """How many events each bucket has in `gaps`, whatever their values: of the search if the counts tell, else of
        all. None where they know no bucket, or too slowly."""
        if self.width % MINUTE:
            return None
        totals: Counter[datetime] = Counter()
        try:
            for gap in gaps:
                for start, _, events in count_by_level(self.counted_condition, gap, self.width):
                    totals[start.astimezone(UTC)] += events
        except TimedOut:
            return None
        return totals

    @property
    def counted_condition(self) -> Predicate:
        return self.search.summed.condition if self.search.summed is not None and self.is_counted else EVERYTHING


@dataclass(frozen=True, slots=True)
class _Rows:
    """The question of `gaps` for ask_in_time. All rows are found by whatever index there is; of a sample those are
    counted, too, that do not match, for all together tell how large a part of a bucket it has."""

    asked: SeriesInTime
    gaps: Sequence[Window]
    named: Sequence[str]

    def __call__(self, source: str, within_s: float) -> tuple[SeriesCount, int]:
        asked, search = self.asked, self.asked.search
        if source == sampling.EVERYTHING:
            parts = self._indexed_parts()
            matches = EVERYTHING
        else:
            parts = [Part(source, asked.counted_condition, gap) for gap in self.gaps]
            matches = EVERYTHING if asked.is_counted else search.predicate
        found = count_series(
            asked.field, parts, asked.width, matches=matches, most=asked.most, named=self.named, within_s=within_s
        )
        return found, found.events

    def _indexed_parts(self) -> Sequence[Part]:
        """A part for each stretch of slices of a kind: without an index of words those would be made for each row."""
        search = self.asked.search
        if not search.narrowing:
            return [Part(sampling.EVERYTHING, search.predicate, gap) for gap in self.gaps]
        return [
            Part(sampling.EVERYTHING, search.condition(indexed=indexed), Window(since, until))
            for gap in self.gaps
            for since, until, indexed in stretches_of(gap.since, gap.until)
        ]
