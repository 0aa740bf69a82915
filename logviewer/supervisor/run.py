"""From a checked environment to a served product, and back to nothing: the order of the steps stands here."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Container, Sequence
from functools import partial
from pathlib import Path

from logviewer import embedded_postgres
from logviewer.child_process import dying_with_this_process
from logviewer.embedded_postgres import folders
from logviewer.env import Environment
from logviewer.supervisor import demo, ports
from logviewer.supervisor.children import Child, reap_strangers, spawn
from logviewer.supervisor.console import say
from logviewer.supervisor.options import Options
from logviewer.supervisor.signals import Signals

ROOT = Path(__file__).resolve().parents[2]
STOP_DEMO_S = 3.0  # after their time children are killed; with the 6 s of Postgres all must fit into 15
STOP_CHILDREN_S = 4.5
POLL_S = 0.2
POSTGRES, WEB, WORKER = "The database server", "The web server", "The worker"
LISTENER = "The Logstash door"
DEMO = "The Learning Platform API"
WORKER_JOBS = "4"  # at once: sealing a slice takes a minute, and the others must not wait for it
NO_LOGINS = 3  # prepare's status when all is ready but for the logins of ingest and searches
TELL_S = 10.0
# glibc keeps freed memory for each of 64 threads, and ever larger pieces of it: large bodies left that much behind.
MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(2 * 1024 * 1024),  # what is larger goes back to the system when it is freed
    "MALLOC_TRIM_THRESHOLD_": str(8 * 1024 * 1024),
    # granian receives bodies with a jemalloc of its own, which keeps much of what it freed unless it is told.
    "_RJEM_MALLOC_CONF": "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0",
}


class PreparationFailed(Exception):
    """A step before serving ended with an error. The message has what it said."""


class Supervisor:
    """Runs the product until TERM or INT."""

    def __init__(self, options: Options, environment: Environment) -> None:
        self._options = options
        self._settings = environment
        self._signals = Signals()
        self._children: list[Child] = []
        self._postgres: embedded_postgres.Server | None = None
        path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._variables = {
            **os.environ,
            "LOGVIEWER_DATA_DIR": str(environment.data_dir),
            "PYTHONPATH": os.pathsep.join(path),
        }

    @property
    def _listens(self) -> bool:
        """Whether it opens the Logstash door: with the web server, so that two machines do not both."""
        return self._options.web and self._settings.logstash.port > 0

    def run(self) -> int:
        """Serves; returns 0 once everything has ended. Raises a problem with a sentence if it cannot start."""
        try:
            self._refuse_busy_ports()
            self._provide_database()
            first_admin_link = self._prepare()
            if not self._signals.stopping:
                self._start_children()
            if self._wait_for_web():
                self._start_demo()
                self._greet(first_admin_link)
            self._tend_until_stopped()
        except embedded_postgres.Cancelled:
            pass  # TERM came while it started
        finally:
            self._stop()
        return 0

    # Before anything slow

    def _refuse_busy_ports(self) -> None:
        try:
            if self._options.web:
                ports.require_free(
                    self._settings.host,
                    self._settings.port,
                    host_variable="LOGVIEWER_HOST",
                    port_variable="LOGVIEWER_PORT",
                )
            if self._listens:
                ports.require_free(
                    self._settings.logstash.host,
                    self._settings.logstash.port,
                    host_variable="LOGVIEWER_LOGSTASH_HOST",
                    port_variable="LOGVIEWER_LOGSTASH_PORT",
                )
        except ports.PortBusy:
            # Most likely it is ourselves, started twice: that has the better sentence.
            if not self._settings.database_url:
                folders.FolderLock(folders.open_data_folder(self._settings.data_dir)).release()
            raise
        if self._options.demo:
            demo.require_free_port(self._variables)

    # The database

    def _provide_database(self) -> None:
        if self._settings.database_url:
            self._wait_for_database(self._settings.database_url)
            return
        self._postgres = embedded_postgres.Server(
            self._settings.data_dir, log=say, is_cancelled=self._signals.is_stopping
        )
        self._variables |= {"DATABASE_URL": self._postgres.url, "LOGVIEWER_EMBEDDED": "1"}
        self._postgres.start()
        if self._postgres.wait_until_ready():
            child = Child(POSTGRES, self._postgres.start)
            child.adopt(self._postgres.process)
            self._children.append(child)

    def _wait_for_database(self, url: str) -> None:
        told = -TELL_S
        while not self._signals.stopping:
            reason = ports.why_postgres_is_away(url)
            if reason is None:
                return
            if time.monotonic() - told > TELL_S:
                told = time.monotonic()
                say(f"Waiting for the Postgres of DATABASE_URL: {reason} (is it running, and is the address right?)")
            self._signals.wait(1.0)

    def _prepare(self) -> str | None:
        """Migrates and so on in a process that ends again; returns the link that makes the first admin, if any."""
        if self._signals.stopping:
            return None
        say("Preparing the database")
        status, output = self._manage("prepare", accepted=(0, NO_LOGINS))
        if status == NO_LOGINS:
            self._share_the_owners_login()
        return output.splitlines()[-1] if output else None

    def _share_the_owners_login(self) -> None:
        """For what has no login of its own (docs/decisions/0005): searches stay read-only and timed."""
        named = {
            "LOGVIEWER_INGEST_DATABASE_URL": self._settings.ingest_database_url,
            "LOGVIEWER_SEARCH_DATABASE_URL": self._settings.search_database_url,
        }
        missing = [variable for variable, url in named.items() if not url]
        say(
            "The database user may not create roles, or Postgres does not let in those it made, so its own login does"
            f" all work: allow that, or set {' and '.join(missing)}."
        )
        self._variables |= dict.fromkeys(missing, self._settings.database_url)

    def _manage(self, *arguments: str, accepted: Container[int] = (0,)) -> tuple[int, str]:
        """Runs a management command and returns its status and what it prints; TERM ends it."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=dying_with_this_process(signal.SIGTERM),  # noqa: PLW1509 -- the supervisor has one thread
        )
        while True:
            try:
                output, errors = process.communicate(timeout=POLL_S)
                break
            except subprocess.TimeoutExpired:
                if self._signals.stopping:
                    process.terminate()
        if process.returncode not in accepted and not self._signals.stopping:
            raise PreparationFailed(f"{errors.strip()}\n`manage.py {arguments[0]}` failed; the reason is above.")
        return process.returncode, output.strip()

    # Serving

    def _start_children(self) -> None:
        python = [sys.executable, "-P", "-m"]  # -P: not another version's modules, from the folder that we started in
        if self._options.web:
            command = [*python, "logviewer.supervisor.web"]
            self._add(WEB, partial(spawn, command, {**MEMORY, **self._variables}))
        if self._listens:
            # As many as of the web server, on one port: while one is restarted, senders find another.
            for number in range(self._settings.web_processes):
                command = [sys.executable, str(ROOT / "manage.py"), "listen", *(["--beside"] if number else [])]
                self._add(LISTENER, partial(spawn, command, {**MEMORY, **self._variables}))
        if self._options.worker:
            command = [sys.executable, str(ROOT / "manage.py"), "procrastinate", "worker", "--concurrency", WORKER_JOBS]
            self._add(WORKER, partial(spawn, command, self._variables))

    def _add(self, name: str, start: "Callable[[], subprocess.Popen[bytes]]") -> None:
        child = Child(name, start)
        self._children.append(child)
        child.start()

    def _wait_for_web(self) -> bool:
        """True once the web server answers, or there is none; False if TERM came first."""
        while not self._signals.stopping:
            if not self._options.web or ports.web_answers(self._settings.host, self._settings.port):
                return True
            self._tend()
            self._signals.wait(POLL_S)
        return False

    def _start_demo(self) -> None:
        if not self._options.demo:
            return
        key = demo.ingest_key(self._settings, self._create_demo_key)
        if self._signals.stopping:
            return
        database_url = self._postgres.url_for("learningapi") if self._postgres else None
        variables = demo.variables(self._variables, self._settings, key, database_url)
        self._add(DEMO, partial(spawn, demo.COMMAND, variables))

    def _create_demo_key(self) -> str:
        _, output = self._manage("create_key", "--service", demo.SERVICE, "--label", "demo")
        return output

    def _greet(self, first_admin_link: str | None) -> None:
        if self._options.web:
            say(f"\nlogviewer serves on {self._settings.public_url}")
            if self._settings.https and not self._settings.redirects_to_https:
                say(
                    "The address is https, so a proxy stands in front, and no visitor's address is known: set"
                    " LOGVIEWER_TRUSTED_PROXY_COUNT to the number of proxies."
                )
        if self._postgres:
            say(f"The data is in {self._settings.data_dir}")
        if first_admin_link:
            say(f"Make the first admin here, once:\n{first_admin_link}")
        say("Serving until TERM or Ctrl-C\n")

    def _tend_until_stopped(self) -> None:
        while not self._signals.stopping:
            self._tend()
            due = [child.due for child in self._children if child.due is not None]
            self._signals.wait(max(0.0, min(due) - time.monotonic()) if due else None)

    def _tend(self) -> None:
        for child in self._children:
            child.tend()
        reap_strangers(self._children)

    # The end

    def _stop(self) -> None:
        """Ends senders before the web server and Postgres last, so that what is under way still arrives."""
        if self._children:
            say("Stopping")
        self._end([child for child in self._children if child.name == DEMO], STOP_DEMO_S)
        self._end([child for child in self._children if child.name in (WEB, WORKER, LISTENER)], STOP_CHILDREN_S)
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres.close()
        reap_strangers([])

    def _end(self, children: Sequence[Child], seconds: float) -> None:
        for child in children:
            child.terminate()
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up and any(not child.has_ended() for child in children):
            self._signals.wait(POLL_S)
        for child in children:
            child.kill()
