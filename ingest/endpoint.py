"""The HTTP door: finds out who sends, reads the body, hands it to the pipeline, and always answers in JSON."""

import contextlib
import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ingest import credentials, limits, pipeline
from ingest.admission import Admission
from ingest.body import Body, is_small, read_body
from ingest.memory import for_a_large_body
from ingest.models import IngestKey
from ingest.outcome import Refusal, all_were_rejected
from ingest.validation import Policy
from logviewer.store import writer
from logviewer.store.writer import DiskNearlyFull, IdempotencyConflict, StoreUnavailable

log = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]
READY_SQL = """
    SELECT NOT pg_is_in_recovery()
       AND current_setting('transaction_read_only') = 'off'
       AND has_table_privilege('log_event', 'INSERT')
"""

DATABASE_RETRY_AFTER_S = 5
UNFORESEEN_RETRY_AFTER_S = 30

admission = Admission()
small_admission = Admission(at_once=limits.MAX_SMALL_BODIES_AT_ONCE, a_key=limits.MAX_SMALL_BODIES_A_KEY)


def answers_json(*methods: str) -> Callable[[View], View]:
    """Makes a view for machines: only these methods, no login, and every failure in the shape of docs/ingest.md."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @login_not_required
        @functools.wraps(view)
        def answered(request: HttpRequest) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise _method_not_allowed(request, methods)
                return view(request)
            except Exception as problem:  # noqa: BLE001 -- logged, and answered in the shape senders know
                return _refused(_refusal_for(problem))

        return answered

    return decorate


@answers_json("POST")
def events(request: HttpRequest) -> HttpResponse:
    """POST /ingest/v1/events: stores the events of the body, or with ?dry_run=1 shows how they would be stored."""
    return _take(request, "ndjson")


@answers_json("POST")
def logstash(request: HttpRequest) -> HttpResponse:
    """POST /ingest/logstash: the same for what python-logstash-async and Logstash's own senders post."""
    return _take(request, "logstash")


def _take(request: HttpRequest, protocol: str) -> HttpResponse:
    key = credentials.authenticate(request.META)
    idempotency_key = _idempotency_key(request)
    dry_run = request.GET.get("dry_run", "0") not in ("", "0")
    places = small_admission if is_small(request.META) else admission
    with places.place(key.public_id), contextlib.ExitStack() as memory:
        # No name for the body: it must be gone when the next large one may be inflated.
        if dry_run:
            return _answer(pipeline.preview(_body(request, memory), source_of(key), protocol=protocol), 200)
        answer = pipeline.accept(
            _body(request, memory), source_of(key), protocol=protocol, idempotency_key=idempotency_key
        )
    credentials.note_use(key)
    return _json(answer, 422 if all_were_rejected(answer) else 200)


@answers_json("GET", "HEAD")
def ready(request: HttpRequest) -> HttpResponse:
    """GET /ingest/v1/ready: whether a batch sent now would be stored."""
    writer.require_room()
    with connections[credentials.ALIAS].cursor() as cursor:
        cursor.execute(READY_SQL)
        row = cursor.fetchone()
    if not (row and row[0]):
        raise StoreUnavailable("the database is read only")
    return _json({"ready": True}, 200)


@csrf_exempt
@login_not_required
def no_such_path(request: HttpRequest) -> HttpResponse:
    return _refused(
        Refusal(404, "There is no such path.", "Events go to POST /ingest/v1/events, probes to GET /ingest/v1/ready.")
    )


def source_of(key: IngestKey) -> pipeline.Source:
    """What a key says about the events it brings."""
    policy = Policy(service=key.service, properties=key.properties, retention=settings.LOGVIEWER.retention)
    return pipeline.Source(key=key.public_id, policy=policy, min_level=key.min_level)


def _body(request: HttpRequest, memory: contextlib.ExitStack) -> Body:
    return read_body(request.META, on_large=lambda: memory.enter_context(for_a_large_body()))


def _idempotency_key(request: HttpRequest) -> UUID | None:
    text = request.headers.get("Idempotency-Key", "").strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(
            400,
            "Idempotency-Key is not a UUID.",
            "Nothing was stored. Make a UUID for each batch and keep it when you send the batch again.",
        ) from None


def _refusal_for(problem: Exception) -> Refusal:
    """What the sender is told. Whatever was not foreseen is 503 too, so that no sender throws its batch away."""
    if isinstance(problem, Refusal):
        return problem
    if isinstance(problem, SuspiciousOperation):
        return Refusal(400, str(problem), "Nothing was stored. The only parameter is ?dry_run=1.")
    if isinstance(problem, IdempotencyConflict):
        return Refusal(
            409,
            "This Idempotency-Key was used for another batch.",
            "The first batch is stored, this one is not. Send it with a UUID of its own.",
        )
    if isinstance(problem, DiskNearlyFull):
        return _not_now(str(problem), problem.retry_after_s, message=f"{problem}.")
    if isinstance(problem, StoreUnavailable):
        return _not_now(str(problem), problem.retry_after_s)
    if isinstance(problem, DatabaseError | InterfaceError):
        return _not_now(str(problem).partition("\n")[0], DATABASE_RETRY_AFTER_S)
    log.error("A request to ingest failed unforeseen.", exc_info=problem)
    return _not_now("an error of ours, which is in the server's log", UNFORESEEN_RETRY_AFTER_S)


def _not_now(reason: str, retry_after_s: int, message: str = "Events cannot be taken at the moment.") -> Refusal:
    """503. Only `message` is for the sender: what Postgres says is not."""
    log.warning("Ingest answers 503: %s", reason)
    return Refusal(
        503,
        message,
        "Nothing was stored. Keep the batch and send it again after Retry-After seconds.",
        headers={"Retry-After": str(retry_after_s)},
    )


def _method_not_allowed(request: HttpRequest, methods: Sequence[str]) -> Refusal:
    allowed = ", ".join(methods)
    return Refusal(405, f"{request.method} is not possible here.", f"Use {allowed}.", headers={"Allow": allowed})


def _refused(refusal: Refusal) -> HttpResponse:
    response = _json(refusal.answer(), refusal.status)
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def _json(answer: dict[str, Any], status: int) -> HttpResponse:
    return _answer(msgspec.json.encode(answer), status)


def _answer(content: bytes, status: int) -> HttpResponse:
    response = HttpResponse(content, status=status, content_type="application/json")
    response["Content-Length"] = str(len(content))
    return response
