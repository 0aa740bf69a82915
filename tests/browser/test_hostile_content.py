"""Whatever services log, a browser shows it and does nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from logviewer.store.event import Event

PAYLOADS = [
    "<script>window.acted = 1</script>",
    "<img src=x onerror='window.acted=1'>",
    "\"><svg onload='window.acted=1'>",
    "<a href='javascript:window.acted=1' autofocus onfocus='window.acted=1'>x</a>",
    "<div hx-get='/preferences' hx-trigger='load' hx-swap='outerHTML'>x</div>",
    "</td></tr></tbody></table><h1>outside</h1>",
    "{{ 7|add:7 }}{% debug %}",
    "\u202egnp.exe\u202c",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "' onclick='window.acted=1' x='",
    "../../accounts/logout",
    "x" * 4000,
]


def hostile() -> list[Event]:
    now = datetime.now(UTC) - timedelta(minutes=1)
    return [
        Event(
            time=now + timedelta(milliseconds=place),
            level=40,
            service=text[:80],
            event=text,
            logger=text,
            request_id=text[:120],
            cohort_id=text[:40],
            data=json.dumps({text[:200]: text, "nested": {text[:100]: [text]}, "hx-on:click": text}),
            meta=json.dumps({"flags": [text], "service": text}),
        )
        for place, text in enumerate(PAYLOADS)
    ]


# Pages that show the same content in other forms.
BESIDE = (
    "/?columns=event,service,nested,logger&by=event&wrap=1",
    "/fields",
    "/fields/values?field=event",
    "/fields/values?field=<b>",
    "/histogram?by=service",
)
SELECTED = """(boxes) => ["text", "json", "markdown"].map(
  (form) => `/selected?as=${form}&${boxes.map((box) => `e=${box.value}`).join("&")}`
)"""


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_text_is_inert_on_every_page(width, open_page, viewer, store_events, live_logviewer):
    store_events(hostile())
    page = open_page(viewer, "/", width=width)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for place in range(len(PAYLOADS)):
        page.locator(".opener").nth(place).click()
        expect(page.locator(".events__opened")).to_have_count(place + 1)
        page.locator(".events__opened").nth(place).locator("summary").click()
    links = [page.locator(".events__row .opener"), page.locator(".events__opened a", has_text="This request")]
    addresses = [url for link in links for url in link.evaluate_all("all => all.map((one) => one.href)")]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert not wide
    assert page.evaluate("window.acted") is None
    assert page.locator("h1", has_text="outside").count() == 0
    addresses += [*BESIDE, *page.locator(".c-time input").evaluate_all(SELECTED)]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("window.acted") is None
    assert {url for url in asked if not url.startswith(live_logviewer)} == set()


def test_what_is_copied_is_what_was_sent(open_page, viewer, store_events):
    store_events(hostile())
    page = open_page(viewer, "/")

    answer = page.request.get(page.locator(".c-time input").evaluate_all(SELECTED)[1])

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert [json.loads(line)["event"] for line in answer.text().splitlines()] == PAYLOADS


def test_marks_stand_for_what_cannot_be_seen_and_copying_gives_the_text_back(open_page, viewer, store_events):
    store_events(hostile())
    page = open_page(viewer, "/?q=gnp")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    expect(page.locator(".events__row .name .unseen").first).to_have_text("U+202E")
    page.locator(".opener").click()
    page.get_by_label("Copy the value of event").click()
    expect(page.locator(".toast")).to_have_text("Copied.")

    assert page.evaluate("navigator.clipboard.readText()") == "\u202egnp.exe\u202c"
