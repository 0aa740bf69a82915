"""The client at work on every Python that it takes and that this machine has: the tests themselves run on one."""

import collections
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import installed

HERE = Path(__file__).with_name("any_python")
SOURCES = Path(__file__).parents[3] / "client" / "src"
LIMIT_S = 120.0
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
LOGGED = {
    "enrolled": 1,
    "the cohort 12 is full": 1,
    "it failed": 1,
    "enrolled_in_a_thread": 4,
    "enrolled_in_a_fork": 1,
    "said in a fork": 1,
    "request_started": 2,
    "enrolled_in_a_view": 1,
    "enrolled_in_an_asynchronous_view": 1,
    "request_finished": 2,
}


def python_of(version: str) -> str | None:
    """Python `version` of this machine: on PATH, or one of pyenv's."""
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for name in (f"python{version}", *map(str, sorted(versions.glob(f"{version}.*/bin/python")))):
        try:
            done = subprocess.run([name, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
                                  capture_output=True, text=True, timeout=LIMIT_S, check=False)  # fmt: skip
        except OSError:
            continue
        if done.stdout.strip() == version:  # a name on PATH may be a shim that does not run
            return name
    return None


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_a_service_logs_arrives_once(version, door, tmp_path):
    python = sys.executable if version == "{}.{}".format(*sys.version_info) else python_of(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine")
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SOURCES), str(installed(HERE / "requirements.txt"))]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOGVIEWER_URL": door.url,
        "LOGVIEWER_KEY": "lvk_secret",
        "LOGVIEWER_SERVICE": "learning-api",
        "LOGVIEWER_SPOOL_DIR": str(tmp_path / "spool"),
    }

    def run(*arguments: str) -> None:
        done = subprocess.run([python, *arguments], env=environ, capture_output=True, text=True, timeout=LIMIT_S,
                              check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    run(str(HERE / "service.py"))
    run("-m", "logviewer_client", "drain")

    names = collections.Counter(event["event"] for event in door.stored)
    assert {name: names[name] for name in LOGGED} == LOGGED
    failed = next(event for event in door.stored if event["event"] == "it failed")
    assert "LookupError: no such student" in failed["exception"]
    assert not any(b"never to be seen" in request["raw"] for request in door.requests)
