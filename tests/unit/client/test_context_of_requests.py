"""The context of a request is in all of its events, to the last byte of the answer, and in none of another request's.

Through Django's own handlers for WSGI and ASGI, with the threads and tasks of a server.
"""

import asyncio
import io
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from logviewer_client import LogviewerHandler, flush, structlog_processors

WATCHDOG_S = 30


def log(number, where):
    structlog.get_logger().info("inside", number=number, where=where)


def view(request, number):
    structlog.contextvars.bind_contextvars(bound_by_view=number)
    log(number, "view")
    time.sleep(0.001 * (number % 3))
    log(number, "later")
    return HttpResponse(status=404 if number % 5 == 0 else 200)


def failing(request, number):
    log(number, "view")
    raise ValueError(f"number {number}")


def streaming(request, number):
    def body():
        for chunk in range(3):
            log(number, f"chunk {chunk}")
            yield b"x"

    return StreamingHttpResponse(body())


async def asynchronous(request, number):
    structlog.contextvars.bind_contextvars(bound_by_view=number)
    log(number, "view")
    await asyncio.sleep(0.001 * (number % 3))
    log(number, "later")
    return HttpResponse()


async def asynchronous_streaming(request, number):
    async def body():
        for chunk in range(3):
            log(number, f"chunk {chunk}")
            await asyncio.sleep(0)
            yield b"x"

    return StreamingHttpResponse(body())


async def waiting(request, number):
    log(number, "view")
    await asyncio.sleep(WATCHDOG_S)


class Actor:
    pk = 7
    is_authenticated = is_active = True


def rest(request, number):
    from rest_framework.authentication import BaseAuthentication
    from rest_framework.renderers import JSONRenderer
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class ByHeader(BaseAuthentication):
        def authenticate(self, request):
            return (Actor(), None)

    class View(APIView):
        authentication_classes = [ByHeader]
        renderer_classes = [JSONRenderer]
        permission_classes = []

        def get(self, request):
            log(number, "view")
            return Response({})

    return View.as_view()(request)


urlpatterns = [
    path("view/<int:number>", view),
    path("failing/<int:number>", failing),
    path("streaming/<int:number>", streaming),
    path("asynchronous/<int:number>", asynchronous),
    path("asynchronous-streaming/<int:number>", asynchronous_streaming),
    path("waiting/<int:number>", waiting),
    path("rest/<int:number>", rest),
]


