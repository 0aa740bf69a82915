"""One request id for a request, and two events that frame it."""

import asyncio
import logging

import pytest
import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.signals import got_request_exception, request_finished
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from logviewer_client import LogviewerHandler, RequestContextMiddleware, flush, structlog_processors


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
            try:
                raise exception
            except ValueError:
                got_request_exception.send(sender=None, request=request)
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


def test_a_subclass_names_the_logger_and_adds_facts(events, capsys):
    class Own(RequestContextMiddleware):
        def log(self, request, level, event, *, failure=None, **facts):
            if event == "request_started":
                raise OSError("no space")
            structlog.get_logger().log(20, event, logger="shop.http", asked=request.path, **facts)

    Own(lambda request: HttpResponse())(RequestFactory().get("/cohorts"))

    [finished] = events()
    assert (finished["event"], finished["logger"], finished["asked"]) == ("request_finished", "shop.http", "/cohorts")
    assert finished["status_code"] == 200
    assert "request_started could not be logged: OSError: no space" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("trusted", "peer", "taken"),
    [
        ((), "10.0.0.7", False),
        (["10.0.0.0/8"], "10.0.0.7", True),
        (["10.0.0.0/8"], "11.0.0.7", False),
        (["10.0.0.7"], "10.0.0.7", True),
        ("10.0.0.7", "10.0.0.7", True),
        (["10.0.0.0/8"], "::ffff:10.0.0.7", True),
        (["fd00::/8"], "fd00::1", True),
        (["fd00::/8"], "10.0.0.7", False),
        (["10.0.0.0/8"], "", False),
        (["unix"], "", True),
        (["unix"], "10.0.0.7", False),
        (["10.0.0.0/8"], "not an address", False),
        (["nonsense", "10.0.0.7"], "10.0.0.7", True),
    ],
)
def test_an_id_from_outside_is_taken_from_a_trusted_proxy_only(settings, events, trusted, peer, taken):
    settings.LOGVIEWER_TRUSTED_PROXIES = trusted
    request = RequestFactory(REMOTE_ADDR=peer).get("/", headers={"x-request-id": "from-the-proxy"})

    assert (serve(request)["X-Request-ID"] == "from-the-proxy") is taken


@pytest.mark.parametrize(
    ("given", "taken"),
    [("a" * 64, True), ("A-Z_0.9", True), ("a" * 65, False), ("", False), ("a b", False), ("a\n", False), ("é", False)],
)
def test_an_id_is_64_plain_characters_at_most(settings, events, given, taken):
    settings.LOGVIEWER_TRUSTED_PROXIES = ["127.0.0.1"]
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=given)

    assert (serve(request)["X-Request-ID"] == given) is taken


def test_a_proxy_that_cannot_be_understood_is_told_and_trusted_nowhere(settings, events, capsys):
    settings.LOGVIEWER_TRUSTED_PROXIES = ["10.0.0.0/99"]

    serve(RequestFactory().get("/"))
    assert "'10.0.0.0/99' is neither an address nor a network" in capsys.readouterr().err


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


class Broken:
    """Another middleware, which fails before any view is asked."""

    sync_capable = async_capable = True

    def __init__(self, get_response):
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        raise LookupError("no such host")


@pytest.fixture
def broken_service(settings, events):
    settings.MIDDLEWARE = ["logviewer_client.RequestContextMiddleware", f"{__name__}.Broken"]
    settings.ROOT_URLCONF = __name__
    return events


urlpatterns = []


def test_what_fails_in_another_middleware_is_told_with_its_traceback(broken_service):
    response = Client(raise_request_exception=False).get("/")

    assert response.status_code == 500
    started, failed = broken_service()
    assert (started["event"], failed["event"], failed["status_code"]) == ("request_started", "request_failed", 500)
    assert failed["exception"].endswith("LookupError: no such host")
    assert failed["request_id"] == response["X-Request-ID"]


def test_so_it_is_in_an_asynchronous_service(broken_service):
    response = asyncio.run(AsyncClient(raise_request_exception=False).get("/"))

    failed = broken_service()[-1]
    assert failed["exception"].endswith("LookupError: no such host")
    assert failed["request_id"] == response["X-Request-ID"]


def test_the_line_that_django_logs_itself_carries_the_traceback_no_second_time(broken_service):
    logger, handler = logging.getLogger("django.request"), LogviewerHandler()
    logger.addHandler(handler)
    try:
        Client(raise_request_exception=False).get("/")
    finally:
        logger.removeHandler(handler)

    of_django = next(event for event in broken_service() if event.get("logger") == "django.request")
    assert of_django["event"] == "Internal Server Error: /"
    assert [event["event"] for event in broken_service() if "exception" in event] == ["request_failed"]
    assert of_django["request_id"] == broken_service()[-1]["request_id"]


def test_an_exception_that_reaches_the_middleware_is_told_and_passes_on(events):
    def view(request):
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        RequestContextMiddleware(view)(RequestFactory().get("/"))
    assert [event["event"] for event in events()] == ["request_started", "request_failed"]


def test_a_view_that_clears_the_context_loses_no_id(events):
    def view(request):
        structlog.contextvars.clear_contextvars()
        return HttpResponse()

    response = RequestContextMiddleware(view)(RequestFactory().get("/"))

    assert response["X-Request-ID"] == events()[0]["request_id"] == events()[-1]["request_id"]


def test_a_query_that_django_refuses_to_read_is_no_failure_of_ours(events):
    query = "&".join(f"k{n}=1" for n in range(1100))

    assert serve(RequestFactory().get(f"/?{query}")).status_code == 200


def test_a_service_that_only_uses_logging_has_the_same_events(shipped):
    logger, handler = logging.getLogger("request"), LogviewerHandler()
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        RequestContextMiddleware(lambda request: HttpResponse(status=404))(RequestFactory().get("/x"))
    finally:
        logger.removeHandler(handler)

    assert flush()
    facts = [(event["event"], event["level"], event["path"]) for event in shipped.events]
    assert facts == [("request_started", "info", "/x"), ("request_finished", "warning", "/x")]
