"""log_action frames every kind of view, loggers have the service's names, and a request has one id."""

import asyncio

import pytest
import structlog
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.views import View
from rest_framework.decorators import action, api_view
from rest_framework.exceptions import NotAuthenticated, ParseError, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from LearningAPI.utils.logging import bind_request_context, get_logger, log_action


@pytest.fixture
def request_of_somebody():
    return RequestFactory().get("/cohorts/12")


def answer(status=200, problem=None):
    """A view that answers or raises."""

    @log_action("cohort_assignment")
    def assign(request, pk=None):
        if problem is not None:
            raise problem
        return HttpResponse(status=status)

    return assign


def test_an_action_that_succeeds_has_a_start_and_an_end(events, request_of_somebody):
    answer(201)(request_of_somebody, pk="12")

    started, completed = events()
    assert (started["event"], completed["event"]) == ("cohort_assignment_started", "cohort_assignment_completed")
    assert {event["view"] for event in events()} == {event["action"] for event in events()} == {"assign"}
    assert [event["pk"] for event in events()] == [12, 12]
    assert (completed["status_code"], completed["outcome"], completed["level"]) == (201, "succeeded", "info")
    assert type(completed["duration_ms"]) is float
    assert "duration_ms" not in started


@pytest.mark.parametrize(
    ("status", "level", "outcome"),
    [(400, "warning", "refused"), (404, "warning", "refused"), (500, "error", "failed"), (503, "error", "failed")],
)
def test_level_and_outcome_follow_the_status(events, request_of_somebody, status, level, outcome):
    answer(status)(request_of_somebody)

    ended = events()[-1]
    assert (ended["event"], ended["level"], ended["outcome"]) == ("cohort_assignment_failed", level, outcome)


@pytest.mark.parametrize(
    ("problem", "status", "reason"),
    [
        (ValidationError({"person_id": ["what was sent"]}), 400, {"person_id": ["invalid"]}),
        (ParseError("what was sent"), 400, "parse_error"),
        (NotAuthenticated(), 401, "not_authenticated"),
        (Throttled(), 429, "throttled"),
        (Http404("what was sent"), 404, "Http404"),
        (PermissionDenied("what was sent"), 403, "PermissionDenied"),
        (BadRequest("what was sent"), 400, "BadRequest"),
    ],
)
def test_a_refusal_by_exception_is_a_warning_without_a_traceback(events, request_of_somebody, problem, status, reason):
    with pytest.raises(type(problem)):
        answer(problem=problem)(request_of_somebody)

    ended = events()[-1]
    assert (ended["level"], ended["status_code"], ended["outcome"]) == ("warning", status, "refused")
    assert ended["reason"] == reason
    assert "exception" not in ended
    assert "what was sent" not in str(ended)


@pytest.mark.parametrize(
    ("problem", "status"), [(ZeroDivisionError("division by zero"), 500), (OperationalError("no server"), 503)]
)
def test_a_crash_is_an_error_that_says_of_what_kind(events, request_of_somebody, problem, status):
    with pytest.raises(type(problem)):
        answer(problem=problem)(request_of_somebody)

    ended = events()[-1]
    assert (ended["level"], ended["status_code"], ended["reason"]) == ("error", status, type(problem).__name__)


def test_a_function_that_waits_is_framed_too(events, request_of_somebody):
    @log_action("cohort_listing")
    async def cohorts(request):
        await asyncio.sleep(0)
        get_logger("cohort").info("in_between")
        return HttpResponse()

    assert asyncio.run(cohorts(request_of_somebody)).status_code == 200

    assert [event["event"] for event in events()] == [
        "cohort_listing_started",
        "in_between",
        "cohort_listing_completed",
    ]


def test_a_function_that_nobody_waits_for_any_more_has_an_end(events, request_of_somebody):
    @log_action("cohort_listing")
    async def cohorts(request):
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(cohorts(request_of_somebody), 0.01))

    ended = events()[-1]
    assert (ended["event"], ended["outcome"], ended["level"]) == ("cohort_listing_failed", "cancelled", "warning")
    assert "status_code" not in ended


class Plain(View):
    @log_action("cohort_listing")
    def get(self, request):
        return HttpResponse()


class Waiting(View):
    @log_action("cohort_listing")
    async def get(self, request):
        return HttpResponse()


class Rest(APIView):
    @log_action("cohort_listing")
    def get(self, request):
        return Response()


class Set(ViewSet):
    @action(detail=True)
    @log_action("cohort_listing")
    def active(self, request, pk):
        return Response()


@api_view()
@log_action("cohort_listing")
def decorated(request):
    return Response()


@pytest.mark.parametrize(
    ("view", "kwargs", "facts"),
    [
        (Plain.as_view(), {}, ("Plain", "get", None)),
        (Rest.as_view(), {}, ("Rest", "get", None)),
        (Set.as_view({"get": "active"}), {"pk": "7"}, ("Set", "active", 7)),
        (decorated, {}, ("decorated", "decorated", None)),
    ],
)
def test_every_kind_of_view_says_what_it_is(events, request_of_somebody, view, kwargs, facts):
    assert view(request_of_somebody, **kwargs).status_code == 200

    for event in events():
        assert (event["view"], event["action"], event.get("pk")) == facts


def test_a_class_that_waits_says_what_it_is(events, request_of_somebody):
    assert asyncio.run(Waiting.as_view()(request_of_somebody)).status_code == 200

    assert [(event["view"], event["action"]) for event in events()] == [("Waiting", "get")] * 2


def test_a_decorated_action_keeps_what_a_router_needs():
    assert Set.active.mapping == {"get": "active"}
    assert Set.active.detail is True


@pytest.mark.parametrize("module", ["cohort", "LearningAPI.cohort"])
def test_a_logger_has_the_services_name_once(events, module):
    get_logger(module).info("something")

    assert events()[0]["logger"] == "LearningAPI.cohort"


def test_ids_are_bound_as_numbers_whatever_they_came_as(events):
    bind_request_context(user_id=3, cohort_id="12", student_id=None, request_name="x")

    get_logger("cohort").info("something")

    event = events()[0]
    assert (event["user_id"], event["cohort_id"], event["request_name"]) == (3, 12, "x")
    assert "student_id" not in event


@pytest.mark.parametrize("name", ["request_id", "method", "path"])
def test_what_the_middleware_bound_stays(name):
    with pytest.raises(ValueError, match=name):
        bind_request_context(**{name: "another"})
    assert structlog.contextvars.get_contextvars() == {}
