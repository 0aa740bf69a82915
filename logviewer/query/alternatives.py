"""Why a search finds nothing: what each condition keeps out, and where the next event is outside of its time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from logviewer.query.compiler import compile_node
from logviewer.query.count import Count, count_events, span_of
from logviewer.query.database import fetch
from logviewer.query.errors import OutOfTime
from logviewer.query.events import StoredEvent, read_page
from logviewer.query.language import Node
from logviewer.query.language.nodes import Everything, and_, conditions_of
from logviewer.query.narrowing import narrowing, rest
from logviewer.query.pace import Pace, Window
from logviewer.query.reader import visible_to
from logviewer.query.search import Search
from logviewer.query.summed import is_bound, summed
from logviewer.store.predicate import EVERYTHING, Predicate, all_of, any_of

# All of it shall be there within about half a second. A statement that has begun has 0.2 s, whatever is left.
SINGLY_S, EACH_S = 0.3, 0.1  # of the counts one by one, after which no other begins; of each
BUDGET_S = 0.1  # of the grouped count
OUTSIDE_BUDGET_S = 0.1  # of each question about other times
FIRST_WINDOW = timedelta(hours=1)
MOST_CONDITIONS = 12  # each is asked together with all others: the statement grows with the square


@dataclass(frozen=True, slots=True)
class Counted:
    """A condition, the parameter that asks for it, and how many events there are without it, or for it alone."""

    parameter: str
    condition: Node
    found: Count


@dataclass(frozen=True, slots=True)
class Outside:
    """What the search would find at any time. `newest` None: nothing, or nothing in the time there was."""

    newest: StoredEvent | None
    found: Count


def count_without_each(search: Search) -> Sequence[Counted]:
    """The first MOST_CONDITIONS conditions, each with what the search would find without it.

    What neither sums nor an index can tell at once is counted in one grouped question per window of time, newest first,
    for BUDGET_S at most: all of it would read the same rows. Each `found` says how far back, and is the one of both
    that reaches further. Raises SearchUnavailable.
    """
    asked = _conditions(search)
    nodes = [node for _, node in asked]
    places = range(min(len(asked), MOST_CONDITIONS))
    found = _count(search, [[*nodes[:place], *nodes[place + 1 :]] for place in places])
    return [Counted(*one, count) for one, count in zip(asked, found, strict=False)]


def count_each_alone(search: Search) -> Sequence[Counted]:
    """The first MOST_CONDITIONS conditions, each with what it finds by itself. As above."""
    asked = _conditions(search)
    found = _count(search, [[node] for _, node in asked[:MOST_CONDITIONS]])
    return [Counted(*one, count) for one, count in zip(asked, found, strict=False)]


def look_outside(search: Search) -> Outside:
    """What `search`, whose time is open at both ends, finds. Raises SearchUnavailable."""
    page = read_page(search, limit=1, budget_s=OUTSIDE_BUDGET_S)
    if not page.events:
        return Outside(None, Count(0, page.reached))
    return Outside(page.events[0], count_events(search, budget_s=OUTSIDE_BUDGET_S))


def _conditions(search: Search) -> list[tuple[str, Node]]:
    """What is asked beside bounds in time, each with its parameter, and once, however often the query says it."""
    asked: list[tuple[str, Node]] = [(one.field, one) for one in search.given]
    return asked + [("q", one) for one in dict.fromkeys(conditions_of(search.node)) if not is_bound(one)]


def _count(search: Search, some: Sequence[Sequence[Node]]) -> list[Count]:
    """How many events there are in the time of `search` for each of these conjunctions."""
    searches = [_with(search, nodes) for nodes in some]
    counts = dict(enumerate(_count_singly(searches)))
    left = [place for place in range(len(searches)) if place not in counts or not counts[place].complete]
    if len(left) == 1 and left[0] in counts:
        left = []  # together with no other it would be the same question once more
    grouped = _count_grouped(search, [searches[place].predicate for place in left])
    counts |= {place: further(counts.get(place), found) for place, found in zip(left, grouped, strict=True)}
    return [counts[place] for place in range(len(searches))]


def _with(search: Search, some: Sequence[Node]) -> Search:
    """The search for these conditions alone, in its time."""
    now, seen = search.asked_at, visible_to(search.reader)
    bounds = [one for one in conditions_of(search.node) if is_bound(one)]
    always = all_of([seen, *(compile_node(one, now) for one in bounds)])
    node = and_(list(some)) if some else Everything()
    return replace(
        search,
        given=(),
        predicate=all_of([always, compile_node(node, now)]),
        one_request=False,
        one_cohort=False,
        narrowing=narrowing(node, now),
        narrowed=all_of([always, compile_node(rest(node), now)]),
        summed=summed(node, now) if seen == EVERYTHING else None,
    )


def further(one: Count | None, other: Count) -> Count:
    """Of two counts of the same that which looked further back."""
    if one is None or other.reached is None:
        return other
    return one if one.reached is None or one.reached <= other.reached else other


def _count_singly(searches: Sequence[Search]) -> Iterator[Count]:
    """The first ones, each as far as sums or an index can count it at once."""
    give_up = monotonic() + SINGLY_S
    for one in searches:
        if monotonic() < give_up:
            yield count_events(one, budget_s=EACH_S)


def _count_grouped(search: Search, predicates: Sequence[Predicate]) -> list[Count]:
    span = span_of(search)
    totals = [0] * len(predicates)
    if not predicates or span is None or span.since >= span.until:
        return [Count(total, None) for total in totals]
    pace, reached = Pace(span, first=FIRST_WINDOW, budget_s=BUDGET_S), span.until
    try:
        while reached > span.since:
            window, counts = pace.ask(reached, partial(_count_window, predicates))
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            reached = window.since
    except OutOfTime:
        return [Count(total, reached) for total in totals]
    return [Count(total, None) for total in totals]


def _count_window(predicates: Sequence[Predicate], window: Window, within_s: float) -> Sequence[int]:
    columns = ", ".join(f"count(*) FILTER (WHERE {one.sql})" for one in predicates)
    some = any_of(list(predicates))
    [counts] = fetch(
        f"SELECT {columns} FROM log_event WHERE {some.sql} AND time >= %s AND time < %s",  # noqa: S608 -- our own names
        [*(param for one in predicates for param in one.params), *some.params, window.since, window.until],
        within_s=within_s,
    )
    return counts
