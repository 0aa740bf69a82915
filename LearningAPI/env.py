"""Reads the environment once, with types: every setting of the Learning Platform API stands in this file."""

import math
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

DEFAULT_DATABASE = "learningapi"
YES = {"1", "true", "yes", "on"}
CONSOLES = ("pretty", "json", "none")
NO = {"", "0", "false", "no", "off"}


class EnvironmentProblem(Exception):
    """A variable that cannot be used. The message names it and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Environment:
    database_url: str  # anything libpq takes as a postgresql:// URL
    data_dir: Path  # the secret key and the sample instructor's token; a folder of this service's own
    secret_key: str
    debug: bool
    host: str
    slack_url: str  # where Slack's methods are, such as https://slack.com/api
    slack_token: str  # of the app that writes there; empty: nothing is sent
    port: int
    allowed_hosts: tuple[str, ...]
    service: str  # what its events say they are of
    console: str  # "pretty" for people, "json" for machines, or "none"
    slow_query_ms: float
    log_student_names: bool
    demo: bool  # with an address that has a mistake in it

    @property
    def url(self) -> str:
        """Where this machine reaches the service: `host` may be "every address", which is none to connect to."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """Returns the settings in `environ` (default: the process's). Raises EnvironmentProblem with a sentence."""
    variables = os.environ if environ is None else environ
    data_dir = _data_directory(variables)
    debug = _boolean(variables, "LEARNINGAPI_DEBUG")
    return Environment(
        database_url=_database_url(variables),
        data_dir=data_dir,
        secret_key=_text(variables, "LEARNINGAPI_SECRET_KEY") or kept_secret(data_dir / "secret_key"),
        debug=debug,
        host=_text(variables, "LEARNINGAPI_HOST") or "127.0.0.1",
        slack_url=_web_address(variables, "LEARNINGAPI_SLACK_URL", default="https://slack.com/api"),
        slack_token=_text(variables, "LEARNINGAPI_SLACK_TOKEN"),
        port=_port(variables, "LEARNINGAPI_PORT", default=8001),
        allowed_hosts=tuple(_text(variables, "LEARNINGAPI_ALLOWED_HOSTS").replace(",", " ").split()),
        service=_text(variables, "LOGVIEWER_SERVICE") or "learning-api",
        console=_one_of(variables, "LEARNINGAPI_CONSOLE", CONSOLES, default="pretty" if debug else "json"),
        slow_query_ms=_milliseconds(variables, "LEARNINGAPI_SLOW_QUERY_MS", default=200.0),
        log_student_names=_boolean(variables, "LEARNINGAPI_LOG_STUDENT_NAMES"),
        demo=_boolean(variables, "LEARNINGAPI_DEMO"),
    )


def kept_secret(file: Path) -> str:
    """The secret in `file`, made on the first call; processes that start together agree on one."""
    try:
        if not file.exists():
            _create_whole(file, secrets.token_urlsafe(48))
        return file.read_text().strip()
    except OSError as problem:
        raise EnvironmentProblem(
            f"{file} cannot be used ({problem.strerror}): set LOGVIEWER_DATA_DIR to a folder that can be "
            "written, or LEARNINGAPI_SECRET_KEY"
        ) from problem


def write_private(file: Path, text: str) -> None:
    """Replaces `file` by `text`, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _draft(file, text).replace(file)


def _create_whole(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(file, text)
    try:
        # A link appears with its whole content and never replaces one that another process made first.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{text}\n")
    return draft


def _data_directory(variables: Mapping[str, str]) -> Path:
    given = _text(variables, "LOGVIEWER_DATA_DIR")
    state = variables.get("XDG_STATE_HOME") or "~/.local/state"
    base = Path(given) if given else Path(state) / "logviewer"
    return base.expanduser().absolute() / "learningapi"


def _database_url(variables: Mapping[str, str]) -> str:
    """The service's own database: as given, else one beside DATABASE_URL's, else one on this machine."""
    given = _text(variables, "LEARNINGAPI_DATABASE_URL")
    if given:
        return given
    beside = _text(variables, "DATABASE_URL")
    if beside:
        return urlunsplit(urlsplit(beside)._replace(path=f"/{DEFAULT_DATABASE}"))
    return f"postgresql:///{DEFAULT_DATABASE}"


def _text(variables: Mapping[str, str], name: str) -> str:
    """NAME, or the content of the file that NAME_FILE names (the way container secrets are mounted)."""
    file = variables.get(f"{name}_FILE")
    if not file:
        return variables.get(name, "").strip()
    try:
        return Path(file).read_text().strip()
    except OSError as problem:
        raise EnvironmentProblem(f"{name}_FILE: {file} cannot be read ({problem.strerror})") from problem


def _web_address(variables: Mapping[str, str], name: str, *, default: str) -> str:
    text = (_text(variables, name) or default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EnvironmentProblem(f"{name} is {text!r}: write an address such as {default}")
    return text


def _boolean(variables: Mapping[str, str], name: str) -> bool:
    word = _text(variables, name).lower()
    if word not in YES | NO:
        raise EnvironmentProblem(f"{name} is {word!r}: write 1 or 0")
    return word in YES


def _one_of(variables: Mapping[str, str], name: str, choices: Sequence[str], *, default: str) -> str:
    word = _text(variables, name).lower() or default
    if word not in choices:
        raise EnvironmentProblem(f"{name} is {word!r}: write {', '.join(choices[:-1])} or {choices[-1]}")
    return word


def _milliseconds(variables: Mapping[str, str], name: str, *, default: float) -> float:
    text = _text(variables, name)
    try:
        given = float(text) if text else default
    except ValueError:
        given = -1.0
    if not 0 <= given < math.inf:
        raise EnvironmentProblem(f"{name} is {text!r}: write a number of milliseconds, 0 or more")
    return given


def _port(variables: Mapping[str, str], name: str, *, default: int) -> int:
    text = _text(variables, name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise EnvironmentProblem(f"{name} is {text!r}: write a port number from 1 to 65535")
    return int(text)
