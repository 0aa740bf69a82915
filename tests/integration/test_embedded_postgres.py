"""The embedded Postgres with real processes: what is kept, what is refused, and what never runs twice."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dj_database_url
import psycopg
import pytest

from logviewer import embedded_postgres
from logviewer.embedded_postgres import EmbeddedPostgresProblem, account, folders, server, suppliers

ROOT = Path(__file__).parents[2]
NOBODY = 65534

# Tests run beside other tests' threads; what runs between fork and exec takes no lock.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to change accounts and to mount")


@pytest.fixture(autouse=True)
def _database() -> None:
    """These tests run servers of their own, so the shared one need not be emptied for them."""


def silent(line: str) -> None:
    """A log for what should not matter."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cleanly stopped data folder, to copy."""
    data = tmp_path_factory.mktemp("template") / "data"
    with embedded_postgres.running(data, log=silent, durable=False):
        pass
    return data


@pytest.fixture
def data(template: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own with a made cluster."""
    copy = tmp_path / "data"
    shutil.copytree(template, copy)
    (copy / "socket").rmdir()
    return copy


@pytest.fixture
def start(data: Path) -> Iterator[Callable[[], embedded_postgres.Server]]:
    """Starts servers on `data`, one after the other, and ends the last one."""
    made: list[embedded_postgres.Server] = []

    def started() -> embedded_postgres.Server:
        made.append(embedded_postgres.Server(data, log=silent))
        made[-1].start()
        made[-1].wait_until_ready()
        return made[-1]

    yield started
    for each in made:
        each.stop()
        each.close()


def kill(running: embedded_postgres.Server) -> None:
    """kill -9, and gives the lock back as the end of a killed supervisor would."""
    os.kill(running.pid, signal.SIGKILL)
    running.process.wait()
    running.close()


def test_a_killed_server_keeps_every_row_that_was_acknowledged(start):
    first = start()
    with psycopg.connect(first.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n bigint PRIMARY KEY, filler text)")
    acknowledged: list[int] = []
    writers = [threading.Thread(target=write_until_it_breaks, args=(first.url, k, acknowledged)) for k in range(3)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 300:
        time.sleep(0.01)

    kill(first)
    for writer in writers:
        writer.join()

    with psycopg.connect(start().url) as connection:
        kept = {row[0] for row in connection.execute("SELECT n FROM kept")}
    assert set(acknowledged) <= kept


def write_until_it_breaks(url: str, first: int, acknowledged: list[int]) -> None:
    number = first
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                connection.execute("INSERT INTO kept VALUES (%s, repeat('x', 300))", [number])
                acknowledged.append(number)
                number += 10
    except psycopg.OperationalError:
        return


def test_a_killed_servers_number_that_another_process_has_now_does_not_stop_the_next_start(data, start):
    kill(start())
    pid_file = data / "postgres" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            assert start().is_ready()
        finally:
            stranger.kill()


def test_a_server_that_a_killed_supervisor_left_is_ended_before_the_next_one_starts(data, start):
    first = start()
    first.close()  # the lock goes with a killed supervisor; its server is still there
    lines: list[str] = []

    second = embedded_postgres.Server(data, log=lines.append)
    try:
        assert first.process.wait(60) == 0
        assert "still runs" in lines[0]
        second.start()
        assert second.wait_until_ready()
    finally:
        second.stop()
        second.close()


def test_a_server_ends_cleanly_when_the_process_that_started_it_is_killed(data, start):
    program = f"""
        import time
        from pathlib import Path
        from logviewer import embedded_postgres
        with embedded_postgres.running(Path({str(data)!r})) as server:
            print(server.pid, flush=True)
            time.sleep(60)
    """
    with python(program) as supervisor:
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    until(lambda: not is_alive(pid))

    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_data_folder_in_use_is_refused_with_the_number_of_its_user(data, start):
    start()

    with pytest.raises(embedded_postgres.DataFolderInUse, match=f"process {os.getpid()}.*LOGVIEWER_DATA_DIR"):
        embedded_postgres.Server(data, log=silent)


def test_attach_finds_a_running_server_and_only_that(data, start):
    assert embedded_postgres.attach(data) is None
    running = start()

    assert embedded_postgres.attach(data) == running.url
    running.stop()
    assert embedded_postgres.attach(data) is None


def test_a_command_uses_the_running_server(data, start):
    running = start()
    environ = {"LOGVIEWER_DATA_DIR": str(data)}

    with embedded_postgres.database_for_command(environ):
        assert environ["DATABASE_URL"] == running.url
        assert environ["LOGVIEWER_EMBEDDED"] == "1"
    assert environ == {"LOGVIEWER_DATA_DIR": str(data)}
    assert running.is_ready()


def test_a_command_without_a_server_runs_one_of_its_own_and_ends_it(data):
    environ = {"LOGVIEWER_DATA_DIR": str(data)}

    with (
        embedded_postgres.database_for_command(environ),
        psycopg.connect(environ["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT current_user").fetchone() == ("logviewer",)
    assert server.living_server(folders.Folders(data)) is None


def test_a_command_keeps_its_server_while_another_command_uses_it(data):
    owner_environ, guest_environ = {"LOGVIEWER_DATA_DIR": str(data)}, {"LOGVIEWER_DATA_DIR": str(data)}
    owner_may_end = threading.Event()
    owner_is_ready = threading.Event()

    def own() -> None:
        with embedded_postgres.database_for_command(owner_environ):
            owner_is_ready.set()
            owner_may_end.wait()

    owner = threading.Thread(target=own)
    owner.start()
    owner_is_ready.wait()
    with embedded_postgres.database_for_command(guest_environ):
        owner_may_end.set()
        time.sleep(0.3)
        with psycopg.connect(guest_environ["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    owner.join()
    assert server.living_server(folders.Folders(data)) is None


def test_a_command_on_a_database_without_tables_says_what_to_run_first(data):
    ended = subprocess.run(
        [sys.executable, Path(__file__).parents[2] / "manage.py", "create_key", "--service", "x"],
        env={"PATH": os.environ["PATH"], "LOGVIEWER_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.endswith("run scripts/serve once, or scripts/manage prepare, then this again.\n")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"may not do this in its database"),
        ({"password": "wrong"}, r"password authentication failed(.|\n)*\nThe database cannot be used"),
        ({"dbname": "absent"}, r"database \"absent\" does not exist(.|\n)*\nThe database cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(start, tmp_path, given, said):
    running = start()
    with psycopg.connect(running.url_for("postgres"), autocommit=True) as server:
        server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    where = {"password": "guest", "dbname": "logviewer", **given}
    address = running.url.partition("?")[2]
    ended = subprocess.run(
        [sys.executable, Path(__file__).parents[2] / "manage.py", "prepare"],
        env={
            "PATH": os.environ["PATH"],
            "LOGVIEWER_DATA_DIR": str(tmp_path / "other"),
            "DATABASE_URL": f"postgres://guest:{where['password']}@/{where['dbname']}?{address}",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert re.search(said, ended.stderr)
    assert "Traceback" not in ended.stderr


def test_a_given_database_is_used_as_it_is(tmp_path):
    environ = {"DATABASE_URL": "postgres://elsewhere/db", "LOGVIEWER_DATA_DIR": str(tmp_path / "data")}

    with embedded_postgres.database_for_command(environ):
        assert environ["DATABASE_URL"] == "postgres://elsewhere/db"
    assert not (tmp_path / "data").exists()


def test_the_url_survives_django_with_capitals_blanks_and_a_path_too_long_for_a_socket(template, tmp_path):
    data = tmp_path / "Ünder A Folder" / ("Long" * 30)
    shutil.copytree(template, data)
    (data / "socket").rmdir()

    with embedded_postgres.running(data, log=silent) as running:
        settings = dj_database_url.parse(running.url)
        assert len(settings["OPTIONS"]["host"]) < folders.SOCKET_PATH_BYTES
        with psycopg.connect(running.url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (settings["NAME"],)
        outside = Path(settings["OPTIONS"]["host"])
        assert stat.S_IMODE(outside.stat().st_mode) == 0o700
    shutil.rmtree(outside)


def test_nobody_else_may_read_what_is_kept(data, start):
    start()

    assert stat.S_IMODE((data / "postgres_password").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "socket").stat().st_mode) == 0o700


def test_the_server_listens_on_no_network_asks_for_passwords_and_checks_its_pages(start):
    running = start()
    wrong = running.url.replace("logviewer:", "logviewer:x", 1)

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with psycopg.connect(running.url) as connection:
        settings = "listen_addresses", "data_checksums", "fsync", "synchronous_commit", "full_page_writes"
        shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in settings]
        locale = connection.execute("SELECT datlocprovider, datlocale FROM pg_database").fetchall()
    assert shown == ["", "on", "on", "on", "on"]
    assert set(locale) == {("b", "C.UTF-8")}


def test_the_sample_service_has_a_database_of_its_own_and_no_way_into_ours(start):
    running = start()
    with psycopg.connect(running.url) as connection:
        connection.execute("CREATE TABLE secret (n int)")
    theirs = running.url_for("learningapi")

    with psycopg.connect(theirs) as connection:
        connection.execute("CREATE TABLE own (n int)")
    with (
        psycopg.connect(theirs, dbname="logviewer") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM secret")


def test_a_lost_password_file_is_replaced(data, start):
    (data / "postgres_password").unlink()

    with psycopg.connect(start().url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_first_start_that_was_killed_halfway_is_begun_again(tmp_path):
    data = tmp_path / "data"
    (data / "postgres.new" / "base").mkdir(parents=True)

    with (
        embedded_postgres.running(data, log=silent, durable=False) as running,
        psycopg.connect(running.url) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not (data / "postgres.new").exists()


def test_an_operators_own_setting_wins(data, start):
    with (data / "postgres" / "postgresql.conf").open("a") as file:
        file.write("work_mem = 17MB\n")

    with psycopg.connect(start().url) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("17MB",)


def test_data_of_a_major_version_that_is_not_here_is_refused_with_what_to_set(monkeypatch):
    monkeypatch.setenv("LOGVIEWER_PG_BIN", str(suppliers.find().folder))

    with pytest.raises(EmbeddedPostgresProblem, match=r"written by Postgres 14.*LOGVIEWER_PG_BIN"):
        suppliers.find(14)


def test_a_folder_of_programs_without_any_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGVIEWER_PG_BIN", str(tmp_path))

    with pytest.raises(EmbeddedPostgresProblem, match=f"LOGVIEWER_PG_BIN is {tmp_path}, where there is no Postgres"):
        suppliers.find()


def test_a_folder_that_is_open_to_everybody_is_refused(data):
    data.chmod(0o777)

    with pytest.raises(EmbeddedPostgresProblem, match=r"Everybody may write.*LOGVIEWER_DATA_DIR"):
        embedded_postgres.Server(data, log=silent)


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedPostgresProblem, match=r"cannot be written.*LOGVIEWER_DATA_DIR"):
        embedded_postgres.Server(tmp_path / "file" / "data", log=silent)


@needs_root
def test_another_users_folder_is_refused(data):
    os.chown(data, 12345, 12345)

    with pytest.raises(EmbeddedPostgresProblem, match=r"belongs to another user \(uid 12345\)"):
        embedded_postgres.Server(data, log=silent)


@needs_root
@pytest.mark.parametrize(("options", "word"), [("size=20m", "is full"), ("ro", "cannot be written")])
def test_a_full_disk_and_a_read_only_one_are_told_in_one_sentence(tmp_path, options, word):
    program = f"""
        import subprocess, sys
        from pathlib import Path
        from logviewer import embedded_postgres
        mount = ["mount", "-t", "tmpfs", "-o", {options + ",mode=700"!r}, "none", {str(tmp_path)!r}]
        if subprocess.run(mount).returncode: sys.exit("no mount")
        try:
            embedded_postgres.Server(Path({str(tmp_path)!r}))
        except embedded_postgres.EmbeddedPostgresProblem as problem:
            print(problem)
    """
    with python(program, prefix=["unshare", "--mount"]) as process:
        said = process.communicate()[0]
    if process.returncode != 0:
        pytest.skip(f"this machine lets root not mount: {said}")
    sentence = said.splitlines()[-1]
    assert word in sentence
    assert "LOGVIEWER_DATA_DIR" in sentence


@needs_root
def test_root_may_take_turns_with_and_without_user_namespaces_on_the_same_data(data, start, monkeypatch):
    """Data in a 0700 folder of root's, as /root is; where namespaces are refused the server runs as nobody."""
    first = start()
    with psycopg.connect(first.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    if owner_of(first.pid) != 0:
        pytest.skip("this machine lets root make no user namespace")
    first.stop()
    first.close()
    with monkeypatch.context() as patch:
        patch.setattr(account, "_enter_user_namespace", refuse)
        second = start()
        assert owner_of(second.pid) == account._nobody()[0]
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
        kill(second)

    with psycopg.connect(start().url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@needs_root
def test_where_namespaces_are_refused_programs_in_a_closed_folder_run_too(tmp_path, monkeypatch):
    """As in a checkout under /root, which is 0700."""
    wheel = suppliers.find().folder.parents[1]
    for folder in wheel.parent.glob(f"{wheel.name}*"):  # the programs, and the libraries beside them
        shutil.copytree(folder, tmp_path / folder.name)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    monkeypatch.setenv("LOGVIEWER_PG_BIN", str(tmp_path / wheel.name / "pginstall" / "bin"))
    monkeypatch.setattr(account, "_enter_user_namespace", refuse)
    with embedded_postgres.running(tmp_path / "data", log=silent, durable=False) as running:
        assert owner_of(running.pid) == account._nobody()[0]
        with psycopg.connect(running.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def refuse(uid: int) -> None:
    raise PermissionError("user namespaces are off")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter; pytest's own are for their owner."""
    with tempfile.TemporaryDirectory(prefix="logviewer-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@needs_root
def test_an_ordinary_user_runs_it_too(open_folder):
    interpreter = python_for_everybody()
    wheel = suppliers.find().folder.parents[1]
    for part in (wheel, wheel.with_suffix(".libs")):
        shutil.copytree(part, open_folder / part.name)
    shutil.copytree(ROOT / "logviewer", open_folder / "logviewer")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    program = f"""
        import os
        from pathlib import Path
        from logviewer import embedded_postgres
        for turn in range(2):
            with embedded_postgres.running(Path({str(home / "data")!r})) as server:
                print(os.stat("/proc/%d" % server.pid).st_uid)
    """
    done = subprocess.run(
        [interpreter, "-c", textwrap.dedent(program)],
        env={"PATH": "/usr/bin:/bin", "LOGVIEWER_PG_BIN": str(open_folder / wheel.name / "pginstall" / "bin")},
        cwd=open_folder,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-2:] == [str(NOBODY)] * 2


def python_for_everybody() -> str:
    """An interpreter that is new enough and that an ordinary user may run."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        question = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            done = subprocess.run(question, user=NOBODY, group=NOBODY, extra_groups=[], check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.skip("no Python that an ordinary user may run")


def python(program: str, prefix: list[str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*(prefix or []), sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come about in time"
        time.sleep(0.05)
