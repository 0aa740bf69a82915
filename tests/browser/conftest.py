"""A real Chromium on the really running product. Skipped, with the install line, where there is no Chromium."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

HERE = Path(__file__).parent
# The one without a window does the same work in half the time.
CHROMIUM = os.environ.get("LOGVIEWER_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
INSTALL = "no Chromium here: apt-get install --no-install-recommends chromium-headless-shell"

expect.set_options(timeout=60_000)  # a busy machine takes longer than Playwright's 5 s

# Playwright's own event loop runs in this thread, which makes Django refuse the database without this.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=INSTALL))


@pytest.fixture(scope="module")  # not longer: asyncio does not work beside its event loop, which other tests need
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_logviewer: str, client_of: Callable) -> Iterator[Callable[..., Page]]:
    """open_page(user, "/", width=390, javascript=False): a page of somebody who is logged in.

    Whatever the page then reports (a mistake in a script, a breach of the content security policy) fails the test.
    """
    contexts: list[BrowserContext] = []
    reported: list[str] = []

    def opened(user: object, path: str, *, width: int = 1280, javascript: bool = True, zone: str = "UTC") -> Page:
        context = browser.new_context(
            base_url=live_logviewer,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            timezone_id=zone,
            reduced_motion="reduce",  # no colour is looked at on its way to another
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        if user is not None:
            key = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_logviewer}])
        page = context.new_page()
        page.on("pageerror", lambda error: reported.append(str(error)))
        page.on("console", lambda message: _note(reported, message))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert reported == []


def _note(reported: list[str], message: object) -> None:
    # A refused query is answered with 400 and a lost event with 404, which Chromium counts as errors of the page. htmx
    # counts a request as one that a new search ends.
    if message.type == "error" and not re.search("status of 40[04]|^htmx:(afterRequest|sendAbort)", message.text):
        reported.append(message.text)
