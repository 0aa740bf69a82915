"""`listen`: the Logstash door, as `up` starts it where LOGVIEWER_LOGSTASH_PORT is set."""

import asyncio
import resource
import signal
import ssl
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.listener.backlog import Backlog
from ingest.listener.door import Door
from ingest.listener.senders import Senders

COUNTS_EVERY_S = 60.0
# How long a thread that reads a socket or stores waits for one that computes. Python's own 5 ms were most of its time.
SWITCH_S = 0.0005
FILES = 4096  # connections are files, and many systems allow 1024
NO_RECEIPT = (
    "This path has no acknowledgement: what is under way when a sender, the network or logviewer ends is lost, and"
    " nobody is told. Services that send with logviewer_client lose nothing: docs/protocols/logstash.md"
)


class Command(BaseCommand):
    help = "Takes lines of Logstash's senders on LOGVIEWER_LOGSTASH_PORT until TERM or INT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--beside", action="store_true", help="share the port with another door that runs already")

    def handle(self, *_args: Any, **options: Any) -> None:
        given = settings.LOGVIEWER.logstash
        if not given.port:
            raise CommandError("LOGVIEWER_LOGSTASH_PORT is 0 or not set, so there is no port to listen on.")
        _allow_many_files()
        sys.setswitchinterval(SWITCH_S)
        backlog = Backlog(settings.LOGVIEWER.data_dir / "logstash")
        try:
            asyncio.run(self._serve(Door(Senders(given.senders), backlog), beside=options["beside"]))
        except (OSError, ssl.SSLError) as problem:
            raise CommandError(f"The Logstash door cannot be opened or closed: {problem}") from problem

    async def _serve(self, door: Door, *, beside: bool) -> None:
        given = settings.LOGVIEWER.logstash
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await door.open(given.host, given.port, _tls(), is_first=not beside)
        if not beside:
            self._greet()
        while not stopping.is_set():
            await _wait(stopping, COUNTS_EVERY_S)
            self._tell_counts(door)
        left = await door.close()
        self._tell_counts(door)
        if left:
            self._say(f"{left:,} lines could not be stored. They are in {door.backlog.folder} until the next start.")

    def _greet(self) -> None:
        given = settings.LOGVIEWER.logstash
        kinds = "TLS" if given.certificate else "TCP and UDP"
        who = [f"{network} ({service})" for network, service in given.senders]
        if given.client_ca:
            who.append(f"everyone with a certificate of {given.client_ca}")
        self._say(
            f"Logstash's lines are taken on {given.host}:{given.port} ({kinds}) from {', '.join(who)}, and nobody else."
        )
        self._say(NO_RECEIPT)

    def _tell_counts(self, door: Door) -> None:
        for line in door.tally.news():
            self._say(f"Logstash: {line}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _tls() -> ssl.SSLContext | None:
    """Certificates are asked for if there is an authority, and required of those whose address is not on the list."""
    given = settings.LOGVIEWER.logstash
    if given.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=given.client_ca)
    context.load_cert_chain(given.certificate, given.certificate_key)
    if given.client_ca:
        context.verify_mode = ssl.CERT_OPTIONAL if given.senders else ssl.CERT_REQUIRED
    return context


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
