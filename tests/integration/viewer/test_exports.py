"""Exports: the whole result, and a last line that says whether it is."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connections
from django.utils import timezone

from logviewer.accounts import people
from logviewer.query.errors import ClientLeft, SearchUnavailable
from logviewer.viewer import exports
from logviewer.viewer.models import Export, State
from tests.integration.viewer.conftest import event, text_of


@pytest.fixture
def make(viewer, client_of):
    """Makes an export as the page does; returns it and a client of its owner."""

    def make(search="q=wanted", file_format="csv", user=viewer):
        client = client_of(user)
        answer = client.post(f"/exports/new?{search}", {"format": file_format})
        assert answer.status_code == 302, text_of(answer)
        return Export.objects.latest("pk"), client

    return make


@pytest.fixture
def always_says(monkeypatch):
    monkeypatch.setattr(exports, "SAYS_EVERY_S", 0.0)


def content_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_csv_file_has_every_event_and_says_that_it_is_complete(make, store_events):
    store_events([event("wanted", at_ms=number, number=number) for number in range(2500)] + [event("other")])
    export, client = make()
    assert export.expected == 2500
    answer = client.get(f"/exports/{export.pk}/file")
    about, columns, *rows, last = table(content_of(answer))

    assert answer.headers["Content-Disposition"].startswith('attachment; filename="logviewer-')
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert about[0].startswith("# logviewer: Events mentioning wanted; newest first; times in UTC; as of 20")
    data = columns.index("data")
    assert [json.loads(row[data])["number"] for row in rows] == list(reversed(range(2500)))
    assert last == ["# Complete: 2,500 events."]
    export.refresh_from_db()
    assert (export.state, export.written) == (State.COMPLETE, 2500)


def test_an_ndjson_file_has_the_shape_of_the_api_and_a_last_object(make, store_events):
    store_events([event("wanted", at_ms=1, deep={"a": [1]}, cohort_id="12"), event("wanted", at_ms=2)])
    export, client = make(file_format="ndjson")
    *events, last = [json.loads(line) for line in content_of(client.get(f"/exports/{export.pk}/file")).splitlines()]

    assert [one["data"] for one in events] == [{}, {"deep": {"a": [1]}}]
    assert set(events[0]) == {
        "id", "time", "level", "service", "event", "logger", "request_id", "cohort_id", "data", "meta"
    }  # fmt: skip
    assert last["logviewer_export"] == {
        "about": last["logviewer_export"]["about"], "complete": True, "events": 2, "reason": None
    }  # fmt: skip


def test_a_query_as_long_as_a_query_may_be_is_exported_whole(make, store_events):
    store_events([event("wanted"), event("other")])
    query = f"{'é' * 2036} OR wanted"  # 4 KB, which are 12 KB in an address
    export, client = make(urlencode({"q": query}))

    assert table(content_of(client.get(f"/exports/{export.pk}/file")))[-1] == ["# Complete: 1 event."]


def test_a_range_that_ends_now_is_that_of_when_it_was_made(make, store_events):
    store_events([event("wanted")])  # two hours ago
    export, client = make("q=wanted&since=-3h")
    Export.objects.filter(pk=export.pk).update(created=export.created - timedelta(hours=1))
    assert len(table(content_of(client.get(f"/exports/{export.pk}/file")))) == 4
    Export.objects.filter(pk=export.pk).update(created=export.created + timedelta(hours=2))
    assert len(table(content_of(client.get(f"/exports/{export.pk}/file")))) == 3


def test_who_cancels_gets_a_file_that_says_so(make, store_events, always_says):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make()
    pieces = client.get(f"/exports/{export.pk}/file").streaming_content
    begun = next(pieces) + next(pieces)
    client.post(f"/exports/{export.pk}/cancel")
    *rows, last = table(begun + b"".join(pieces))

    assert len(rows) < 1500
    assert last[0].startswith("# CUT SHORT after ")
    assert last[0].endswith(" events: it was cancelled.")
    assert "Cancelled after" in text_of(client.get(f"/exports/{export.pk}"))


def test_who_loses_the_account_gets_no_more(make, store_events, always_says, viewer):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make(file_format="ndjson")
    pieces = client.get(f"/exports/{export.pk}/file").streaming_content
    begun = next(pieces) + next(pieces)
    people.disable(viewer)
    lines = (begun + b"".join(pieces)).splitlines()

    assert len(lines) < 1500
    assert json.loads(lines[-1])["logviewer_export"]["complete"] is False


def test_a_database_that_goes_away_midway_is_said_in_the_file(make, store_events, monkeypatch):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make()
    real = exports.stream

    def breaks(search, order):
        pages = real(search)
        yield next(pages)
        raise SearchUnavailable("gone")

    monkeypatch.setattr(exports, "stream", breaks)
    *_, last = table(content_of(client.get(f"/exports/{export.pk}/file")))

    assert last == ["# CUT SHORT after 100 events: the database of events did not answer any more."]
    export.refresh_from_db()
    assert (export.state, export.written) == (State.CUT, 100)


def test_a_database_that_is_away_before_the_file_begins_is_503(make, store_events, monkeypatch):
    store_events([event("wanted")])
    export, client = make()

    def away(search, order):
        raise SearchUnavailable("gone")

    monkeypatch.setattr(exports, "stream", away)

    assert client.get(f"/exports/{export.pk}/file").status_code == 503
    export.refresh_from_db()
    assert export.state == State.READY


@pytest.mark.parametrize("ends", ["closed", "left"])
def test_a_reader_who_leaves_is_noticed(make, store_events, monkeypatch, ends):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make()
    real = exports.stream

    def leaves(search, order):
        pages = real(search)
        yield next(pages)
        raise ClientLeft

    if ends == "left":
        monkeypatch.setattr(exports, "stream", leaves)
    answer = client.get(f"/exports/{export.pk}/file")
    if ends == "left":
        with pytest.raises(ClientLeft):
            content_of(answer)
    else:
        next(answer.streaming_content)
        answer.close()
    export.refresh_from_db()

    assert export.state == State.CUT
    assert "Cut short after" in text_of(client.get(f"/exports/{export.pk}"))


def test_another_persons_export_does_not_exist(make, admin, client_of, store_events):
    store_events([event("wanted")])
    export, _ = make()

    for path in ("", "/file"):
        assert client_of(admin).get(f"/exports/{export.pk}{path}").status_code == 404
    assert client_of(admin).post(f"/exports/{export.pk}/cancel").status_code == 404


def test_few_run_at_once_and_one_that_stands_still_does_not_count(make, viewer, store_events):
    store_events([event("wanted")])
    running = [make()[0] for _ in range(exports.MOST_OF_ONE_PERSON)]
    for one in running:
        exports.start(one)
    export, client = make()

    assert client.get(f"/exports/{export.pk}/file").status_code == 409
    long_ago = timezone.now() - exports.SILENT_FOR - timedelta(seconds=1)
    Export.objects.filter(pk=running[0].pk).update(moved=long_ago)
    assert client.get(f"/exports/{export.pk}/file").status_code == 200
    assert "It has not moved for a minute" in text_of(client.get(f"/exports/{running[0].pk}"))


def test_no_more_run_when_all_are_started_at_once(make, store_events):
    store_events([event("wanted")])

    def start(export):
        try:
            exports.start(export)
        except exports.TooManyExports:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        started = list(pool.map(start, [make()[0] for _ in range(6)]))

    assert sum(started) == exports.MOST_OF_ONE_PERSON


def test_the_same_export_can_be_taken_again(make, store_events):
    store_events([event("wanted")])
    export, client = make()
    first = content_of(client.get(f"/exports/{export.pk}/file"))

    assert content_of(client.get(f"/exports/{export.pk}/file")) == first


def test_progress_is_a_part_that_asks_again_until_it_is_over(make, store_events, always_says):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make()
    part = {"HX-Request": "true"}
    assert 'hx-trigger="every 1s"' in text_of(client.get(f"/exports/{export.pk}", headers=part))
    pieces = client.get(f"/exports/{export.pk}/file").streaming_content
    next(pieces), next(pieces), next(pieces)
    midway = text_of(client.get(f"/exports/{export.pk}", headers=part))
    b"".join(pieces)
    over = text_of(client.get(f"/exports/{export.pk}", headers=part))

    assert '<progress class="progress__bar" max="1500"' in midway
    assert "Complete: <b>1,500</b> events." in over
    assert "hx-trigger" not in over


def test_a_search_that_cannot_be_read_is_refused(viewer, client_of):
    assert client_of(viewer).post("/exports/new?q=(", {"format": "csv"}).status_code == 400
    assert client_of(viewer).post("/exports/new?q=a", {"format": "xml"}).status_code == 422
    assert not Export.objects.exists()


def test_only_the_latest_are_remembered(make, viewer, store_events):
    store_events([event("wanted")])
    for _ in range(exports.KEPT_OF_ONE_PERSON + 3):
        make()

    assert viewer.exports.count() == exports.KEPT_OF_ONE_PERSON


def test_a_long_file_holds_no_connection_that_pages_wait_for(make, store_events, always_says):
    store_events([event("wanted", at_ms=number) for number in range(1500)])
    export, client = make()
    pieces = client.get(f"/exports/{export.pk}/file").streaming_content
    next(pieces), next(pieces), next(pieces)

    assert connections["default"].connection is None
    assert connections["search"].connection is None
    b"".join(pieces)


def test_exports_are_found_again_from_the_next_one(make, operator, client_of, database):
    running, client = make("q=under_way")
    Export.objects.filter(pk=running.pk).update(state=State.RUNNING, moved=timezone.now())
    stuck, _ = make("q=stuck")
    Export.objects.filter(pk=stuck.pk).update(state=State.RUNNING, moved=timezone.now() - timedelta(hours=1))

    shown = text_of(client.get("/exports/new?q=other"))

    for export, search, state in ((running, "under_way", "running"), (stuck, "stuck", "cut short")):
        row = shown.split(f'href="/exports/{export.pk}"')[1].split("</tr>")[0]
        assert search in row
        assert state in row
    assert "Your exports" not in text_of(client_of(operator).get("/exports/new?q=other"))
