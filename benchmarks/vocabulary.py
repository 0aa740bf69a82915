"""What the corpus' services say: flows, steps, texts and tracebacks of a learning platform. Data, and no chance in it.

Shares are those of a structlog-instrumented REST service with debug logging on. 72 event names in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
COHORTS = range(1, 41)  # by Zipf's law
STUDENTS = 5000
FEWEST_EVENTS, MOST_EVENTS = 4, 14  # a request
BURSTS = (1, 1, 1, 2, 3, 5, 8)  # requests that a page sends at once


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of request. In `path` stand {cohort} and {student}; `step` is an info event of its own."""

    name: str
    service: str
    logger: str
    method: str
    path: str
    share: float  # of all requests, in percent
    step: str


FLOWS = (
    Flow("cohort_listing", "learning-api", "LearningAPI.cohort", "GET", "/cohorts", 12.7, "filter_applied"),
    Flow("cohort_detail", "learning-api", "LearningAPI.cohort", "GET", "/cohorts/{cohort}", 10.3, "cohort_found"),
    Flow("cohort_seat", "learning-api", "LearningAPI.cohort", "POST", "/cohorts/{cohort}/seats", 9.0, "seat_reserved"),
    Flow("cohort_change", "learning-api", "LearningAPI.cohort", "PUT", "/cohorts/{cohort}", 3.6, "cohort_found"),
    Flow(
        "roster", "learning-api", "LearningAPI.student", "GET", "/students?cohort={cohort}", 11.0, "filter_applied"
    ),
    Flow("student_detail", "learning-api", "LearningAPI.student", "GET", "/students/{student}", 4.7, "student_found"),
    Flow(
        "student_change", "learning-api", "LearningAPI.student", "PUT", "/students/{student}/status", 4.7,
        "student_found",
    ),
    Flow(
        "project_start", "learning-api", "LearningAPI.project", "POST", "/students/{student}/projects", 4.7,
        "repository_created",
    ),
    Flow(
        "grading", "learning-api", "LearningAPI.assessment", "POST", "/students/{student}/grades", 4.7,
        "repository_created",
    ),
    Flow(
        "proposal_listing", "learning-api", "LearningAPI.capstone", "GET", "/proposals?cohort={cohort}", 4.6,
        "filter_applied",
    ),
    Flow("sign_in", "auth-api", "AuthAPI.login", "POST", "/auth/login", 8.0, "identity_checked"),
    Flow("github_callback", "auth-api", "AuthAPI.login", "GET", "/auth/github/callback", 5.0, "identity_checked"),
    Flow("renewal", "auth-api", "AuthAPI.renewal", "POST", "/auth/renew", 2.0, "identity_checked"),
    Flow(
        "chat_message", "notification-worker", "Notification.chat", "POST", "/tasks/chat?cohort={cohort}", 6.0,
        "message_queued",
    ),
    Flow("mail", "notification-worker", "Notification.mail", "POST", "/tasks/mail", 3.0, "message_queued"),
    Flow(
        "progress_report", "report-worker", "Report.progress", "GET", "/reports/cohorts/{cohort}", 6.0, "rows_loaded"
    ),
)  # fmt: skip

# An event of a request after its beginning and before its end, in percent.
MIDDLE = {"debug": 37.35, "info": 47.65, "warning": 9.0, "error": 5.25, "critical": 0.75}

# Event name and `detail`; {table} and {number} vary.
DEBUG_STEPS = (
    ("cache_hit", "key {table}:{number} looked up"),
    ("cache_miss", "key {table}:{number} was not cached"),
    ("sql_query_executed", "UPDATE on LearningAPI_{table} touched {number} rows"),
    ("queryset_evaluated", "SELECT on LearningAPI_{table} returned {number} rows"),
    ("serializer_validated", "fields accepted for {table} {number}"),
    ("permission_checked", "role instructor may read {table} {number}"),
)
WARNINGS = (
    ("slow_query_detected", "The query took longer than expected on table LearningAPI_{table}"),
    ("retrying_upstream_call", "Upstream gave a temporary error, so the call is repeated"),
    ("rate_limit_near", "This client is near the request quota of its window"),
    ("stale_cache_entry", "The cached copy was older than the row in the database"),
    ("deprecated_endpoint_used", "This endpoint will be removed, the second version replaces it"),
)
CRITICALS = ("database_connection_lost", "worker_out_of_memory", "transaction_deadlock_detected")
TABLES = ("assessment", "book", "capstone", "cohort", "course", "coreskill", "nssuser", "project", "tag", "proposal")
OK_STATUSES = (200, 200, 200, 200, 201, 201, 201, 204, 404, 400, 409, 429)
FAILED_STATUSES = (500, 500, 500, 500, 502, 503)

