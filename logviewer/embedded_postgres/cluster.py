"""Makes the cluster on the first start: initdb, our settings, and one login and database for each service."""

import hmac
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from logviewer.child_process import die_with_parent
from logviewer.embedded_postgres.account import Account
from logviewer.embedded_postgres.folders import Folders
from logviewer.embedded_postgres.problem import EmbeddedPostgresProblem, disk_full, not_writable
from logviewer.embedded_postgres.suppliers import Binaries

SUPERUSER = "postgres"
SERVICES = ("logviewer", "learningapi")  # the names of logins and of their databases
NEEDED_DISK_BYTES = 256 * 1024 * 1024

# For a small server that is shared with other programs; an operator's own lines in postgresql.conf win.
SETTINGS = """\
# Written by logviewer at every start. Put your own settings below the include line of postgresql.conf.
max_connections = 100
superuser_reserved_connections = 3
max_locks_per_transaction = 256
shared_buffers = 128MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
synchronous_commit = on
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
# Seven files, one a weekday, so the server's log cannot grow for ever.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%u@%d '
# Statements and their context would copy events, with what people wrote in them, into the log.
log_min_error_statement = panic
log_error_verbosity = terse
"""


# Pages mostly come from the system's cache, and to ask a worker for one takes longer than to copy it: a count through
# the GIN index took 45 ms, and 30 without workers. They came with Postgres 18.
SETTINGS_SINCE_18 = "io_method = sync\n"


def _settings_for(major: int) -> str:
    # One processor is left to ingest while searches and index builds share the others.
    workers = f"max_parallel_workers = {max(1, (os.cpu_count() or 1) - 1)}\n"
    return SETTINGS + workers + (SETTINGS_SINCE_18 if major >= 18 else "")


@dataclass(frozen=True, slots=True)
class Passwords:
    """One random secret in the data folder; each service's password follows from it, but not the reverse."""

    superuser: str

    def of(self, service: str) -> str:
        return hmac.digest(self.superuser.encode(), service.encode(), "sha256").hex()

    def url(self, service: str, socket_folder: Path) -> str:
        """What libpq and dj_database_url take. The socket is a parameter because host names lose their case."""
        login = f"{service}:{self.of(service)}" if service != SUPERUSER else f"{SUPERUSER}:{self.superuser}"
        return f"postgres://{login}@/{service}?host={quote(str(socket_folder), safe='')}"  # libpq takes + for itself


def major_of(cluster: Path) -> int | None:
    """The major version that made `cluster`; None if there is no cluster yet."""
    try:
        return int((cluster / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise EmbeddedPostgresProblem(
            f"{cluster} is not a readable Postgres cluster ({problem}): restore it from a backup,"
            " or set LOGVIEWER_DATA_DIR to another folder."
        ) from problem


def read_passwords(folders: Folders) -> Passwords:
    """Raises FileNotFoundError before the first start."""
    return Passwords(folders.password.read_text(encoding="ascii").strip())


def make_ready(folders: Folders, binaries: Binaries, account: Account, *, durable: bool) -> Passwords:
    """Brings the cluster to where `postgres` can start: made, owned by `account`, with known passwords.

    `durable=False` skips waiting for the disk, for clusters that are thrown away. The caller holds the lock.
    """
    is_new = major_of(folders.cluster) is None
    if is_new:
        _refuse_a_full_disk(folders.data)
    try:
        passwords, passwords_are_new = _kept_passwords(folders)
        if is_new:
            _make_cluster(folders, binaries, account, passwords, durable=durable)
        _give(folders.cluster, account)
        (folders.cluster / "logviewer.conf").write_text(_settings_for(binaries.major))
        if passwords_are_new and not is_new:
            _run_sql(folders.cluster, binaries, account, _set_passwords(passwords))
    except OSError as problem:
        raise not_writable(folders.data, problem.strerror) from problem
    return passwords


def _kept_passwords(folders: Folders) -> tuple[Passwords, bool]:
    try:
        return read_passwords(folders), False
    except FileNotFoundError:
        pass
    draft = folders.password.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folders.password)
    return read_passwords(folders), True


def _make_cluster(
    folders: Folders, binaries: Binaries, account: Account, passwords: Passwords, *, durable: bool
) -> None:
    """Builds beside the final place and renames, so that a kill halfway leaves nothing that looks finished."""
    draft = folders.data / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _give(draft, account)
    _initdb(draft, folders, binaries, account, durable=durable)
    with (draft / "postgresql.conf").open("a") as file:
        file.write("\ninclude_if_exists = 'logviewer.conf'\n# Your own settings, below this line, win.\n")
    _run_sql(draft, binaries, account, _make_services(passwords))
    draft.rename(folders.cluster)


def _initdb(draft: Path, folders: Folders, binaries: Binaries, account: Account, *, durable: bool) -> None:
    # The builtin provider sorts text alike on every machine, whatever its libc; it came with Postgres 17.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    result = _run(
        [
            binaries.program("initdb"), "--pgdata", str(draft), "--username", SUPERUSER, "--encoding", "UTF8",
            "--locale", "C", *locale, "--auth", "scram-sha-256", "--pwfile", str(folders.password),
            "--data-checksums", "--no-instructions", *([] if durable else ["--no-sync"]),
        ],
        account,
    )  # fmt: skip
    if result.returncode != 0:
        raise _failed("initdb", draft, result)


