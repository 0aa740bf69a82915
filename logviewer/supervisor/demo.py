"""The Learning Platform API beside the product, so that real events arrive from the first seconds."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from logviewer.env import Environment
from logviewer.supervisor import ports

SERVICE = "learning-api"
COMMAND = (sys.executable, "-P", "-m", "LearningAPI", "demo")
DEFAULT_PORT = "8001"
# The service is a customer of ours: it gets its key and its database, and none of our secrets.
NOT_FOR_CUSTOMERS = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DJANGO_SETTINGS_MODULE",
    "LOGVIEWER_ADMIN_EMAIL",
    "LOGVIEWER_ADMIN_PASSWORD",
    "LOGVIEWER_ADMIN_PASSWORD_FILE",
    "LOGVIEWER_INGEST_DATABASE_URL",
    "LOGVIEWER_INGEST_DATABASE_URL_FILE",
    "LOGVIEWER_SEARCH_DATABASE_URL",
    "LOGVIEWER_SEARCH_DATABASE_URL_FILE",
    "LOGVIEWER_SECRET_KEY",
    "LOGVIEWER_SECRET_KEY_FILE",
)


def require_free_port(variables: Mapping[str, str]) -> None:
    """Raises PortProblem if another program listens where the service will."""
    text = variables.get("LEARNINGAPI_PORT") or DEFAULT_PORT
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ports.PortProblem(f"LEARNINGAPI_PORT={text} is not a whole number from 1 to 65535.")
    host = variables.get("LEARNINGAPI_HOST") or "127.0.0.1"
    ports.require_free(host, int(text), host_variable="LEARNINGAPI_HOST", port_variable="LEARNINGAPI_PORT")


def ingest_key(settings: Environment, create_key: Callable[[], str]) -> str:
    """The key the demo sends with: that of the last time if it is still good, else a new one."""
    file = settings.data_dir / "demo_ingest_key"
    try:
        kept = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        kept = ""
    if kept and ports.takes_events(settings.host, settings.port, kept):
        return kept
    key = "".join(create_key().splitlines()[-1:])
    _keep(file, key)
    return key


def _keep(file: Path, key: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{key}\n")


def variables(ours: Mapping[str, str], settings: Environment, key: str, database_url: str | None) -> dict[str, str]:
    """The service's environment. `database_url` is None if it finds its database beside DATABASE_URL's."""
    dropped = NOT_FOR_CUSTOMERS if database_url else [n for n in NOT_FOR_CUSTOMERS if n[:8] != "DATABASE"]
    theirs = {name: value for name, value in ours.items() if name not in dropped}
    theirs |= {
        "LOGVIEWER_URL": f"http://{ports.reachable(settings.host)}:{settings.port}",
        "LOGVIEWER_KEY": key,
        "LOGVIEWER_SERVICE": SERVICE,
        "LEARNINGAPI_PORT": ours.get("LEARNINGAPI_PORT") or DEFAULT_PORT,
    }
    if database_url:
        theirs.setdefault("LEARNINGAPI_DATABASE_URL", database_url)
    return theirs