# The last line of a traceback; {marker} is a word that stands in exactly three tracebacks.
ERRORS = (
    'django.db.utils.IntegrityError: duplicate key value violates unique constraint "x"\nDETAIL:  Key (id)=({number})',
    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='chat.example', port=443): Read timed out.",
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='git.example', port=443): Max retries exceeded",
    "LearningAPI.models.Project.DoesNotExist: Project matching query does not exist.",
    "AttributeError: 'NoneType' object has no attribute 'cohort'",
    "KeyError: 'assigned_on'",
    "django.db.utils.OperationalError: canceling statement due to lock timeout",
)  # fmt: skip
MARKED = "LearningAPI.errors.Unacknowledged: batch {marker} was not acknowledged"

# Texts that stand in many events, as people would put them in quotes; each in one kind of event.
PHRASES = (
    "took longer than expected",
    "so the call is repeated",
    "near the request quota",
    "older than the row in the database",
    "the second version replaces it",
    "was not cached",
    "touched",
    "fields accepted for",
    "role instructor may read",
    "duplicate key value violates unique constraint",
    "Read timed out",
    "Max retries exceeded",
    "Project matching query does not exist",
    "has no attribute 'cohort'",
    "canceling statement due to lock timeout",
)

_PACKAGES = "/usr/local/lib/python3.11/site-packages"
_CALLS = (
    (f"{_PACKAGES}/django/core/handlers/exception.py", 55, "inner", "response = get_response(request)"),
    (
        f"{_PACKAGES}/django/core/handlers/base.py", 197, "_get_response",
        "response = wrapped_callback(request, *callback_args, **callback_kwargs)",
    ),
    (f"{_PACKAGES}/django/views/decorators/csrf.py", 65, "_view_wrapper", "return view_func(request, *args, **kwargs)"),
    (f"{_PACKAGES}/rest_framework/viewsets.py", 124, "view", "return self.dispatch(request, *args, **kwargs)"),
    (f"{_PACKAGES}/rest_framework/views.py", 509, "dispatch", "response = self.handle_exception(exc)"),
    (f"{_PACKAGES}/rest_framework/views.py", 480, "raise_uncaught_exception", "raise exc"),
    ("/app/LearningAPI/views/cohorts.py", 86, "create", "seat = self.reserve(request, cohort, student)"),
    ("/app/LearningAPI/views/students.py", 145, "retrieve", "student = NssUser.objects.get(pk=pk)"),
    ("/app/LearningAPI/views/projects.py", 63, "start", "student.assigned_projects.order_by('-id').first().save()"),
    ("/app/LearningAPI/services/github.py", 31, "create_repository", "answer = self.session.post(url, json=body)"),
    (f"{_PACKAGES}/django/db/models/base.py", 814, "save", "self.save_base("),
    (f"{_PACKAGES}/django/db/models/base.py", 877, "save_base", "updated = self._save_table("),
    (f"{_PACKAGES}/django/db/models/sql/compiler.py", 1562, "execute_sql", "cursor.execute(sql, params)"),
    (f"{_PACKAGES}/django/db/backends/utils.py", 89, "_execute", "return self.cursor.execute(sql, params)"),
    (f"{_PACKAGES}/psycopg/cursor.py", 97, "execute", "raise ex.with_traceback(None)"),
    (f"{_PACKAGES}/requests/adapters.py", 713, "send", "raise ReadTimeout(e, request=request)"),
)  # fmt: skip
FRAMES = tuple(f'  File "{file}", line {line}, in {function}\n    {call}' for file, line, function, call in _CALLS)
FRAME_COUNTS = {6: 4, 7: 12, 8: 21, 9: 27, 10: 20, 11: 12, 12: 4}  # with the head and the last line: 14 to 27 lines

FIRST_NAMES = (
    "amara",
    "boris",
    "chiara",
    "deniz",
    "edwin",
    "farah",
    "goran",
    "hanna",
    "iker",
    "jonas",
    "keiko",
    "lena",
)
LAST_NAMES = ("abara", "brandt", "castro", "dahl", "eriksen", "fontaine", "greco", "horvat", "ito", "jansen", "kovac")
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
    for version in range(126, 132)
)


def event_names() -> Sequence[str]:
    """All event names of the corpus, sorted."""
    outcomes = [f"{flow.name}_{outcome}" for flow in FLOWS for outcome in ("started", "completed", "failed")]
    steps = {flow.step for flow in FLOWS} | {name for name, _ in (*DEBUG_STEPS, *WARNINGS)} | set(CRITICALS)
    return sorted({"request_started", "request_finished", *outcomes, *steps})
