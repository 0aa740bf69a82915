"""The sample service really running beside the product, and what arrived there through the real endpoint."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from benchmarks import product, school
from benchmarks.school import School
from LearningAPI.demo.slack import Slack
from logviewer.accounts.tokens import create_read_token
from tests.ports import free_port
from tests.sample_school import SampleSchool

NEVER_SLOW_MS = "600000"  # on a busy machine any statement may be, which would be a warning of its own
ARRIVES_WITHIN_S = 90  # against hangs


@pytest.fixture
def running() -> Iterator[ExitStack]:
    """The services that a test has started; closed, they have ended."""
    with ExitStack() as services:
        yield services


@pytest.fixture
def serve(
    live_logviewer: str,
    ingest_secret: str,
    sample_school: SampleSchool,
    tmp_path: Path,
    running: ExitStack,
) -> Callable[..., School]:
    """Starts the service on a school of its own, shipping to the product."""

    def start(module: str = "LearningAPI", **variables: str) -> School:
        database, people = sample_school.copied_to(tmp_path), sample_school.people
        usual = {
            "LOGVIEWER_URL": live_logviewer,
            "LOGVIEWER_KEY": ingest_secret,
            "LEARNINGAPI_SLOW_QUERY_MS": NEVER_SLOW_MS,
        }
        one = school.serving(database, tmp_path, free_port(), people=people, module=module, **{**usual, **variables})
        return running.enter_context(one)

    return start


@pytest.fixture
def end(running: ExitStack) -> Callable[[School], None]:
    """Ends the services, and sends what one of them had no time for in its last two seconds."""

    def end(school: School) -> None:
        running.close()
        command = [sys.executable, "-m", "logviewer_client", "drain"]
        subprocess.run(command, env=school.environment, check=True, capture_output=True)

    return end


@pytest.fixture
def slack() -> Iterator[Slack]:
    one, stop = Slack(), threading.Event()
    thread = threading.Thread(target=one.serve_until, args=(stop,))
    thread.start()
    yield one
    stop.set()
    thread.join()


@pytest.fixture
def reader(live_logviewer: str, viewer: Any) -> Iterator[product.Client]:
    """Asks the product's read API."""
    client = product.Client(urlsplit(live_logviewer).port or 0, create_read_token(viewer, "test").secret)
    yield client
    client.close()


@pytest.fixture
def find(reader: product.Client) -> Callable[..., list[dict[str, Any]]]:
    """Waits until a query finds so many events at least, and returns them, oldest first."""

    def wait_for(query: str, at_least: int = 1) -> list[dict[str, Any]]:
        give_up = time.monotonic() + ARRIVES_WITHIN_S
        while True:
            status, body = reader.get(f"/api/v1/events?limit=1000&q={quote(query)}")
            assert status == 200, body
            events = list(json.loads(body)["events"])
            if len(events) >= at_least:
                return events[::-1]
            assert time.monotonic() < give_up, f"{query}: {len(events)} events within {ARRIVES_WITHIN_S} s"
            time.sleep(0.05)

    return wait_for
