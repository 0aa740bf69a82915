"""A sender's view of ingest: `post` sends a body with a good key, `stored` reads what came of it."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client

from ingest import credentials
from ingest.keys import create_ingest_key
from logviewer.store.models import EventRow

EVENTS = "/ingest/v1/events"


@pytest.fixture(autouse=True)
def _no_memory_of_keys() -> Iterator[None]:
    """Keys and failures of one test mean nothing to the next."""
    credentials.forget()
    yield
    credentials.forget()


@pytest.fixture
def make_key() -> Callable[..., str]:
    def make(service: str = "*", **settings: object) -> str:
        return create_ingest_key(service=service, **settings).secret

    return make


@pytest.fixture
def post(make_key: Callable[..., str]) -> Callable[..., HttpResponse]:
    good = make_key()

    def send(body: bytes | str | list[object], key: str = good, path: str = EVENTS, **extra: object) -> HttpResponse:
        if isinstance(body, list):
            body = "\n".join(json.dumps(event) for event in body)
        content_type = extra.pop("content_type", "application/x-ndjson")
        headers = {"Authorization": f"Bearer {key}", **extra.pop("headers", {})}
        return Client(raise_request_exception=True).generic(
            "POST", path, body.encode() if isinstance(body, str) else body, content_type, headers=headers, **extra
        )

    return send


@pytest.fixture
def stored() -> Callable[[], list[EventRow]]:
    return lambda: list(EventRow.objects.order_by("id"))
