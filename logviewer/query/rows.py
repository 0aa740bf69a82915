"""The rows of a search as what stands behind FROM, for reads that count rather than list."""

from dataclasses import dataclass
from typing import Self

from logviewer.query.search import Search
from logviewer.query.sql import Sql
from logviewer.store.predicate import Predicate, all_of


@dataclass(frozen=True, slots=True)
class Rows:
    """The predicate of a search together with its bounds of time."""

    predicate: Predicate

    @classmethod
    def of(cls, search: Search) -> Self:
        bounds = []
        if search.since is not None:
            bounds.append(Predicate("time >= %s", (search.since,)))
        if search.until is not None:
            bounds.append(Predicate("time < %s", (search.until,)))
        return cls(all_of([search.predicate, *bounds]))

    def of_source(self, source: str, *also: Sql) -> Sql:
        """`source` is log_event or a sample of it; `also` are more conditions."""
        conditions = " AND ".join([self.predicate.sql, *(one.text for one in also)])
        params = (*self.predicate.params, *(param for one in also for param in one.params))
        return Sql(f"{source} WHERE {conditions}", params)
