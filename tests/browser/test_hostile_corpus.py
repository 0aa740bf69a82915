"""Three hundred hostile texts, sent in as everything an event has: on every page and in every file they are text."""

import csv
import io
import json
import urllib.request
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
from django.http import QueryDict
from playwright.sync_api import Page, expect

from logviewer.store.models import EventRow
from logviewer.viewer.addresses import query_of
from logviewer.viewer.export_csv import text_of_cell
from logviewer.viewer.models import SavedView
from logviewer.viewer.recent_searches import note_search
from tests.hostile import ACT, CORPUS

REQUEST = "hostile-1"
LONG = 5000  # characters: beyond that the largest texts are not stored whole
TRACEBACK = 'Traceback (most recent call last):\n  File "/app/views.py", line 1, in create\n    go()\n'

# What a page must not do is reported like a mistake in a script, which fails the test.
WATCH = """
Object.defineProperty(window, "acted", { set() { console.error("a text acted"); } });
document.addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.blockedURI}`));
"""
# Marks for characters that cannot be seen stand for the characters.
READ = """() => {
  const text = (element) => {
    const copy = element.cloneNode(true);
    for (const mark of copy.querySelectorAll(".unseen")) {
      mark.replaceWith(String.fromCodePoint(parseInt(mark.title.slice(2), 16)));
    }
    return copy.textContent;
  };
  return [...document.querySelectorAll(".events__row")].map((row) => ({
    id: row.querySelector(".opener").getAttribute("href").split("/").pop(),
    name: row.querySelector(".name") ? text(row.querySelector(".name")) : "",
    json: text(row.nextElementSibling.querySelector("[data-text=json]")),
    values: [...row.nextElementSibling.querySelectorAll("[data-text=value]")].map(text),
  }));
}"""


def sent_as_everything(number: int, text: str) -> dict[str, object]:
    key = text[:200]
    return {
        "event": text,
        "service": text[:90],
        "logger": text,
        "request_id": REQUEST,
        "cohort_id": text[:40],
        "exception": TRACEBACK + f"ValueError: {text}",
        "user_agent": text,
        "view": text,
        "nested": {key: [text, {key: text}], "number": number},
        key: text,
    }


