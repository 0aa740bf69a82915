"""The service as a process: how it starts, what it prints, and how it ends."""

import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from tests.integration.learningapi.harness import (
    PATIENCE_S,
    REPOSITORY,
    Logviewer,
    Service,
    Slack,
    children_of,
    environment_for,
    eventually,
    run,
    running,
)
from tests.ports import free_port


def test_the_demo_makes_its_database_is_used_and_ends_on_TERM(  # noqa: N802
    postgres_url: str, logviewer: Logviewer, slack: Slack, tmp_path: Path
) -> None:
    database = urlunsplit(urlsplit(postgres_url)._replace(path=f"/demo_{uuid4().hex}"))
    environment = environment_for(logviewer, slack, database, tmp_path)

    with running(environment, "demo", tmp_path / "log") as demo:
        workers = children_of(demo.pid)
        eventually(
            lambda: logviewer.events("level=error&q=event:failed_to_assign_student_to_project"),
            "student 88's missing project",
        )
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()

    assert workers
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def test_a_killed_service_frees_its_port(service: Service, tmp_path: Path) -> None:
    port = free_port()
    with running({**service.environment, "LEARNINGAPI_PORT": str(port)}, "serve", tmp_path / "log") as killed:
        killed.kill()
        killed.wait()

    def port_is_free() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    eventually(port_is_free, "a free port")


def test_what_was_logged_last_is_shipped_when_the_service_ends(
    service: Service, logviewer: Logviewer, tmp_path: Path
) -> None:
    port = str(free_port())
    with running({**service.environment, "LEARNINGAPI_PORT": port}, "serve", tmp_path / "log") as process:
        last = replace(service, url=f"http://127.0.0.1:{port}").ask("GET", "/cohorts/2")
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()

    assert logviewer.events(f"request_id={last.request_id}")[-1]["event"] == "request_finished"


def test_a_port_in_use_is_one_sentence(service: Service) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "LearningAPI", "serve"],
        env=service.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert "is taken by another program: end it, or set LEARNINGAPI_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_load_asks_at_its_rate_and_tells_what_came_back(service: Service) -> None:
    told = run(service.environment, "load", "--rate", "20", "--for", "2", "--url", service.url)

    assert 0 < int(told.split()[0]) <= 41
    assert "201: " in told
    assert "500: " not in told
