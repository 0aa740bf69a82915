"""The service describes itself, and holds what it says against whatever the description allows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.learningapi.harness import Service

EXAMPLES = "50"
LONGEST_RUN_S = 300


def test_every_address_is_described(service: Service) -> None:
    paths = service.ask("GET", "/openapi.json", token=None).body["paths"]

    assert {path: sorted(methods) for path, methods in paths.items()} == {
        "/accounts/logout": ["post"],
        "/accounts/verify": ["post"],
        "/cohorts": ["get", "post"],
        "/cohorts/{id}": ["delete", "get", "put"],
        "/cohorts/{id}/active": ["put"],
        "/cohorts/{id}/assign": ["delete", "post"],
        "/cohorts/{id}/migrate": ["put"],
        "/notify": ["post"],
    }


@pytest.mark.timeout(LONGEST_RUN_S + 30)
@pytest.mark.parametrize("who", ["staff", "student", None])
def test_nothing_that_the_description_allows_or_forbids_makes_the_service_fail(
    service: Service, who: str | None, tmp_path: Path
) -> None:
    token = {"staff": service.staff_token, "student": service.student_token}.get(who or "")
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json",
            *(["--header", f"Authorization: Token {token}"] if token else []),
            "--exclude-path", "/accounts/logout" if token else "/nowhere",  # it would end the token of all others
            "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance",
            "--max-examples", EXAMPLES, "--seed", "1", "--no-color", "--generation-database", "none",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_RUN_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
