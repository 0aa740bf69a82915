"""Before the first event: the lines to send it with, and who may have a key for them."""

import json
import re

from django.test import Client

from ingest.models import IngestKey
from tests.integration.viewer.conftest import event, text_of


def test_an_operator_gets_a_key_inside_the_lines_and_it_works(operator, client_of):
    client = client_of(operator)
    assert "Make a key" in text_of(client.get("/"))

    made = text_of(client.post("/first-event"))

    secret = re.search(r"Bearer (lvk_\w+)", made)[1]
    assert f'key="{secret}"' in made
    assert IngestKey.objects.get().label == "first"
    sent = Client().post(
        "/ingest/v1/events",
        json.dumps({"event": "hello"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert sent.json()["accepted"] == 1
    assert "hello" in text_of(client.get("/"))


def test_a_viewer_is_told_whom_to_ask_and_gets_no_key(page, viewer, client_of):
    shown = text_of(page("/"))

    assert "Ask an operator" in shown
    assert "Make a key" not in shown
    assert client_of(viewer).post("/first-event").status_code == 403
    assert not IngestKey.objects.exists()


def test_a_key_is_never_made_by_a_get(operator, client_of):
    assert client_of(operator).get("/first-event").status_code == 204
    assert not IngestKey.objects.exists()


def test_a_waiting_page_goes_on_when_the_first_event_is_there(page, store_events):
    assert "HX-Redirect" not in page("/first-event", part_of="/")
    store_events([event()])

    assert page("/first-event", part_of="/")["HX-Redirect"] == "/"


def test_a_search_without_a_result_is_no_empty_store(page, store_events):
    assert "No events yet" not in text_of(page("/?q=a"))
