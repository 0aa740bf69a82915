"""A seeded corpus: what a structlog-instrumented REST service logs. The same seed gives the same events.

About 520 bytes an event as JSON; 4 to 14 events a request, 40 cohorts by Zipf's law, tracebacks on 4 %.
"""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

SERVICES = [("learning-api", 70), ("auth-api", 15), ("notification-worker", 9), ("report-worker", 6)]
LOGGERS = {
    "learning-api": ["LearningAPI.cohort", "LearningAPI.student", "LearningAPI.project", "LearningAPI.assessment"],
    "auth-api": ["AuthAPI.session", "AuthAPI.token"],
    "notification-worker": ["Notification.slack", "Notification.email"],
    "report-worker": ["Report.progress"],
}
FLOWS = ["cohort_assignment", "cohort_listing", "student_listing", "login", "report", "assessment"]
STEPS = ["cache_hit", "serializer_validated", "queryset_evaluated", "student_found", "sql_query_executed"]
WARNINGS = ["slow_query_detected", "retrying_upstream_call", "rate_limit_near", "stale_cache_entry"]
BROWSERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{n}.0.0.0 Safari/537.36"
    for n in range(126, 132)
]
ERRORS = [
    'django.db.utils.IntegrityError: duplicate key value violates unique constraint "student_project_once"',
    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='slack.test', port=443): Read timed out.",
    "LearningAPI.models.Project.DoesNotExist: Project matching query does not exist.",
]
COHORTS = range(1, 41)
COHORT_WEIGHTS = [1 / n for n in COHORTS]


def lines(count: int, *, seed: int = 1, start: datetime, span: timedelta = timedelta(hours=24)) -> Iterator[bytes]:
    """Yields `count` events as NDJSON lines with the newline, spread evenly over `span` from `start` on."""
    chance = random.Random(seed)
    step, made = span / count, 0
    while made < count:
        for event in _request(chance):
            if made == count:
                return
            stamped = {"timestamp": _rfc3339(start + made * step), **event}
            yield json.dumps(stamped, separators=(",", ":")).encode() + b"\n"
            made += 1


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _request(chance: random.Random) -> Iterator[dict[str, object]]:
    service = chance.choices([name for name, _ in SERVICES], [weight for _, weight in SERVICES])[0]
    flow, user = chance.choice(FLOWS), chance.randrange(1000, 1500)
    cohort = chance.choices(COHORTS, COHORT_WEIGHTS)[0]
    context: dict[str, object] = {
        "logger": chance.choice(LOGGERS[service]),
        "service": service,
        "request_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "user_id": user,
        "username": f"student.{user}",
        "ip_address": f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}",
        "user_agent": chance.choice(BROWSERS),
        "method": chance.choice(["GET", "POST", "PUT"]),
        "path": f"/cohorts/{cohort}/{flow}" if chance.random() < 0.6 else f"/students/{chance.randrange(9000)}",
    }
    started = chance.random()
    yield {"level": "info", "event": "request_started", **context}
    about = {**context, "cohort_id": cohort} if chance.random() < 0.6 else context
    yield {"level": "info", "event": f"{flow}_started", **about, "student_id": chance.randrange(9000)}
    for _ in range(chance.randrange(1, 10)):
        yield {"event": chance.choice(STEPS), "level": "debug", **about, "detail": _detail(chance)}
    if chance.random() < 0.4:
        yield {"event": chance.choice(WARNINGS), "level": "warning", **about, "detail": _detail(chance)}
    failed = chance.random() < 0.3
    if failed:
        yield {"event": f"{flow}_failed", "level": "error", **about, "exception": _traceback(chance)}
    status = 500 if failed else chance.choice([200, 201, 204, 400, 404])
    duration = round(5 + 200 * started, 3)
    yield {"event": "request_finished", "level": "info", **context, "status_code": status, "duration_ms": duration}


def _detail(chance: random.Random) -> str:
    return f"{chance.choice(['UPDATE', 'SELECT'])} on LearningAPI_project touched {chance.randrange(900)} rows"


def _traceback(chance: random.Random) -> str:
    frames = [
        f'  File "/usr/local/lib/python3.11/site-packages/django/{chance.choice(["db", "views", "http"])}/base.py",'
        f" line {chance.randrange(40, 1600)}, in execute_sql\n    cursor.execute(sql, params)"
        for _ in range(chance.randrange(7, 13))
    ]
    return "\n".join(["Traceback (most recent call last):", *frames, chance.choice(ERRORS)])
