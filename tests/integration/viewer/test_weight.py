"""Pages are light: HTML before compression, and all of our scripts and styles after it."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.integration.viewer.conftest import event, text_of

MOST_HTML = 116 * 1024
MOST_OWN = 60 * 1024  # scripts and styles of a page, as they are sent: compressed
IMPORTED = re.compile(r"""^import\s(?:.*\sfrom\s)?["']\./([^"']+)["']""", re.MULTILINE)


def busy_day():
    """As services log: each request has its context on all of its events, and every tenth event fails."""
    for number in range(130):
        request = number // 7
        yield event(
            f"cohort_assignment_{'failed' if number % 10 == 0 else 'completed'}",
            at_ms=number * 400_000,
            level="error" if number % 10 == 0 else "info",
            service=("learning-api", "notification-worker")[request % 2],
            cohort_id=str(request),
            request_id=f"7c1e02aa-5305-451f-ab2b-{request:012}",
            path=f"/cohorts/{request}/assign",
            method="POST",
            user_id=1000 + request,
            username=f"goran.eriksen{request}",
            ip_address="10.0.0.1",
            student_id=4000 + number,
            duration_ms=57.954,
            **({"exception": "django.db.utils.IntegrityError: duplicate key value"} if number % 10 == 0 else {}),
        )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?since=-3d&level=info",
        "/?columns=service,event,path,student_id,duration_ms&wrap=1",
        "/?by=cohort_id&q=cohort_id>0",
    ],
)
def test_a_hundred_rows(path, page, store_events):
    store_events(list(busy_day()))

    response = page(path)

    assert text_of(response).count('<tr class="events__row') == 100
    assert len(response.content) <= MOST_HTML


@pytest.mark.parametrize("path", ["/", "/requests/unknown", "/fields", "/preferences", "/manage/tokens"])
def test_scripts_and_styles(path, page, store_events):
    store_events([event()])
    shown = text_of(page(path))
    styles = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', shown)
    scripts = [name for name in re.findall(r'<script[^>]* src="/static/([^"]+)"', shown) if "django_htmx" not in name]

    files = {*styles, *with_imports(scripts)}

    assert {"css/base.css", "js/main.js", "js/rows.js"} <= files
    assert sum(len(gzip.compress(found(name).read_bytes())) for name in files) <= MOST_OWN


def found(name):
    return Path(finders.find(name))


def with_imports(scripts):
    waiting, known = list(scripts), set()
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += [f"js/{one}" for one in IMPORTED.findall(found(name).read_text())]
    return known
