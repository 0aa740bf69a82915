"""The service describes itself, and holds what it says against whatever the description allows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.learningapi.harness import REPOSITORY, Service

PAGE = REPOSITORY / "docs" / "cohort-service.md"
ADDRESS = re.compile(r"^\| `((?:GET|POST|PUT|DELETE) [\w/{}]+)", re.MULTILINE)
LONGEST_RUN_S = 300


def test_every_address_is_described(service: Service) -> None:
    paths = service.ask("GET", "/openapi.json", token=None).body["paths"]

    described = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert described == set(ADDRESS.findall(PAGE.read_text()))
    assert len(described) == 12


@pytest.mark.timeout(LONGEST_RUN_S + 30)
@pytest.mark.parametrize(("who", "examples"), [("staff", 25), ("student", 10), (None, 10)])
def test_nothing_that_the_description_allows_or_forbids_makes_the_service_fail(
    service: Service, who: str | None, examples: int, tmp_path: Path
) -> None:
    token = {"staff": service.staff_token, "student": service.student_token}.get(who or "")
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json",
            *(["--header", f"Authorization: Token {token}"] if token else []),
            "--exclude-path", "/accounts/logout" if token else "/nowhere",  # it would end the token of all others
            "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance",
            "--max-examples", str(examples), "--seed", "1", "--no-color", "--generation-database", "none",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_RUN_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
