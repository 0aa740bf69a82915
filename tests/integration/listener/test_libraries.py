"""Every library, version and way: what a service logs is found by its fields."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingest.keys import create_ingest_key
from tests.conftest import WATCHDOG_S

PYTHON_LOGSTASH = ["logstash.TCPLogstashHandler", "logstash.UDPLogstashHandler"]
ASYNC = "logstash_async.handler.AsynchronousLogstashHandler"
SYNCHRONOUS = "logstash_async.handler.SynchronousLogstashHandler"
TRANSPORT = "logstash_async.transport."
WAYS = {
    **{
        f"{name.partition('.')[2]} version {version}": {"class": name, "version": version, "message_type": "school"}
        for name in PYTHON_LOGSTASH
        for version in (0, 1)
    },
    "async TCP": {"class": ASYNC, "transport": f"{TRANSPORT}TcpTransport", "database_path": None},
    "synchronous TCP": {"class": SYNCHRONOUS, "transport": f"{TRANSPORT}TcpTransport"},
    "async UDP": {"class": ASYNC, "transport": f"{TRANSPORT}UdpTransport", "database_path": None},
    "async HTTP": {
        "class": ASYNC, "transport": f"{TRANSPORT}HttpTransport", "database_path": None, "path": "ingest/logstash",
        "username": "key", "ssl_enable": False,
    },
}  # fmt: skip
CASES = {
    "structlogs": ("cohort_assignment_started", 30),
    "structlogs_exception": ("cohort_assignment_failed", 40),
    "structlogs_object": ("cohort_found", 20),
    "rendered": ("cohort_not_found", 40),
    "extras": ("Bad Request: /cohorts", 30),
    "exception": ("Internal Server Error: /cohorts", 40),
}
TEXT = "ÄÖ 日本 👩‍👩‍👧 \x1b\n"


@pytest.fixture
def log_by(request, library_environment):
    """Runs a service that logs all cases by one way."""

    def log(way):
        handler = {**WAYS[way], "host": "127.0.0.1"}
        if "path" in handler:
            handler["port"] = urlsplit(request.getfixturevalue("live_logviewer")).port
            handler["password"] = create_ingest_key(service="learning-api").secret
        else:
            handler["port"] = request.getfixturevalue("door").port
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("sender.py")), json.dumps(handler), *CASES],
            env=library_environment, capture_output=True, text=True, timeout=WATCHDOG_S, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")

    return log


@pytest.mark.parametrize("way", WAYS)
def test_every_case_of_a_library_is_found_by_its_fields(log_by, stored, way):
    log_by(way)
    arrived = stored(len(CASES))
    for case, (name, level) in CASES.items():
        (event,) = [one for one in arrived if one.event == name]
        assert (event.level, event.request_id, event.cohort_id) == (level, "r-1", "12"), case
        assert (event.service, event.logger) == ("learning-api", "LearningAPI.cohort"), case
        assert event.data["source_path"].endswith(".py"), case
        assert not {"_logger", "_name", "message", "extra", "@version", "@fields"} & set(event.data), case
        assert event.meta is None or case == "structlogs_object", case

    events = {one.event: one.data for one in arrived}
    started = events["cohort_assignment_started"]
    assert (started["person_id"], started["note"], started["path"]) == (88, None, "/cohorts/12/assign")
    assert (started["tags"], started["text"]) == (["it's", 'a "test"'], TEXT)
    for name in ("cohort_assignment_failed", "Internal Server Error: /cohorts"):
        assert events[name]["exception"].startswith("Traceback (most recent call last):\n")
        assert "it's unknown" in events[name]["exception"]
    assert events["cohort_found"]["starts"] == "datetime.date(2026, 11, 2)"
    assert "datetime.date(2026, 11, 2)" in events["cohort_found"]["source_message"]
    assert events["Bad Request: /cohorts"]["status_code"] == 400
