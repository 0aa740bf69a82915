"""Reads the environment once, with types: every setting an operator may give stands in this file."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

GB = 1_000_000_000
SERVICE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/-]{0,99}", re.ASCII)
_HOST = re.compile(r"\*|\.?[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?|\[[0-9A-Fa-f:.]+\]", re.ASCII)


class EnvironmentProblem(Exception):
    """A variable that cannot be used. The message names it and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Logstash:
    """The Logstash door. Who may send is in `senders` (network, service), or shows a certificate of `client_ca`."""

    host: str
    port: int  # 0: there is no such door
    senders: tuple[tuple[str, str], ...]
    certificate: Path | None  # None: no TLS
    certificate_key: Path | None  # None: it stands in the certificate's file
    client_ca: Path | None  # None: no certificates are asked for


@dataclass(frozen=True, slots=True)
class Environment:
    """What the operator decided. Names and defaults are those of the README's table."""

    data_dir: Path
    secret_key: str
    database_url: str
    ingest_database_url: str  # "": derived from database_url
    search_database_url: str  # "": likewise
    host: str
    port: int
    web_processes: int
    public_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxy_count: int
    admin_email: str
    admin_password: str
    retention: timedelta
    retention_bytes: int | None  # of stored events with their indexes; None: no limit
    disk_floor_percent: int  # 0: none
    database_folder: Path | None  # on the disk that holds the database; None: that may be another machine's
    logstash: Logstash

    @property
    def https(self) -> bool:
        """Whether people reach the product over https, which switches on HSTS and secure cookies."""
        return self.public_url.startswith("https://")

    @property
    def redirects_to_https(self) -> bool:
        """Only where a proxy is believed who says what people came by: otherwise all come by http, and for ever."""
        return self.https and self.trusted_proxy_count > 0

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or "localhost"


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """Returns the settings in `environ` (default: the process's). Raises EnvironmentProblem with a sentence."""
    variables = os.environ if environ is None else environ
    data_dir = data_directory(variables)
    port = _integer(variables, "LOGVIEWER_PORT", default=8000, least=1, most=65535)
    return Environment(
        data_dir=data_dir,
        secret_key=_text(variables, "LOGVIEWER_SECRET_KEY") or _kept_secret(data_dir / "secret_key"),
        database_url=_database_url(variables, "DATABASE_URL"),
        ingest_database_url=_database_url(variables, "LOGVIEWER_INGEST_DATABASE_URL"),
        search_database_url=_database_url(variables, "LOGVIEWER_SEARCH_DATABASE_URL"),
        host=_text(variables, "LOGVIEWER_HOST") or "127.0.0.1",
        port=port,
        web_processes=_integer(variables, "LOGVIEWER_WEB_PROCESSES", default=_default_processes(), least=1, most=32),
        public_url=_public_url(variables, port),
        allowed_hosts=_hosts(variables, "LOGVIEWER_ALLOWED_HOSTS"),
        trusted_proxy_count=_integer(variables, "LOGVIEWER_TRUSTED_PROXY_COUNT", default=0, least=0, most=10),
        admin_email=_text(variables, "LOGVIEWER_ADMIN_EMAIL"),
        admin_password=_text(variables, "LOGVIEWER_ADMIN_PASSWORD"),
        retention=timedelta(days=_integer(variables, "LOGVIEWER_RETENTION_DAYS", default=30, least=1, most=3650)),
        retention_bytes=_integer(variables, "LOGVIEWER_RETENTION_GB", default=0, least=0, most=1_000_000) * GB or None,
        disk_floor_percent=_integer(variables, "LOGVIEWER_DISK_FLOOR_PERCENT", default=10, least=0, most=90),
        database_folder=_database_folder(variables, data_dir),
        logstash=_logstash(variables),
    )


def _default_processes() -> int:
    """Python runs on one core a process, and Postgres needs some as well."""
    return min(os.cpu_count() or 1, 2)


def data_directory(variables: Mapping[str, str]) -> Path:
    """Where the embedded database and the secret key live; never inside the checkout."""
    given = variables.get("LOGVIEWER_DATA_DIR")
    if given:
        return Path(given).expanduser().absolute()
    state = variables.get("XDG_STATE_HOME") or "~/.local/state"
    return (Path(state) / "logviewer").expanduser()


def _database_folder(variables: Mapping[str, str], data_dir: Path) -> Path | None:
    given = variables.get("LOGVIEWER_DISK_FLOOR_PATH")
    if not given:
        return data_dir if variables.get("LOGVIEWER_EMBEDDED") == "1" else None
    folder = Path(given).expanduser()
    if not folder.is_absolute() or not os.path.isdir(folder):  # Path.is_dir() raises inside a closed folder
        raise EnvironmentProblem(f"LOGVIEWER_DISK_FLOOR_PATH={given} is not a folder that this user can see.")
    return folder


