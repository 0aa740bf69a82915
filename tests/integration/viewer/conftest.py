"""Events to look at, and a page as somebody sees it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from logviewer.store.event import Event, level_from

MOMENT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def event(name: str = "student_found", *, at_ms: float = 0, level: str = "info", **fields: Any) -> Event:
    """An event some milliseconds after MOMENT; `fields` are its promoted fields and its data."""
    return Event(
        time=MOMENT + timedelta(milliseconds=at_ms),
        level=level_from(level)[0].value,
        service=fields.pop("service", "learning-api"),
        event=name,
        logger=fields.pop("logger", "LearningAPI"),
        request_id=fields.pop("request_id", None),
        cohort_id=fields.pop("cohort_id", None),
        meta=json.dumps(fields.pop("meta")) if "meta" in fields else None,
        data=json.dumps(fields),
    )


@pytest.fixture
def page(viewer, client_of) -> Callable[..., Any]:
    """Asks as a viewer: page("/?q=a"), or as HTMX does with `part_of` the page that asks."""
    client = client_of(viewer)

    def ask(path: str, *, part_of: str = "", **headers: str) -> Any:
        if part_of:
            headers |= {"HX-Request": "true", "HX-Current-URL": f"http://testserver{part_of}"}
        return client.get(path, headers=headers)

    return ask


def text_of(response: Any) -> str:
    return response.content.decode()