@pytest.fixture
def ingest(live_logviewer, ingest_secret):
    def ingest(*events: dict[str, object]) -> None:
        body = "\n".join(json.dumps(event) for event in events).encode()
        headers = {"Authorization": f"Bearer {ingest_secret}"}
        request = urllib.request.Request(f"{live_logviewer}/ingest/v1/events", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["rejected"] == []

    return ingest


@pytest.fixture
def watched_page(open_page, viewer, live_logviewer):
    """A page that fails the test if a text acts, a dialog opens, something is refused or asked of elsewhere."""
    page = open_page(viewer, "/preferences")
    elsewhere: list[str] = []
    page.context.add_init_script(WATCH)
    page.on("dialog", lambda dialog: elsewhere.append(f"dialog {dialog.message}"))
    page.on("popup", lambda popup: elsewhere.append(f"popup {popup.url}"))
    page.on("request", lambda asked: None if asked.url.startswith(live_logviewer) else elsewhere.append(asked.url))
    page.set_default_timeout(60_000)
    yield page
    assert elsewhere == []


ALWAYS, *ON_DEMAND = CORPUS


@pytest.mark.parametrize("category", [ALWAYS, *(pytest.param(one, marks=pytest.mark.long) for one in ON_DEMAND)])
def test_hostile_texts_are_text_on_every_page_and_in_every_file(category, watched_page, ingest, viewer):
    page, texts = watched_page, CORPUS[category]
    ingest({"event": "first", "request_id": REQUEST, "service": "calm"})
    follow(page)
    for at in range(0, len(texts), 40):
        ingest(*(sent_as_everything(number, text) for number, text in enumerate(texts[at : at + 40], at)))
    rows = page.locator(".events__row")
    expect(rows).to_have_count(len(texts) + 1)
    stored = {str(row.id): row for row in EventRow.objects.using("search").filter(request_id=REQUEST)}
    whole = [text for text in texts if len(text) < LONG]
    assert not Counter(whole) - Counter(one.event for one in stored.values())

    assert_shown(page, stored)
    visit_pages_of_events(page)
    assert_views_and_searches_are_text(page, viewer, whole)
    assert_exported(page, stored)


def test_a_text_that_acts_would_be_noticed(browser):
    context = browser.new_context()
    context.add_init_script(WATCH)
    page, reported = context.new_page(), []
    page.on("console", lambda message: reported.append(message.text))
    page.goto(f"data:text/html,<script>{ACT}</script>")
    context.close()

    assert "a text acted" in reported


def follow(page: Page) -> None:
    """So that the rows come in the way they do while the list is followed."""
    page.goto(f"/?request_id={REQUEST}")
    page.get_by_role("button", name="Live").click()
    expect(page.locator("[data-tail-state]")).to_contain_text("Live since")


def assert_shown(page: Page, stored: dict[str, EventRow]) -> None:
    page.get_by_role("button", name="Live").click()
    page.evaluate("document.querySelectorAll('.opener').forEach((opener) => opener.click())")
    expect(page.locator(".events__opened [data-text=json]")).to_have_count(len(stored))
    for shown in page.evaluate(READ):
        event = stored[shown["id"]]
        assert shown["name"] == on_a_line(event.event)
        written = json.loads(shown["json"])
        assert {name: written.get(name) for name in event.data} == event.data
        assert (written["service"], written.get("event", ""), written.get("logger", "")) == (
            event.service,
            event.event,
            event.logger,
        )
        for text in (event.event, event.data.get("user_agent", "")):
            assert not text or text[:100].strip() in "\n".join(shown["values"]).replace(" ↵ ", "\n") or "\r" in text


def on_a_line(text: str) -> str:
    return (
        (text if len(text) <= 240 else f"{text[:239]}…").replace("\r\n", "\n").replace("\r", "\n").replace("\n", " ↵ ")
    )


def visit_pages_of_events(page: Page) -> None:
    addresses = page.locator(".events__row .opener").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    for address in [*addresses[::6], f"/requests/{REQUEST}"]:
        page.goto(address, wait_until="domcontentloaded")
        expect(page.locator(".bar")).to_be_visible()
        assert (
            page.locator("h1", has_text="outside").count() == page.locator("h1.event-title", has_text="outside").count()
        )


def assert_views_and_searches_are_text(page: Page, user: object, texts: list[str]) -> None:
    """Names of views, what was searched last, and a search that is one of the texts, readable or not."""
    for text in texts:
        query = QueryDict(mutable=True)
        query["q"] = text
        name = text.strip()[:60] or "x"
        if not SavedView.objects.filter(owner=user, name__iexact=name).exists():
            SavedView.objects.create(owner=user, name=name, query=query_of(query) or "q=a")
        note_search(user, query)
    for address in ("/views", "/", *(f"/?q={quote(text)}" for text in texts[::12]), f"/views/new?q={quote(texts[-1])}"):
        page.goto(address, wait_until="domcontentloaded")
        assert page.locator("h1", has_text="outside").count() == 0
    page.goto("/views")
    names = page.evaluate(READ_NAMES)
    assert sorted(names) == sorted(on_a_line(view.name) for view in SavedView.objects.all())


READ_NAMES = (
    READ[: READ.index("  return [...")] + "  return [...document.querySelectorAll('.views__name bdi')].map(text);\n}"
)


def assert_exported(page: Page, stored: dict[str, EventRow]) -> None:
    about, columns, *rows, last = csv.reader(io.StringIO(exported(page, "CSV"), newline=""))
    assert len(about) == len(last) == 1
    found = [dict(zip(columns, map(text_of_cell, row), strict=True)) for row in rows]
    assert {one["id"] for one in found} == set(stored)
    for one in found:
        event = stored[one["id"]]
        own = (one["event"], one["service"], one["logger"], one["cohort_id"])
        assert own == (event.event, event.service, event.logger, event.cohort_id or "")
        assert json.loads(one["data"]) == event.data
    # Of a text with a formula in it nothing begins a cell, whatever the separator is taken for.
    assert not [row for row in rows for one in row if one.startswith(("=", "+", "@", "\t", "\r"))]
    *lines, end = exported(page, "NDJSON").split("\n")[:-1]
    assert json.loads(end)["logviewer_export"]["complete"] is True
    events = {one["id"]: one for one in map(json.loads, lines)}
    assert {id_: (one["event"], one["data"]) for id_, one in events.items()} == {
        id_: (event.event, event.data) for id_, event in stored.items()
    }


def exported(page: Page, file_format: str) -> str:
    page.goto(f"/exports/new?request_id={REQUEST}")
    page.get_by_label(file_format).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("Complete:")).to_be_visible()
    return Path(download.value.path()).read_bytes().decode("utf-8-sig")
