"""A seeded corpus: what a structlog-instrumented REST service logs, about 518 bytes an event as JSON.

Requests have 4 to 14 events and run at the same time, as a page sends several at once. The corpus is made in blocks of
BLOCK events; each follows from the seed and its number alone, so it is the same however many processes make it.
"""

import gzip
import json
import multiprocessing
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice

from benchmarks import vocabulary
from benchmarks.truth import Key, Truth
from benchmarks.vocabulary import Flow

BLOCK = 10_000
BATCH = 1000
REQUESTS_COUNTED_ALONE = 3  # a block
# A marker word stands in a traceback of its own block and of those this many blocks later.
MARKER_STRIDES = (1, 10, 100)
SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the corpus: its events as NDJSON lines in the order of time, and what is true of them."""

    lines: Sequence[bytes]
    truth: Truth

    def batches(self, size: int = BATCH) -> list[bytes]:
        """The lines as gzip bodies of `size` events."""
        return [gzip.compress(b"".join(self.lines[at : at + size]), 6) for at in range(0, len(self.lines), size)]


@dataclass(frozen=True, slots=True)
class Corpus:
    """An endless one: block n is the time [start + n * block_span, start + (n + 1) * block_span)."""

    start: datetime
    block_span: timedelta
    seed: int = 1

    @classmethod
    def ending(cls, end: datetime, span: timedelta, events: int, seed: int = 1) -> "Corpus":
        """The corpus whose first `events` events fill `span` up to `end`."""
        return cls(end - span, span * BLOCK / events, seed)

    def block(self, number: int) -> Block:
        chance = random.Random(f"{self.seed} {number}")
        begin_us = (self.start + number * self.block_span - EPOCH) // MICROSECOND
        span_us = self.block_span // MICROSECOND
        requests = list(_requests(chance, span_us, markers_of(self.seed, number)))
        for request in chance.sample(requests, REQUESTS_COUNTED_ALONE):
            _count_alone(request)
        events = sorted((event for request in requests for event in request.events), key=lambda event: event.at)
        truth, lines = Truth(), []
        for event, offset in zip(events, _strictly_rising([event.at for event in events], span_us), strict=True):
            at = begin_us + offset
            lines.append(f'{{"timestamp":"{_rfc3339(at)}",{event.rest}}}\n'.encode())
            truth.add(
                at,
                level=event.level,
                service=event.request.flow.service,
                path=event.request.path,
                student=event.student,
                duration_ms=event.duration_ms,
                keys=event.keys,
            )
        return Block(lines, truth)

    def batches(self, blocks: range, *, processes: int | None = None) -> Iterator[tuple[list[bytes], Truth]]:
        """The gzip bodies of each of `blocks` and what is true of it, in order, made by several processes."""
        with multiprocessing.Pool(processes) as pool:
            yield from pool.imap(partial(_batches, self), blocks, chunksize=1)


def lines(count: int, *, seed: int = 1, start: datetime, span: timedelta = timedelta(hours=24)) -> Iterator[bytes]:
    """Yields `count` events as NDJSON lines, spread over `span` from `start` on."""
    corpus = Corpus.ending(start + span, span, count, seed)
    blocks = range(-(-count // BLOCK))
    return islice((line for number in blocks for line in corpus.block(number).lines), count)


def marker(seed: int, family: int, block: int) -> str:
    """A word of 12 letters for each (seed, family, block), which begins no other word of the corpus."""
    number = ((seed * len(MARKER_STRIDES) + family) * 1_000_000 + block) * 48_271 % len(SYLLABLES) ** 5
    syllables = []
    for _ in range(5):
        number, at = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[at])
    return "".join(syllables) + "qx"


def markers_of(seed: int, block: int) -> list[str]:
    """The words that a traceback of this block has: each word stands in three blocks, once in each."""
    return [
        marker(seed, family, block - back * stride)
        for family, stride in enumerate(MARKER_STRIDES)
        for back in (0, 1, 3)
        if block - back * stride >= 0
    ]


def _batches(corpus: Corpus, number: int) -> tuple[list[bytes], Truth]:
    block = corpus.block(number)
    return block.batches(), block.truth


@dataclass(slots=True)
class _Event:
    at: float  # microseconds after the beginning of the block
    level: str
    rest: str  # the JSON behind the timestamp, without braces
    request: "_Request"
    keys: tuple[Key, ...] = ()
    student: int | None = None
    duration_ms: float | None = None


@dataclass(slots=True)
class _Request:
    """A request on its way: its events say the same about who asks for what."""

    chance: random.Random
    flow: Flow
    id: str
    path: str
    context: str  # JSON that all its events have
    cohort: int | None
    student: int | None
    at: float
    pace: float  # microseconds between two events, about
    events: list[_Event] = field(default_factory=list)
    failed: bool = False

    def log(
        self,
        level: str,
        event: str,
        more: str = "",
        *,
        keys: tuple[Key, ...] = (),
        student: bool = False,
        duration_ms: float | None = None,
    ) -> None:
        """Adds an event now, and lets time go on. `more` is JSON; `student`: it names the student it is about."""
        about = self.student if student else None
        if about is not None:
            more = f',"student_id":{about}{more}'
        if duration_ms is not None:
            more = f'{more},"duration_ms":{duration_ms}'
        rest = f'"level":"{level}","event":"{event}"{self.context}{more}'
        self.events.append(_Event(self.at, level, rest, self, keys, about, duration_ms))
        self.at += self.pace * (0.5 + self.chance.random())

    def text(self, template: str, marker: str = "") -> str:
        """The template with its places filled, as JSON without quotes."""
        if "{" not in template:
            return _escaped(template)
        values = {"table": self.chance.choice(vocabulary.TABLES), "number": self.chance.randrange(900)}
        return _escaped(template.format(**values, marker=marker))


def _requests(chance: random.Random, span_us: int, markers: list[str]) -> Iterator[_Request]:
    """Requests with BLOCK events in all. Some come together, as a page sends them."""
    left = BLOCK
    while left:
        at, user = chance.random() * span_us, chance.randrange(400)
        for _ in range(chance.choice(vocabulary.BURSTS)):
            if left:
                number = _number_of_events(chance, left)
                left -= number
                yield _request(_begun(chance, at + chance.random() * 50_000, user), number, markers)


def _number_of_events(chance: random.Random, left: int) -> int:
    """So many that what is left then is nothing, or enough for another request."""
    number = chance.randint(vocabulary.FEWEST_EVENTS, vocabulary.MOST_EVENTS)
    if left - number >= vocabulary.FEWEST_EVENTS:
        return number
    return left if left <= vocabulary.MOST_EVENTS else left - vocabulary.FEWEST_EVENTS


def _begun(chance: random.Random, at: float, user: int) -> _Request:
    flow = chance.choices(vocabulary.FLOWS, _FLOW_SHARES)[0]
    cohort = chance.choices(vocabulary.COHORTS, _COHORT_SHARES)[0]
    student = chance.randint(1, vocabulary.STUDENTS)
    path = flow.path.format(cohort=cohort, student=student)
    number = f"{chance.getrandbits(128):032x}"
    request_id = f"{number[:8]}-{number[8:12]}-4{number[13:16]}-a{number[17:20]}-{number[20:]}"
    first, last = vocabulary.FIRST_NAMES, vocabulary.LAST_NAMES
    context = (
        f',"logger":"{flow.logger}","service":"{flow.service}","request_id":"{request_id}","user_id":{1000 + user}'
        f',"username":"{first[user % len(first)]}.{last[user % len(last)]}{user}"'
        f',"ip_address":"10.{user % 200}.{user * 7 % 250}.{user * 31 % 250}"'
        f',"user_agent":"{vocabulary.BROWSERS[user % len(vocabulary.BROWSERS)]}"'
        f',"method":"{flow.method}","path":"{path}"'
    )
    has_cohort, has_student = "{cohort}" in flow.path, "{student}" in flow.path or flow.method == "POST"
    return _Request(
        chance, flow, request_id, path, context, cohort if has_cohort else None, student if has_student else None,
        at, pace=chance.lognormvariate(8.7, 0.7),
    )  # fmt: skip


def _request(request: _Request, number: int, markers: list[str]) -> _Request:
    """Lets the request have `number` events."""
    flow, chance, began = request.flow, request.chance, request.at
    request.log("info", "request_started")
    request.log("info", f"{flow.name}_started", _cohort(request), student=True)
    for level in chance.choices(_MIDDLE, _MIDDLE_SHARES, k=number - 3):
        _STEPS[level](request, markers)
    status = chance.choice(vocabulary.FAILED_STATUSES if request.failed else vocabulary.OK_STATUSES)
    request.log(
        "info",
        "request_finished",
        f',"status_code":{status}',
        keys=(("status", f"{status} {flow.method}"),),
        duration_ms=round((request.at - began) / 1000, 3),
    )
    return request


def _debug_step(request: _Request, markers: list[str]) -> None:
    name, detail = request.chance.choice(vocabulary.DEBUG_STEPS)
    more = f'{_cohort(request)},"detail":"{request.text(detail)}"'
    request.log("debug", name, more, keys=_phrases_in(detail))


def _info_step(request: _Request, markers: list[str]) -> None:
    if request.chance.random() < 0.6:
        request.log("info", request.flow.step, _cohort(request), student=True)
    else:
        duration_ms = round(request.chance.lognormvariate(3.5, 0.9), 3)
        request.log("info", f"{request.flow.name}_completed", _cohort(request), duration_ms=duration_ms)


def _warning_step(request: _Request, markers: list[str]) -> None:
    name, detail = request.chance.choice(vocabulary.WARNINGS)
    more = f'{_cohort(request)},"detail":"{request.text(detail)}"'
    request.log("warning", name, more, keys=_phrases_in(detail))


def _error_step(request: _Request, markers: list[str]) -> None:
    _failure(request, "error", f"{request.flow.name}_failed", markers)


def _critical_step(request: _Request, markers: list[str]) -> None:
    _failure(request, "critical", request.chance.choice(vocabulary.CRITICALS), markers)


def _failure(request: _Request, level: str, event: str, markers: list[str]) -> None:
    """An event with a traceback, which has one of `markers` while there are some."""
    request.failed = True
    template = vocabulary.MARKED if markers else request.chance.choice(vocabulary.ERRORS)
    word = markers.pop() if markers else ""
    frames = request.chance.choices(vocabulary.FRAMES, k=request.chance.choices(_FRAME_COUNTS, _FRAME_SHARES)[0])
    traceback = _escaped("Traceback (most recent call last):\n" + "\n".join(frames) + "\n")
    keys = [*_phrases_in(template)]
    if word:
        keys.append(("word", word))
    if request.cohort is not None and level == "error":
        keys.append(("cohort error", str(request.cohort)))
    more = f'{_cohort(request)},"exception":"{traceback}{request.text(template, word)}"'
    request.log(level, event, more, keys=tuple(keys), student=True)


_STEPS = {
    "debug": _debug_step,
    "info": _info_step,
    "warning": _warning_step,
    "error": _error_step,
    "critical": _critical_step,
}
_MIDDLE, _MIDDLE_SHARES = list(vocabulary.MIDDLE), list(vocabulary.MIDDLE.values())
_FLOW_SHARES = [flow.share for flow in vocabulary.FLOWS]
_COHORT_SHARES = [1 / cohort for cohort in vocabulary.COHORTS]
_FRAME_COUNTS, _FRAME_SHARES = list(vocabulary.FRAME_COUNTS), list(vocabulary.FRAME_COUNTS.values())


def _cohort(request: _Request) -> str:
    return f',"cohort_id":{request.cohort}' if request.cohort is not None else ""


@lru_cache
def _phrases_in(template: str) -> tuple[Key, ...]:
    return tuple(("phrase", phrase) for phrase in vocabulary.PHRASES if phrase.lower() in template.lower())


def _count_alone(request: _Request) -> None:
    """Has the events of one request counted by its id."""
    for event in request.events:
        event.keys = (*event.keys, ("request", request.id))


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _strictly_rising(times: Sequence[float], span_us: int) -> Iterator[int]:
    """Whole microseconds in the order of `times`, all different and below `span_us`."""
    last = -1
    for place, time in enumerate(times):
        last = max(last + 1, min(int(time), span_us - len(times) + place))
        yield last


def _rfc3339(at: int) -> str:
    second, microsecond = divmod(at, 1_000_000)
    return f"{_whole_second(second)}.{microsecond:06d}Z"


@lru_cache(maxsize=16)
def _whole_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