def _logstash(variables: Mapping[str, str]) -> Logstash:
    door = Logstash(
        host=_text(variables, "LOGVIEWER_LOGSTASH_HOST") or _text(variables, "LOGVIEWER_HOST") or "127.0.0.1",
        port=_integer(variables, "LOGVIEWER_LOGSTASH_PORT", default=0, least=0, most=65535),
        senders=_senders(variables),
        certificate=_file(variables, "LOGVIEWER_LOGSTASH_TLS_CERT"),
        certificate_key=_file(variables, "LOGVIEWER_LOGSTASH_TLS_KEY"),
        client_ca=_file(variables, "LOGVIEWER_LOGSTASH_TLS_CLIENT_CA"),
    )
    if door.client_ca and not door.certificate:
        raise EnvironmentProblem("LOGVIEWER_LOGSTASH_TLS_CLIENT_CA needs LOGVIEWER_LOGSTASH_TLS_CERT beside it.")
    if door.port and not door.senders and not door.client_ca:
        raise EnvironmentProblem(
            "LOGVIEWER_LOGSTASH_PORT is set, but nobody may send there: name networks and their services in"
            " LOGVIEWER_LOGSTASH_SENDERS=10.0.0.0/8=learning-api, or set LOGVIEWER_LOGSTASH_TLS_CLIENT_CA."
        )
    return door


def _senders(variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Networks and the services that send from them. All of them together are never everybody."""
    from ipaddress import collapse_addresses, ip_network  # here, because the supervisor rarely needs it

    name, pairs = "LOGVIEWER_LOGSTASH_SENDERS", []
    for part in _list(variables, name):
        network, _, service = (word.strip() for word in part.partition("="))
        try:
            pairs.append((ip_network(network), service))
        except ValueError:
            service = ""
        if service != "*" and not SERVICE.fullmatch(service):
            raise EnvironmentProblem(f"{part!r} in {name} is not like 10.0.0.0/8=learning-api (a network, a service).")
    for version in (4, 6):
        networks: Any = [network for network, _ in pairs if network.version == version]
        if any(not one.prefixlen for one in collapse_addresses(networks)):
            raise EnvironmentProblem(f"{name} lets everybody in: name the networks of your services only.")
    return tuple((str(network), service) for network, service in pairs)


def _file(variables: Mapping[str, str], name: str) -> Path | None:
    given = variables.get(name)
    if not given:
        return None
    if not os.path.isfile(given):
        raise EnvironmentProblem(f"{name}={given} is not a file that this user can see.")
    return Path(given).absolute()


def _text(variables: Mapping[str, str], name: str) -> str:
    """NAME, or the content of the file that NAME_FILE names (the way container secrets are mounted)."""
    file = variables.get(f"{name}_FILE")
    if not file:
        return variables.get(name, "")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise EnvironmentProblem(f"{name}_FILE={file} cannot be read: {problem.strerror}.") from problem


def _integer(variables: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = _text(variables, name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise EnvironmentProblem(f"{name}={text} is not a whole number from {least} to {most}.")
    return int(text)


def _list(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _text(variables, name).split(",") if part.strip())


def _hosts(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Names as Django's ALLOWED_HOSTS takes them: `.school.test` is that and all below it, `*` any."""
    hosts = _list(variables, name)
    wrong = next((host for host in hosts if not _HOST.fullmatch(host)), None)
    if wrong is not None:
        raise EnvironmentProblem(f"{wrong!r} in {name} is not like logs.example.org (no https://, port or path).")
    return hosts


def _database_url(variables: Mapping[str, str], name: str) -> str:
    text = _text(variables, name)
    if text and not _is_database_url(text):
        # The text is not repeated: it may hold a password.
        raise EnvironmentProblem(
            f"{name} is not like postgres://user:password@host:5432/database"
            " (a password's / ? # @ : and % are written %2F %3F %23 %40 %3A and %25)."
        )
    return text


def _is_database_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"postgres", "postgresql"} and parts.port != 0 and len(parts.path) > 1
    except ValueError:  # no number where the port stands
        return False


def _public_url(variables: Mapping[str, str], port: int) -> str:
    text = _text(variables, "LOGVIEWER_PUBLIC_URL").rstrip("/")
    if not text:
        return f"http://localhost:{port}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise EnvironmentProblem(f"LOGVIEWER_PUBLIC_URL={text} is not like https://logs.example.org (no path).")
    return text


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made on the first run with mode 0600. Two starts at once get the same one."""
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, NotADirectoryError):
        pass  # made below, or not
    except OSError as problem:
        raise EnvironmentProblem(f"{path} cannot be read: {problem.strerror}.") from problem
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text(encoding="ascii")
    except OSError as problem:
        raise EnvironmentProblem(
            f"The data folder {path.parent} cannot be written: {problem.strerror}."
            " Set LOGVIEWER_DATA_DIR to a folder of yours."
        ) from problem