def _make_services(passwords: Passwords) -> Iterable[str]:
    for service in SERVICES:
        # logviewer's own login makes the one for searches, and databases for tests.
        rights = "CREATEROLE CREATEDB" if service == "logviewer" else ""
        yield f"CREATE ROLE {service} LOGIN {rights} PASSWORD '{passwords.of(service)}'"
        yield f"CREATE DATABASE {service} OWNER {service}"
    yield "GRANT pg_monitor TO logviewer"


def _set_passwords(passwords: Passwords) -> Iterable[str]:
    """The password file was lost: whoever owns the folder owns the data, so it gets new ones."""
    yield f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords.superuser}'"
    for service in SERVICES:
        yield f"ALTER ROLE {service} PASSWORD '{passwords.of(service)}'"


def _run_sql(cluster: Path, binaries: Binaries, account: Account, statements: Iterable[str]) -> None:
    """Runs statements in Postgres' single-user mode, which needs neither a server nor a password."""
    text = "".join(f"{statement}\n" for statement in statements)  # in this mode a line is a statement
    command = [binaries.program("postgres"), "--single", "-D", str(cluster), "-c", "logging_collector=off"]
    result = _run([*command, "postgres"], account, text)
    if result.returncode != 0 or any(word in result.stderr for word in ("ERROR:", "FATAL:", "PANIC:")):
        raise _failed("postgres --single", cluster, result)


def _run(command: list[str], account: Account, text: str = "") -> subprocess.CompletedProcess[str]:
    parent = os.getpid()

    def enter() -> None:
        account.enter()
        die_with_parent(signal.SIGKILL, parent)

    return subprocess.run(
        command,
        preexec_fn=enter,
        env=environment(),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """Only what the server needs: no PG* variable that changes it, and none of our secrets."""
    kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in kept if name in os.environ}}


def _give(cluster: Path, account: Account) -> None:
    """Makes `account` own the cluster: root's server may have run under another account the last time."""
    if cluster.stat().st_uid == account.uid:
        return
    # The top folder last, so that a kill halfway is noticed and made good by the next start.
    for folder, _, files in os.walk(cluster, topdown=False):
        for name in files:
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _refuse_a_full_disk(data: Path) -> None:
    if shutil.disk_usage(data).free < NEEDED_DISK_BYTES:
        raise disk_full(data)


def _failed(step: str, cluster: Path, result: subprocess.CompletedProcess[str]) -> EmbeddedPostgresProblem:
    said = (result.stderr or result.stdout).strip()
    if "No space left on device" in said:
        return disk_full(cluster.parent)
    return EmbeddedPostgresProblem(f"{step} in {cluster.parent} failed (status {result.returncode}):\n{said}")
