"""One request id for a request, and two events that frame it."""

import asyncio

import pytest
import structlog
from django.core.signals import request_finished
from django.http import HttpResponse
from django.test import RequestFactory

from logviewer_client import RequestContextMiddleware, flush, structlog_processors


@pytest.fixture
def events(shipped):
    structlog.configure(
        processors=[*structlog_processors(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )

    def events():
        assert flush()
        return shipped.events

    return events


def serve(request, status=200, exception=None):
    def view(request):
        structlog.get_logger().info("in the view")
        if exception is not None:
            middleware.process_exception(request, exception)
        return HttpResponse(status=status)

    middleware = RequestContextMiddleware(view)
    return middleware(request)


def test_all_events_of_a_request_have_the_id_that_is_returned(events):
    response = serve(RequestFactory().get("/cohorts?token=secret"))

    started, inside, finished = events()
    assert started["request_id"] == inside["request_id"] == finished["request_id"] == response["X-Request-ID"]
    assert [e["event"] for e in events()] == ["request_started", "in the view", "request_finished"]
    assert started["query_keys"] == ["token"]
    assert "secret" not in str(events())
    assert (finished["method"], finished["path"], finished["status_code"]) == ("GET", "/cohorts", 200)
    assert isinstance(finished["duration_ms"], float)


@pytest.mark.parametrize(("status", "level"), [(200, "info"), (404, "warning"), (500, "error")])
def test_the_level_follows_the_status(events, status, level):
    serve(RequestFactory().get("/"), status)

    assert events()[-1]["level"] == level


def test_an_unhandled_exception_is_told_once_with_its_traceback(events):
    serve(RequestFactory().get("/"), 500, ValueError("wrong"))

    names = [event["event"] for event in events()]
    assert names == ["request_started", "in the view", "request_failed"]
    assert events()[-1]["exception"].endswith("ValueError: wrong")


def test_an_id_from_outside_is_taken_only_when_trusted_and_plain(settings, events):
    request = RequestFactory().get("/", headers={"x-request-id": "from-the-proxy"})
    assert serve(request)["X-Request-ID"] != "from-the-proxy"

    settings.LOGVIEWER_TRUST_REQUEST_ID = True
    assert serve(request)["X-Request-ID"] == "from-the-proxy"
    hostile = RequestFactory().get("/", headers={"x-request-id": "a b\tc"})
    assert serve(hostile)["X-Request-ID"] != "a b\tc"


def test_skipped_paths_are_silent_unless_they_fail(events):
    serve(RequestFactory().get("/static/a.css"))
    serve(RequestFactory().get("/static/b.css"), 404)

    assert [(e["event"], e["path"]) for e in events() if e["event"] != "in the view"] == [
        ("request_finished", "/static/b.css")
    ]


def test_the_context_lasts_until_django_is_done(events):
    response = serve(RequestFactory().get("/"), 404)

    assert structlog.contextvars.get_contextvars()["request_id"] == response["X-Request-ID"]
    request_finished.send(sender=None)
    assert structlog.contextvars.get_contextvars() == {}


def test_a_request_does_not_inherit_the_context_of_the_one_before(events):
    structlog.contextvars.bind_contextvars(student_id=1)
    serve(RequestFactory().get("/"))

    assert all("student_id" not in event for event in events())


def test_the_actor_is_who_was_found_and_a_lazy_user_stays_unread(events):
    from django.utils.functional import SimpleLazyObject

    found = RequestFactory().get("/")
    found.user = type("User", (), {"pk": 7})()
    serve(found)
    unread = RequestFactory().get("/")
    unread.user = SimpleLazyObject(lambda: pytest.fail("the session was read"))
    serve(unread)

    finished = [event for event in events() if event["event"] == "request_finished"]
    assert finished[0]["actor_id"] == 7
    assert "actor_id" not in finished[1]


def test_it_works_without_threads_too(events):
    async def view(request):
        structlog.get_logger().info("in the view")
        return HttpResponse()

    response = asyncio.run(RequestContextMiddleware(view)(RequestFactory().get("/")))

    assert {event["request_id"] for event in events()} == {response["X-Request-ID"]}
