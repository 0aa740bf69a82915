"""The questions that staff ask of their logs: each as the API takes it, as plain SQL, and with its right answer."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

from benchmarks.answers import Count, Events, Expected, Histogram, Percentiles, Values
from benchmarks.truth import HOUR_US, LATEST, Truth
from benchmarks.vocabulary import LEVELS, PHRASES

COLUMNS = "time, id, level, service, event, logger, request_id, cohort_id, data, meta"
NEWEST_FIRST = "ORDER BY time DESC, id DESC"
TEXT = "(data->>'exception' ILIKE %(like)s OR data->>'detail' ILIKE %(like)s)"


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its parameters. `sql`: the best plain SQL for it, over the same table."""

    path: str
    expected: Expected
    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A question without its parameters."""

    name: str
    title: str
    ask: Callable[[Truth, random.Random], Sequence[Question]]


def questions(kind: Kind, truth: Truth, number: int) -> list[Question]:
    """`number` of them, varied as far as the truth has different ones; none if it has none."""
    different = list(kind.ask(truth, random.Random(kind.name)))
    return list(islice(cycle(different), number)) if different else []


def _path(name: str, **parameters: object) -> str:
    return f"/api/v1/{name}?{urlencode(parameters)}"


def _some(chance: random.Random, values: Sequence[Any], number: int = 20) -> list[Any]:
    return chance.sample(values, min(number, len(values)))


def _hour(hour: int) -> dict[str, Any]:
    since, until = (datetime.fromtimestamp(at * HOUR_US // 1_000_000, UTC).isoformat() for at in (hour, hour + 1))
    return {"since": since, "until": until}


def _latest(truth: Truth, kind: str, value: str) -> Events:
    return Events(truth.tallies[kind, value].latest[-LATEST:])


def _by_request(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("events", request_id=request),
            _latest(truth, "request", request),
            f"SELECT {COLUMNS} FROM log_event WHERE request_id = %(request)s {NEWEST_FIRST}",
            {"request": request},
        )
        for request in _some(chance, truth.keys("request"))
    ]


def _warnings_of_an_hour(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("events", level="warning", **_hour(hour)),
            _latest(truth, "hour", str(hour)),
            f"SELECT {COLUMNS} FROM log_event WHERE level >= 30 AND time >= %(since)s AND time < %(until)s"
            f" {NEWEST_FIRST} LIMIT 100",
            _hour(hour),
        )
        for hour in _some(chance, truth.whole_hours())
    ]


def _errors_of_a_cohort(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("events", cohort_id=cohort, q="level:error"),
            _latest(truth, "cohort error", cohort),
            f"SELECT {COLUMNS} FROM log_event WHERE cohort_id = %(cohort)s AND level = 40 {NEWEST_FIRST} LIMIT 100",
            {"cohort": cohort},
        )
        for cohort in _some(chance, truth.keys("cohort error"))
    ]


def _histogram(truth: Truth, *, service: str = "", level: str = "") -> Question:
    filters = {name: value for name, value in (("service", service), ("level", level)) if value}
    return Question(
        _path("histogram", buckets=60, **filters),
        Histogram(truth, service, level or "debug"),
        "SELECT date_bin(%(width)s, time, '1970-01-01'), level, count(*) FROM log_event"
        " WHERE (service = %(service)s OR %(service)s = '') AND level >= %(level)s GROUP BY 1, 2",
        {
            "width": f"{(truth.last - truth.first) // 60} microseconds",
            "service": service,
            "level": LEVELS[level or "debug"],
        },
    )


def _histogram_of_all(truth: Truth, chance: random.Random) -> list[Question]:
    return [_histogram(truth)]


def _histogram_of_a_service(truth: Truth, chance: random.Random) -> list[Question]:
    return [_histogram(truth, service=service) for service in sorted({service for _, service, _ in truth.minutes})]


def _histogram_of_a_level(truth: Truth, chance: random.Random) -> list[Question]:
    return [_histogram(truth, level=level) for level in ("warning", "error", "critical")]


def _rare_word(truth: Truth, chance: random.Random) -> list[Question]:
    words = [word for word in truth.keys("word") if truth.tallies["word", word].count == 3]
    return [
        Question(
            _path("events", q=word),
            _latest(truth, "word", word),
            f"SELECT {COLUMNS} FROM log_event WHERE {TEXT} {NEWEST_FIRST} LIMIT 100",
            {"like": f"%{word}%"},
        )
        for word in _some(chance, words)
    ]


def _phrases() -> list[tuple[str, str]]:
    """Each phrase as it stands, and some in capitals: letter case does not count."""
    return [(phrase, phrase) for phrase in PHRASES] + [(phrase, phrase.upper()) for phrase in PHRASES[:5]]


def _common_phrase(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("events", q=f'"{written}"'),
            _latest(truth, "phrase", phrase),
            f"SELECT {COLUMNS} FROM log_event WHERE {TEXT} {NEWEST_FIRST} LIMIT 100",
            {"like": f"%{written}%"},
        )
        for phrase, written in _phrases()
    ]


def _count_of_a_phrase(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("count", q=f'"{written}"'),
            Count(truth.tallies["phrase", phrase].count),
            f"SELECT count(*) FROM log_event WHERE {TEXT}",
            {"like": f"%{written}%"},
        )
        for phrase, written in _phrases()
    ]


def _top_paths(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("values", field="path", limit=10),
            Values(truth.paths, 10),
            "SELECT data->>'path', count(*) FROM log_event GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
        )
    ]


def _slowest_paths_of_an_hour(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("percentiles", field="duration_ms", by="path", p=95, **_hour(hour)),
            Percentiles(truth.durations_ms[hour]),
            "SELECT data->>'path', count(*),"
            " percentile_disc(0.95) WITHIN GROUP (ORDER BY (data->>'duration_ms')::float)"
            " FROM log_event WHERE time >= %(since)s AND time < %(until)s AND data ? 'duration_ms' GROUP BY 1",
            _hour(hour),
        )
        for hour in _some(chance, truth.whole_hours())
    ]


def _count_of_a_status(truth: Truth, chance: random.Random) -> list[Question]:
    asked = []
    for status, method in map(str.split, _some(chance, truth.keys("status"))):
        asked.append(
            Question(
                _path("count", q=f"status_code:{status} method:{method}"),
                Count(truth.tallies["status", f"{status} {method}"].count),
                "SELECT count(*) FROM log_event WHERE data @> %(fields)s::jsonb",
                {"fields": f'{{"status_code": {status}, "method": "{method}"}}'},
            )
        )
    return asked


def _any_field(truth: Truth, chance: random.Random) -> list[Question]:
    return [
        Question(
            _path("count", q=f"student_id:{student}"),
            Count(truth.students[student]),
            "SELECT count(*) FROM log_event WHERE data @> %(fields)s::jsonb",
            {"fields": f'{{"student_id": {student}}}'},
        )
        for student in _some(chance, sorted(truth.students))
    ]


KINDS = (
    Kind("Q1", "request id, all", _by_request),
    Kind("Q2", "latest 100, level>=warning, 1 h", _warnings_of_an_hour),
    Kind("Q3", "latest 100, cohort + error, all", _errors_of_a_cohort),
    Kind("Q4", "histogram by level, 60 buckets, all", _histogram_of_all),
    Kind("Q4s", "the same of a service", _histogram_of_a_service),
    Kind("Q4l", "the same of a level and above", _histogram_of_a_level),
    Kind("Q5", "rare word, latest 100, all", _rare_word),
    Kind("Q6", "common phrase, latest 100", _common_phrase),
    Kind("Q6c", "common phrase, count, all", _count_of_a_phrase),
    Kind("Q7", "top 10 path, all", _top_paths),
    Kind("Q8", "p95 duration_ms by path, 1 h", _slowest_paths_of_an_hour),
    Kind("Q9", "count status_code + method, all", _count_of_a_status),
    Kind("QE", "count of any field's value, all", _any_field),
)
