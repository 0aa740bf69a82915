"""Which fields of an event its row shows, and in which order: by what their names and values say, for any sender.

What went wrong comes first, then what the event is about, where it happened, how long it took. What all events of the
same request share is known from its first event, so it comes late; where the program runs is left to the opened event.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from logviewer.viewer.event_fields import OF_TRANSPORT, is_traceback, traceback_verdict, value_text

MOST_CHIPS = 6
LONGEST_CHIP = 80  # characters
ROOM = 100  # characters of all chips of a row, about what a wide window shows

FAILURE, COHORT, OUTCOME, SUBJECT, PLACE, MEASURE, OTHER, PROSE, SHARED, SURROUNDINGS = range(10)

_RUNTIME = (
    r"agent$|(^|_)(ip|addr|address|host|hostname|pid|process|process_id|thread|thread_id|version|build|env"
    r"|environment|module|lineno|line|filename|pathname|func|func_name|span_id|trace_id|session_id)$"
)
_PLACES = r"^(http_)?(method|path|url|uri|route|endpoint|view|action|topic|queue|task|job)$|_(path|url|endpoint)$"
_NAMES: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (rank, re.compile(pattern, re.IGNORECASE))
    for rank, pattern in (
        (FAILURE, r"^(error|err|exception|exc|exc_info|traceback|reason|failure|fault)$|_(error|reason|exception)$"),
        (OUTCOME, r"^(status|outcome|result|state|code|verdict)$|(^|_)(status_code|status|code|outcome)$"),
        (SURROUNDINGS, _RUNTIME),
        (SUBJECT, r"(^|_)(id|ids|pk|slug|sku)$|(^|_)(user|username|email|student|name)$"),
        (PLACE, _PLACES),
        (MEASURE, r"(^|_)(duration|elapsed|latency|took|size|length|count|rows|attempt|attempts|retries)(_|$)"),
        (MEASURE, r"_(ms|s|seconds|us|ns|bytes|kb|mb)$"),
    )
)
_LONG_ID = re.compile(r"[0-9a-f-]{24,}", re.IGNORECASE)


class ShowsFields(Protocol):
    """What of a stored event decides about its chips."""

    @property
    def request_id(self) -> str | None: ...
    @property
    def cohort_id(self) -> str | None: ...
    @property
    def data(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Chip:
    key: str
    text: str
    is_failure: bool = False
    is_shared: bool = False  # known from the request's other events


def chips_of(events: Sequence[ShowsFields]) -> list[list[Chip]]:
    """The chips of each of `events`, which are looked at together: what a request's events share says little."""
    shared = _shared(events)
    return [_chips(event, shared.get(event.request_id or "", frozenset())) for event in events]


def _shared(events: Iterable[ShowsFields]) -> dict[str, frozenset[tuple[str, str]]]:
    """For each request with several events here: the fields that most of them have with the same value."""
    seen: dict[str, Counter[tuple[str, str]]] = {}
    sizes: Counter[str] = Counter()
    for event in events:
        if event.request_id:
            sizes[event.request_id] += 1
            pairs = _joined_method(_short_values(event.data))
            seen.setdefault(event.request_id, Counter()).update(pairs)
    return {
        request_id: frozenset(pair for pair, times in counts.items() if times * 3 > sizes[request_id] * 2)
        for request_id, counts in seen.items()
        if sizes[request_id] > 1
    }


def _chips(event: ShowsFields, shared: frozenset[tuple[str, str]]) -> list[Chip]:
    ranked: list[tuple[int, Chip]] = []
    if event.cohort_id is not None:
        ranked.append((COHORT, Chip("cohort_id", event.cohort_id)))
    for key, text in _joined_method(_short_values(event.data)):
        rank = _rank(key, text)
        if rank not in (FAILURE, SURROUNDINGS) and (key, text) in shared:
            rank = SHARED
        ranked.append((rank, Chip(key, text, rank == FAILURE or _is_server_error(rank, text), rank == SHARED)))
    ranked.sort(key=lambda pair: pair[0])
    telling = [pair for pair in ranked if pair[0] < SURROUNDINGS]
    return list(_that_fit(chip for _, chip in (telling if len(telling) > 1 else ranked)[:MOST_CHIPS]))


def _that_fit(chips: Iterable[Chip]) -> Iterator[Chip]:
    room = ROOM
    for chip in chips:
        if room <= 0:
            return
        room -= len(chip.key) + min(len(chip.text), LONGEST_CHIP) + 3
        yield chip


def _rank(key: str, text: str) -> int:
    rank = _rank_of_name(key.rpartition(".")[2])
    if rank in (OTHER, SUBJECT) and _LONG_ID.fullmatch(text):
        return SURROUNDINGS
    return PROSE if rank == OTHER and len(text) > 40 else rank


@lru_cache(maxsize=4096)
def _rank_of_name(name: str) -> int:
    return next((rank for rank, pattern in _NAMES if pattern.search(name)), OTHER)


def _is_server_error(rank: int, text: str) -> bool:
    return rank == OUTCOME and len(text) == 3 and text.startswith("5") and text.isdecimal()


def _short_values(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Fields that fit on one line: values that are not empty, also one level down, and of a traceback its verdict."""
    for key, value in data.items():
        if key in OF_TRANSPORT:
            continue
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", value_text(one)) for inner, one in value.items() if _is_short(one))
        elif isinstance(value, str) and is_traceback(value):
            yield key, traceback_verdict(value)
        elif isinstance(value, list) and (raised := _structured_exception(value)):
            yield key, raised
        elif _is_short(value):
            yield key, value_text(value)


def _is_short(value: object) -> bool:
    return not isinstance(value, Mapping | list) and value not in (None, "")


def _structured_exception(value: list[object]) -> str:
    """ "KeyError: 'x'" for structlog's tracebacks as lists of exceptions, the last one first; "" for any other list."""
    last = value[0] if value else None
    if not isinstance(last, Mapping) or "exc_type" not in last:
        return ""
    return f"{last['exc_type']}: {last.get('exc_value', '')}"


def _joined_method(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """`method` before the `path` it belongs to, as people write a request: POST /cohorts/12/assign."""
    values = dict(pairs)
    place = next((key for key in ("path", "url", "route") if key in values), None)
    method = values.get("method", "")
    if place is None or not method.isalpha() or len(method) > 8:
        return list(values.items())
    return [(key, f"{method} {text}" if key == place else text) for key, text in values.items() if key != "method"]
