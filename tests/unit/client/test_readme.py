"""What the README shows runs as it stands, and names everything that is public."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import logviewer_client

README = Path(__file__).parents[3] / "client" / "README.md"
CLIENT = Path(__file__).parents[3] / "client" / "src"
TEXT = README.read_text()
BLOCKS = re.findall(r"## (\w+)\n(.*?)(?=\n## |\Z)", TEXT, re.DOTALL)
EXAMPLES = {
    f"{title} {number}": code
    for title, section in BLOCKS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", section, re.DOTALL), 1)
}
[LOG_CONFIG] = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
NEEDS = {"Celery 1": "celery", "gunicorn 1": "gunicorn"}

# Runs an example with a transport that records, then what uses it, and prints what was shipped.
AROUND = """
import json, sys
import logviewer_client
from logviewer_client import shipping
from logviewer_client.testing import RecordingTransport

transport = RecordingTransport()
start, shipping.start_shipping = shipping.start_shipping, None
def recording(*args, transport=transport, **options):
    return start(*args, transport=transport, **options)
import logviewer_client.configuration as configuration
shipping.start_shipping = logviewer_client.start_shipping = configuration.start_shipping = recording

{example}

{use}

assert logviewer_client.flush()
print("SHIPPED", json.dumps(transport.events))
"""
USES = {
    "Django 1": """
import django
from django.conf import settings
settings.configure(ROOT_URLCONF=type("urls", (), {"urlpatterns": []}), MIDDLEWARE=MIDDLEWARE,
                   LOGGING_CONFIG=LOGGING_CONFIG, ALLOWED_HOSTS=["*"])
django.setup()
from django.test import Client
Client().get("/nowhere?pin=1")
""",
    "gunicorn 1": """
from gunicorn.config import Config
config = Config()
for name in ("workers", "preload_app", "logconfig_dict", "on_starting"):
    config.set(name, globals()[name])
from gunicorn.glogging import Logger
log = Logger(config)
config.on_starting(None)  # in gunicorn's order: first its logger, then the hook
log.info("Listening at: %s", "nowhere")
""",
    "ASGI 1": f"""
import logging.config
logging.config.dictConfig(json.loads({LOG_CONFIG!r}))"""
    """
async def app(scope, receive, send):
    structlog.get_logger("enrolment").info("student_enrolled")
    raise LookupError("no such cohort")
async def serve():
    try:
        await RequestContext(app)({"type": "http", "method": "GET", "path": "/cohorts/12"}, None, None)
    except LookupError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    async with lifespan(app):
        pass
asyncio.run(serve())
""",
    "Scripts 1": """
try:
    raise LookupError("no such file")
except LookupError:
    sys.excepthook(*sys.exc_info())
try:
    signal.raise_signal(signal.SIGTERM)
except SystemExit:
    logging.getLogger("import").warning("import_ended")
""",
    "Celery 1": """
app.conf.update(task_always_eager=True)
app.log.setup("INFO")
@app.task
def enrol():
    structlog.get_logger("tasks").info("student_enrolled")
enrol.delay().get()
""",
}
SHIPPED = {
    "structlog 1": ["student_enrolled"],
    "structlog 2": ["student_enrolled"],
    "Logging 1": ["student 88 enrolled"],
    "Logging 2": ["the cohort is full"],
    "Django 1": ["request_started", "request_finished", "Not Found: /nowhere"],
    "gunicorn 1": ["Listening at: nowhere"],
    "ASGI 1": ["student_enrolled", "Exception in ASGI application"],
    "Celery 1": ["student_enrolled"],
    "Scripts 1": ["import_failed", "import_ended"],
    "Tests 1": [],  # it looks at what it ships itself
}


def run(name):
    script = AROUND.format(example=EXAMPLES[name], use=USES.get(name, ""))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CLIENT), *filter(None, sys.path)])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("SHIPPED ")]
    return json.loads(line.removeprefix("SHIPPED "))


def test_every_example_has_its_use_here():
    assert set(EXAMPLES) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_example_runs_and_ships(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"runs beside {NEEDS[name]} in test_versions")

    events = run(name)
    assert [event["event"] for event in events if event["event"] in SHIPPED[name]] == SHIPPED[name]
    if name == "Celery 1":
        assert events[-1]["task"].endswith("enrol")
        assert events[-1]["task_id"]
    if name in {"Django 1", "ASGI 1"}:
        assert len({event["request_id"] for event in events if event["event"] in SHIPPED[name]}) == 1


def test_every_public_name_and_argument_is_explained():
    import inspect

    names = set(logviewer_client.__all__)
    for name in logviewer_client.__all__:
        what = getattr(logviewer_client, name)
        if inspect.isfunction(what) or name == "Redaction":
            names |= {parameter for parameter in inspect.signature(what).parameters if parameter != "shipping"}

    assert sorted(name for name in names if not re.search(rf"\b{name}\b", TEXT)) == []