class Inner:
    """A middleware of the old kind, which Django runs in a thread under ASGI. Fails after the view where told so."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        structlog.contextvars.bind_contextvars(bound_by_middleware=request.path)
        response = self.get_response(request)
        if "break" in request.GET:
            raise LookupError("after the view")
        return response


@pytest.fixture
def events(shipped, settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["logviewer_client.RequestContextMiddleware", f"{__name__}.Inner"]
    settings.ALLOWED_HOSTS = ["*"]
    structlog.configure(
        processors=[*structlog_processors(), structlog.processors.JSONRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    django, handler = logging.getLogger("django.request"), LogviewerHandler()
    django.addHandler(handler)
    yield lambda: shipped.events if flush() else pytest.fail("not sent")
    django.removeHandler(handler)


def ask_wsgi(application, url, *, chunks=None):
    """Serves one request as a server does in one thread; reads `chunks` chunks of the body, or all."""
    where, _, query = url.partition("?")
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": where, "QUERY_STRING": query, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    answer = {}
    response = application(environ, lambda status, headers: answer.update(status=status, **dict(headers)))
    try:
        for read, _ in enumerate(response, 1):
            if read == chunks:
                break
    finally:
        response.close()
    assert structlog.contextvars.get_contextvars() == {}
    return answer


async def ask_asgi(application, url, *, leave_after_s=None):
    scope = {
        "type": "http", "method": "GET", "path": url, "query_string": b"", "headers": [], "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("x", 80), "scheme": "http", "asgi": {"version": "3.0"},
    }  # fmt: skip
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    answer = {}

    async def receive():
        if messages:
            return messages.pop()
        await asyncio.sleep(WATCHDOG_S if leave_after_s is None else leave_after_s)
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.update({name.decode().title(): value.decode() for name, value in message["headers"]})

    await application(scope, receive, send)
    return answer


def assert_that_nothing_bleeds(events, count):
    """Every request has one id and one number, and only what itself has bound."""
    numbers = {}
    for event in events:
        numbers.setdefault(event["request_id"], set()).add(int(event["path"].rpartition("/")[2]))
        own = event.get("number", event.get("bound_by_view"))
        if own is not None:
            numbers[event["request_id"]].add(own)
        if "bound_by_view" in event:
            numbers[event["request_id"]].add(event["bound_by_view"])
        assert event.get("bound_by_middleware", event["path"]) == event["path"]
        if event["event"] == "request_started":
            assert not {"bound_by_view", "bound_by_middleware"} & set(event)
    assert sorted(map(len, numbers.values())) == [1] * count


def test_threads_that_serve_many_requests(events):
    application = WSGIHandler()
    urls = [f"/{kind}/{number}" for number in range(60) for kind in ("view", "failing", "streaming")]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda url: ask_wsgi(application, url), urls))

    assert_that_nothing_bleeds(events(), len(urls))
    assert {answer["X-Request-ID"] for answer in answers} == {event["request_id"] for event in events()}


def test_djangos_own_lines_carry_the_id(events):
    answer = ask_wsgi(WSGIHandler(), "/view/5")
    failed = ask_wsgi(WSGIHandler(), "/failing/3")

    own = {event["request_id"]: event["event"] for event in events() if event.get("logger") == "django.request"}
    assert own == {
        answer["X-Request-ID"]: "Not Found: /view/5",
        failed["X-Request-ID"]: "Internal Server Error: /failing/3",
    }


@pytest.mark.parametrize("chunks", [None, 1])
def test_the_body_of_a_streamed_answer_belongs_to_its_request_also_when_nobody_reads_it_to_the_end(events, chunks):
    answer = ask_wsgi(WSGIHandler(), "/streaming/1", chunks=chunks)
    ask_wsgi(WSGIHandler(), "/view/2")

    places = [
        event["where"] for event in events() if event["request_id"] == answer["X-Request-ID"] and "where" in event
    ]
    assert places == [f"chunk {chunk}" for chunk in range(chunks or 3)]
    assert_that_nothing_bleeds(events(), 2)


def test_a_middleware_that_fails_after_the_view_leaves_nothing(events):
    failed = ask_wsgi(WSGIHandler(), "/view/1?break=1")
    ask_wsgi(WSGIHandler(), "/view/2")

    assert_that_nothing_bleeds(events(), 2)
    [told] = [event for event in events() if event["event"] == "request_failed"]
    assert told["exception"].endswith("LookupError: after the view")
    assert told["request_id"] == failed["X-Request-ID"]


def test_a_thread_whose_server_never_closed_the_answer_begins_anew(events):
    def serve():
        application = WSGIHandler()
        environ = {"REQUEST_METHOD": "GET", "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.input": io.BytesIO()}
        application({**environ, "PATH_INFO": "/view/1"}, lambda *args: None)
        application({**environ, "PATH_INFO": "/view/2"}, lambda *args: None).close()

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join(WATCHDOG_S)
    assert_that_nothing_bleeds(events(), 2)


def test_tasks_that_serve_at_the_same_time(events):
    application = ASGIHandler()
    urls = [f"/{kind}/{number}" for number in range(15) for kind in ("asynchronous", "view", "asynchronous-streaming")]

    async def serve():
        answers = await asyncio.gather(*(ask_asgi(application, url) for url in urls))
        assert structlog.contextvars.get_contextvars() == {}
        return answers

    answers = asyncio.run(serve())
    assert_that_nothing_bleeds(events(), len(urls))
    assert {answer["X-Request-Id"] for answer in answers} == {event["request_id"] for event in events()}
    chunks = [event for event in events() if event.get("where", "").startswith("chunk")]
    assert len(chunks) == 15 * 3


def test_requests_one_after_another_in_one_task(events):
    application = ASGIHandler()

    async def serve():
        for number in range(5):
            await ask_asgi(application, f"/asynchronous/{number}")
            await ask_asgi(application, f"/failing/{number}")
            assert structlog.contextvars.get_contextvars() == {}

    asyncio.run(serve())
    assert_that_nothing_bleeds(events(), 10)


def test_a_client_that_leaves_ends_its_request_and_touches_no_other(events, settings):
    settings.MIDDLEWARE = settings.MIDDLEWARE[:1]  # a thread in between cannot be cancelled
    application = ASGIHandler()

    async def serve():
        left = ask_asgi(application, "/waiting/1", leave_after_s=0.05)
        stayed = ask_asgi(application, "/asynchronous/2")
        await asyncio.gather(left, stayed)
        await ask_asgi(application, "/asynchronous/3")
        assert structlog.contextvars.get_contextvars() == {}

    asyncio.run(asyncio.wait_for(serve(), WATCHDOG_S))
    assert_that_nothing_bleeds(events(), 3)
    [cancelled] = [event for event in events() if event["event"] == "request_cancelled"]
    assert (cancelled["level"], cancelled["path"]) == ("warning", "/waiting/1")
    assert "status_code" not in cancelled


def test_a_user_that_rest_framework_found_is_the_actor(events):
    ask_wsgi(WSGIHandler(), "/rest/1")

    [finished] = [event for event in events() if event["event"] == "request_finished"]
    assert finished["actor_id"] == 7


def test_who_ends_a_worker_in_the_middle_of_a_request_is_told(events):
    from django.test import RequestFactory

    from logviewer_client import RequestContextMiddleware

    def ended(request):
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        RequestContextMiddleware(ended)(RequestFactory().get("/slow"))
    assert [event["event"] for event in events()] == ["request_started", "request_failed"]
    assert "SystemExit" in events()[-1]["exception"]


def test_a_chain_that_fails_does_not_fail_the_request(events, capsys):
    from django.test import RequestFactory

    from logviewer_client import RequestContextMiddleware

    def broken(logger, method_name, event_dict):
        raise RuntimeError("a processor of the service")

    structlog.configure(processors=[broken])
    response = RequestContextMiddleware(lambda request: HttpResponse())(RequestFactory().get("/"))

    assert response.status_code == 200
    assert "request_started could not be logged: RuntimeError" in capsys.readouterr().err


def test_an_id_that_a_view_binds_is_kept_beside_the_requests(events):
    from django.test import RequestFactory

    from logviewer_client import RequestContextMiddleware

    def view(request):
        structlog.get_logger().bind(request_id="own").info("e")
        structlog.contextvars.bind_contextvars(request_id="rebound")
        return HttpResponse()

    response = RequestContextMiddleware(view)(RequestFactory().get("/"))
    inside, finished = events()[1:]

    assert (inside["request_id"], inside["inner_request_id"]) == (response["X-Request-ID"], "own")
    assert finished["request_id"] == response["X-Request-ID"]
