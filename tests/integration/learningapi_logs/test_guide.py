"""docs/instrument-your-service.md, followed word by word on a new Django project, until its events are in logviewer."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "instrument-your-service.md").read_text()
COPIED = ("utils/__init__.py", "utils/logging.py", "utils/queries.py", "middleware/__init__.py")
MIDDLEWARE = "middleware/logging_middleware.py"
URLS = """
from django.urls import path

from shop.views import place_order

urlpatterns = [path("orders/<int:pk>", place_order)]
"""


def block(file: str) -> str:
    """The guide's code for a file."""
    [code] = re.findall(rf"```python\n# {re.escape(file)}\n(.*?)```", GUIDE, re.DOTALL)
    return str(code)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    django(tmp_path, "-m", "django", "startproject", "shop", ".")
    shop = tmp_path / "shop"
    settings = shop / "settings.py"
    configured = (
        settings.read_text()
        .replace("INSTALLED_APPS = [", 'INSTALLED_APPS = ["shop",')
        .replace("DEBUG = True", "DEBUG = False")
    )
    settings.write_text(
        configured.replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["testserver"]')
        + block("settings.py").replace("SLOW_QUERY_MS = 200", "SLOW_QUERY_MS = 600_000")  # on a busy machine any is
    )
    for name in (*COPIED, MIDDLEWARE):
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_text((ROOT / "LearningAPI" / name).read_text().replace("LearningAPI", "shop"))
    for name in ("apps.py", "views.py"):
        (shop / name).write_text(block(name))
    (shop / "urls.py").write_text(URLS)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "tests" / "test_logging.py").write_text(block("tests/test_logging.py"))
    return tmp_path


def django(folder: Path, *arguments: str, **variables: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LOGVIEWER_", "DJANGO_"))}
    environment = {**inherited, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'client' / 'src'}", **variables}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_services_events_are_in_the_viewer(project: Path, live_logviewer: str, ingest_secret: str, find) -> None:
    ask = "from django.test import Client; c = Client(); [print(c.post(f'/orders/{n}').status_code) for n in (1, 2, 3)]"
    variables = {
        "LOGVIEWER_URL": live_logviewer,
        "LOGVIEWER_KEY": ingest_secret,
        "LOGVIEWER_SPOOL_DIR": str(project / "spool"),
    }

    assert "Stored" in django(project, "-m", "logviewer_client", "send-test", **variables)
    django(project, "manage.py", "shell", "-c", ask, **variables)
    events = find("service:shop-api", at_least=14)

    stories: dict[str, list[str]] = {}
    for event in sorted(events, key=lambda event: event["data"]["seq"]):
        stories.setdefault(event["request_id"], []).append(event["event"])
    promised = re.search(r"```text\n(.*?)\n```", GUIDE)
    assert promised
    assert next(iter(stories.values())) == promised[1].split()
    assert [event["level"] for event in events if event["event"] == "order_placement_failed"] == ["warning"] * 2
    assert len([event for event in events if event["level"] == "warning"]) == 2


def test_the_test_that_the_guide_proposes_passes(project: Path) -> None:
    django(project, "manage.py", "test")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_every_example_is_python(code: str) -> None:
    ast.parse(code)
