"""A door on the tests' database, what it has stored, and the libraries that services send with."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logviewer.store.models import EventRow
from tests.conftest import ROOT, WATCHDOG_S, database_environment
from tests.installed import installed
from tests.listening import Listening, listening


@pytest.fixture(scope="session")
def libraries() -> Path:
    """python-logstash has no wheel, and is pure Python."""
    return installed(Path(__file__).with_name("requirements.txt"), "--no-binary", "python-logstash")


@pytest.fixture
def library_environment(libraries: Path) -> dict[str, str]:
    """Of a process that sees those libraries first."""
    path = f"{libraries}{os.pathsep}{ROOT}"
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "DJANGO_SETTINGS_MODULE": ""}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Listening]:
    with listening(database_environment(), tmp_path) as running:
        yield running


@pytest.fixture
def stored() -> Callable[..., list[EventRow]]:
    """The events that are stored; waits for as many as are asked for."""

    def events(count: int = 0, within_s: float = WATCHDOG_S) -> list[EventRow]:
        give_up = time.monotonic() + within_s
        while (found := EventRow.objects.count()) < count:
            assert time.monotonic() < give_up, f"{found} of {count} events are stored"
            time.sleep(0.05)
        return list(EventRow.objects.order_by("time", "id"))

    return events
