"""The steps of docs/five-questions.md, click by click."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.events import event

REQUEST = "07261cb3-1ded-4d79-8c7a-c8ce40dfee70"
WHY = "NoFirstProject: book 4, the first of course 2, has no first project"
TRACEBACK = f'Traceback (most recent call last):\n  File "/app/models/coursework.py", line 35, in first_project\n{WHY}'


@pytest.fixture
def page(open_page, viewer, store_events):
    """A class in which student 88 of cohort 12 got no project, and a request took more than a second."""
    assign = {"request_id": REQUEST, "cohort_id": "12", "student_id": 88}
    store_events(
        [
            event("cohort_listed", ago_s=400, request_id="calm", cohort_id="1", duration_ms=12.5),
            event("request_failed", ago_s=300, request_id="other", level="error", cohort_id="1"),
            event("request_finished", ago_s=200, request_id="slow", path="/notify", method="POST", duration_ms=1204.5),
            event("request_started", ago_s=100, path="/cohorts/12/assign", method="POST", **assign),
            event(
                "failed_to_assign_student_to_project",
                ago_s=99,
                level="error",
                reason="no_first_project",
                exception=TRACEBACK,
                **assign,
            ),
            event("request_finished", ago_s=98, status_code=201, duration_ms=136.0, **assign),
        ]
    )
    return open_page(viewer, "/")


def rows(page):
    return page.locator(".events__row")


def test_why_did_student_88_not_get_a_project(page):
    page.get_by_label("Search", exact=True).click()
    page.keyboard.type("student_id:88")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    page.get_by_text("reason=no_first_project").click()

    expect(page.locator(".traceback__verdict")).to_have_text(WHY)


def test_all_errors_of_cohort_12_since_tuesday_as_csv(page):
    page.get_by_role("link", name="Errors", exact=True).click()
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Cohort", exact=True).click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.locator(".range summary").click()
    page.get_by_label("From", exact=True).click()
    page.keyboard.press("Control+A")
    page.keyboard.type("tuesday")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"since=\d{4}-\d\d-\d\dT00:00:00Z$"))
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()

    *_, last, end = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert end.startswith('"# Complete:')
    assert re.search(r"failed_to_assign_student_to_project|^.time.", last)  # on a Tuesday just begun there is none yet


def test_which_requests_took_over_a_second(page):
    page.get_by_role("link", name="Slow", exact=True).click()

    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator("[data-name=path]")).to_have_text("/notify")
    expect(rows(page).locator("[data-name=duration_ms]")).to_have_text("1204.5")


def test_what_is_this_request_id_from_a_bug_report(page):
    page.get_by_label("Search", exact=True).click()
    page.keyboard.insert_text(REQUEST)
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("link", name="07261cb3…").first.click()

    expect(page.locator(".facts")).to_contain_text(re.compile(r"Asked\s*POST /cohorts/12/assign\s*Answered\s*201"))
    expect(rows(page)).to_have_count(3)


def test_is_it_still_happening_now(page, store_events):
    page.get_by_text("reason=no_first_project").click()
    page.get_by_role("link", name="Same event").click()
    expect(page.locator(".summary")).to_contain_text(re.compile(r"1 event, newest first\s+· the newest .+ ago"))
    page.get_by_role("button", name="Live").click()
    expect(page.locator("[data-tail-state]")).to_contain_text("Live since")

    store_events([event("failed_to_assign_student_to_project", ago_s=0, level="error")])

    expect(rows(page)).to_have_count(2)
