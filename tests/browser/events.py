"""Events for the browser tests: one request that fails, among others that do not."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from logviewer.store import catalogue
from logviewer.store.event import Event, level_from

TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/app/views/cohort_view.py", line 151, in create\n'
    "    self._assign(request, cohort, student)\n"
    "django.db.utils.IntegrityError: student 88 is in cohort 12 already"
)


def event(
    name: str,
    *,
    ago_s: float,
    now: datetime | None = None,
    level: str = "info",
    request_id: str | None = None,
    **data: Any,
) -> Event:
    """An event so many seconds before `now`, by default before this call."""
    return Event(
        time=(now or datetime.now(UTC)) - timedelta(seconds=ago_s),
        level=level_from(level)[0].value,
        service=data.pop("service", "learning-api"),
        event=name,
        logger="LearningAPI.cohort",
        request_id=request_id,
        cohort_id=data.pop("cohort_id", None),
        data=json.dumps(data),
    )


def school_day() -> list[Event]:
    failing = [
        event("request_started", ago_s=60.050, request_id="7c1e-failing", path="/cohorts/12/assign", method="POST"),
        event("student_found", ago_s=60.040, request_id="7c1e-failing", cohort_id="12", student_id=88),
        event(
            "cohort_assignment_failed",
            ago_s=60.010,
            request_id="7c1e-failing",
            level="error",
            cohort_id="12",
            exception=TRACEBACK,
            response={"error": {"code": 23505}},
        ),
        event("request_finished", ago_s=60, request_id="7c1e-failing", status_code=500, duration_ms=50.1),
    ]
    calm = [event("cohort_listed", ago_s=100 + 20 * n, request_id=f"calm-{n}", cohort_id=str(n)) for n in range(150)]
    return failing + calm


def note_fields() -> None:
    """Has the catalogue take up what is stored. It waits for open transactions, of which a page may have some."""
    give_up = time.monotonic() + 30
    while not catalogue.catch_up(5):
        assert time.monotonic() < give_up, "the catalogue did not take up any event within 30 s"
        time.sleep(0.05)
