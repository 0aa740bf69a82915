"""axe-core finds nothing serious on any page: neither light nor dark, neither at a desk nor on a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from tests.browser.events import note_fields, school_day

# Pages whose address needs something: every other one is found by itself. `event` is that of an event.
WITH_ARGUMENTS = (
    "/?q=cohort_assignment_failed",
    "/?columns=service,event,cohort_id,response.error.code&wrap=1&by=event",
    "/?q=nothing&cohort_id=99&since=-7d",
    "/?q=(",
    "/?before=MTc5NTY2ODk0Njg1NzY4My4xMDQ4NTg1OQ",
    "/requests/7c1e-failing",
    "/requests/unknown",
    "/fields/values?field=cohort_id",
    "/fields/values?field=time",
    "/fields/numbers?field=student_id&per=event",
    "/no-such-page",
)
SERIOUS = {"serious", "critical"}
ALL_BUT_MORE_ROWS = {"include": [["html"]], "exclude": [[".events__row:nth-of-type(n + 20)"]]}  # each costs axe time
# Plain text, parts, files and redirects are no pages; what changes something is reached by a form.
NO_PAGES = ("api/", "ingest/", "healthz", "readyz", "search/completion", "selected", "jump")


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, route)
        elif "<" not in route and "(" not in route and not route.startswith(NO_PAGES):
            yield f"/{route.strip('^$')}"


def found_by_axe(page: Page) -> list[str]:
    found = Axe().run(page, ALL_BUT_MORE_ROWS, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


@pytest.fixture
def stored(store_events):
    store_events(school_day())
    note_fields()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), pytest.param("dark", 390, marks=pytest.mark.long)])
def test_no_page_has_a_serious_fault(theme, width, open_page, admin, stored):
    page = open_page(admin, "/", width=width)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])
    event = page.locator(".opener").first.get_attribute("href")
    faults = {}

    for path in dict.fromkeys((*addresses(get_resolver().url_patterns), *WITH_ARGUMENTS, event)):
        answer = page.request.get(path)
        if answer.status in (200, 400, 404) and answer.headers.get("content-type", "").startswith("text/html"):
            page.goto(path)
            faults[path] = found_by_axe(page)

    assert len(faults) > len(WITH_ARGUMENTS)
    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nor_has_what_unfolds(theme, open_page, viewer, stored):
    page = open_page(viewer, "/?q=cohort_assignment_failed", width=1440)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])
    page.reload()

    page.locator(".opener").first.click()
    for summary in ("As it was sent", "JSON"):
        page.locator(".detail summary", has_text=summary).click()
    page.get_by_role("link", name="As a table").click()
    expect(page.locator("#histogram-table table")).to_be_visible()
    page.locator(".facet summary", has_text="cohort_id").click()
    expect(page.locator(".facet .value").first).to_be_visible()
    page.locator(".list-tools summary", has_text="Columns").click()
    assert found_by_axe(page) == []

    page.keyboard.press("Escape")
    page.locator(".opener").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    assert found_by_axe(page) == []


def test_before_anything_is_stored_and_anybody_is_logged_in_there_is_none_either(open_page, operator, database):
    empty = open_page(operator, "/")
    nobody = open_page(None, "/accounts/login/")

    assert found_by_axe(empty) == found_by_axe(nobody) == []
