"""The first and the last event of a request, with and without asyncio."""

import asyncio

import pytest
from asgiref.sync import markcoroutinefunction
from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.test import RequestFactory

from LearningAPI.middleware.logging_middleware import LoggingMiddleware
from LearningAPI.utils import queries
from LearningAPI.utils.logging import get_logger, log_action


def serve(path="/cohorts", view=lambda request: HttpResponse()):
    return LoggingMiddleware(view)(RequestFactory().get(path))


def test_a_request_is_framed_under_one_id(events):
    def view(request):
        get_logger("cohort").info("in_between")
        return HttpResponse(status=204)

    response = serve(view=view)

    started, between, finished = events()
    assert [started["event"], between["event"], finished["event"]] == [
        "request_started", "in_between", "request_finished",
    ]  # fmt: skip
    assert {event["request_id"] for event in events()} == {response["X-Request-ID"]}
    assert (started["logger"], finished["logger"]) == ("LearningAPI.http", "LearningAPI.http")
    assert (finished["status_code"], finished["db_queries"], finished["db_ms"]) == (204, 0, 0.0)
    assert type(finished["duration_ms"]) is float


def test_the_databases_work_is_counted_for_its_request(events):
    def view(request):
        for _ in range(3):
            queries._timed(lambda *_: None, "SELECT 1", None, False, {})
        return HttpResponse()

    serve(view=view)
    serve()

    finished = [event for event in events() if event["event"] == "request_finished"]
    assert [event["db_queries"] for event in finished] == [3, 0]
    assert finished[0]["db_ms"] >= 0


def test_a_slow_statement_is_told_without_its_values(events, settings):
    settings.SLOW_QUERY_MS = 0.0

    queries._timed(lambda *_: None, "SELECT %s", ["ada@school.example"], False, {})

    [slow] = events()
    assert (slow["event"], slow["level"], slow["statement"]) == ("slow_query", "warning", "SELECT %s")
    assert "school.example" not in str(slow)


def test_who_acts_is_the_user(events):
    class Somebody:
        pk = 7

    def view(request):
        request.user = Somebody()
        return HttpResponse()

    serve(view=view)

    finished = events()[-1]
    assert finished["user_id"] == 7
    assert "actor_id" not in finished


def test_a_crash_is_one_event_with_its_traceback(events):
    def view(request):
        try:
            raise ZeroDivisionError("division by zero")
        except ZeroDivisionError:
            got_request_exception.send(sender=None, request=request)
        return HttpResponse(status=500)

    serve(view=view)

    failed = events()[-1]
    assert (failed["event"], failed["level"], failed["status_code"]) == ("request_failed", "error", 500)
    assert failed["exception"].endswith("ZeroDivisionError: division by zero")
    assert failed["logger"] == "LearningAPI.http"


def test_a_refusal_is_one_warning_of_its_action(events):
    @log_action("cohort_retrieval")
    def view(request):
        return HttpResponse(status=404)

    serve(view=view)

    warnings = [event["event"] for event in events() if event["level"] == "warning"]
    assert warnings == ["cohort_retrieval_failed"]
    assert events()[-1]["status_code"] == 404


def test_a_refusal_that_reached_no_action_is_one_warning_of_the_request(events):
    serve(view=lambda request: HttpResponse(status=401))

    assert [event["event"] for event in events() if event["level"] == "warning"] == ["request_finished"]


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/static/a.css", 200, []),
        ("/media/a.png", 304, []),
        ("/media/a.png", 404, ["request_finished"]),
        ("/static/a.css", 500, ["request_finished"]),
        ("/cohorts/static/1", 200, ["request_started", "request_finished"]),
    ],
)
def test_static_files_are_left_out_by_prefix_and_errors_never(events, settings, path, status, told):
    settings.LOGVIEWER_SKIP_PATHS = ("/static/", "/media/")

    serve(path, lambda request: HttpResponse(status=status))

    assert [event["event"] for event in events()] == told


def test_a_request_of_asyncio_is_framed_too(events):
    async def view(request):
        await asyncio.sleep(0)
        queries._timed(lambda *_: None, "SELECT 1", None, False, {})
        return HttpResponse()

    markcoroutinefunction(view)

    async def serve_one(middleware):
        await middleware(RequestFactory().get("/cohorts"))

    async def serve_two():
        middleware = LoggingMiddleware(view)
        await asyncio.gather(serve_one(middleware), serve_one(middleware))

    asyncio.run(serve_two())

    finished = [event for event in events() if event["event"] == "request_finished"]
    assert [event["db_queries"] for event in finished] == [1, 1]
    assert len({event["request_id"] for event in finished}) == 2


def test_a_client_that_leaves_is_told(events):
    async def view(request):
        await asyncio.Event().wait()

    markcoroutinefunction(view)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(LoggingMiddleware(view)(RequestFactory().get("/")), 0.01))

    assert [event["event"] for event in events()] == ["request_started", "request_cancelled"]


def test_a_request_goes_on_when_its_event_cannot_be_logged(events, monkeypatch, capsys):
    def fails(request, *args, **kwargs):
        raise OSError("no space")

    monkeypatch.setattr(LoggingMiddleware, "log", fails)

    assert serve().status_code == 200
    assert "request_finished could not be logged" in capsys.readouterr().err
