"""A school's API as it logs to Logstash today: `gunicorn tests.integration.listener.school:application`.

structlog with a context for each thread that is never cleared, and a handler of python-logstash that has none of
structlog's formatters, so that the event dict reaches the wire as its repr. An assignment binds two ids, as there.
"""

import logging
import logging.config
import os
import uuid
from functools import wraps

import structlog
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from structlog.threadlocal import wrap_dict

STUDENTS = {88: "in no cohort", 89: "in cohort 12"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "console": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=False),
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "console"},
        "logstash": {
            "class": "logstash.TCPLogstashHandler",
            "host": os.environ["SCHOOL_LOGSTASH_HOST"],
            "port": int(os.environ["SCHOOL_LOGSTASH_PORT"]),
            "version": 1,
            "message_type": "learning_platform",
            "fqdn": False,
            "tags": ["django", "learning_platform"],
        },
    },
    "loggers": {
        "django": {"handlers": ["console", "logstash"], "level": "INFO"},
        "LearningAPI": {"handlers": ["console", "logstash"], "level": "DEBUG"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    context_class=wrap_dict(dict),
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
logging.config.dictConfig(LOGGING)
log = structlog.get_logger("LearningAPI.cohort")


def bind_request(request, **more):
    """Binds who asks for what, under a new request id."""
    request_id = str(uuid.uuid4())
    bound = log.bind(
        request_id=request_id, user_id=3, ip_address=request.META.get("REMOTE_ADDR"), path=request.path,
        method=request.method, **more,
    )  # fmt: skip
    return bound, request_id


def log_action(name):
    """Logs the begin and the end of a view, with a request id of its own."""

    def decorate(view):
        @wraps(view)
        def logged(request, **arguments):
            bound, outer_id = bind_request(request)
            bound.info(f"{name}_started", pk=str(arguments["cohort_id"]), view="CohortViewSet", action="assign")
            try:
                answer = view(request, **arguments)
            except Exception as problem:
                log.exception(f"{name}_failed", error=str(problem), pk=str(arguments["cohort_id"]))
                return JsonResponse({"outer": outer_id}, status=500)
            log.info(
                f"{name}_completed", status_code=answer.status_code, duration_ms=12, pk=str(arguments["cohort_id"])
            )
            answer["X-Outer-Request-Id"] = outer_id
            return answer

        return logged

    return decorate


@csrf_exempt
@log_action("assign_nssuser_to_cohort")
def assign(request, cohort_id, person_id):
    """Twelve events for a student that is new, in the order of the school's API."""
    bound, request_id = bind_request(request, cohort_id=str(cohort_id))
    bound.debug("cohort_found", cohort_name="Day Cohort 70", active=True)
    bound.info("cohort_assignment_started", person_id=person_id)
    bound.info("student_assignment_attempt", person_id=person_id)
    if person_id not in STUDENTS:
        raise LookupError(f"there is no person {person_id}: it's unknown")
    bound.debug("student_found", student_name="Ada O'Neil", cohorts=[])
    if person_id == 89:
        bound.warning("user_already_assigned_to_cohort", person_id=person_id)
        return JsonResponse({"request_id": request_id}, status=400)
    bound.info("creating_cohort_assignment", user_id=person_id)
    bound.info("cohort_assignment_created", cohort_id=cohort_id, assignment=(cohort_id, person_id))
    bound.info("assigning_student_to_first_project")
    bound.debug("first_project_found", project={"id": 7, "name": 'The "first" one', "book": None})
    bound.info("student_assigned_to_project", project_id=7)
    bound.info("cohort_assignment_completed", cohort_id=cohort_id)
    return JsonResponse({"request_id": request_id}, status=201)


def ready(request):
    return JsonResponse({"pid": os.getpid()})


urlpatterns = [path("ready", ready), path("cohorts/<int:cohort_id>/assign/<int:person_id>", assign)]
settings.configure(
    SECRET_KEY="of a test",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    LOGGING_CONFIG=None,
)
application = get_wsgi_application()
