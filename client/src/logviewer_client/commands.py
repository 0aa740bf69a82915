"""python -m logviewer_client drain|status|send-test: for people, and for scripts by their exit codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logviewer_client import shipping
from logviewer_client.batch import Batch
from logviewer_client.clock import steady_ms, timestamp
from logviewer_client.losses import Losses
from logviewer_client.parcels import Parcel, SpoolSource
from logviewer_client.segment import Contents, SegmentName, read_records
from logviewer_client.sender import Sender
from logviewer_client.spool import Folders
from logviewer_client.transport import Transport, Unreachable
from logviewer_client.verdict import Action, Verdict, verdict

DONE, NOT_DONE, UNUSABLE = 0, 1, 2
SAY_EVERY_S = 1.0

DESCRIPTION = """\
Looks after what logviewer_client keeps on disk. LOGVIEWER_URL, LOGVIEWER_KEY (or LOGVIEWER_KEY_FILE), LOGVIEWER_SERVICE
and LOGVIEWER_SPOOL_DIR say what is meant, as they do for the service itself.

exit codes: 0 done, or nothing waits; 1 something could not be delivered, or waits; 2 the settings cannot be used
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ValueError, OSError, RuntimeError) as problem:
        print(f"logviewer_client: {problem}", file=sys.stderr)
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m logviewer_client", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    drain = commands.add_parser("drain", help="send what processes that ended have left, and wait until it is stored")
    drain.add_argument(
        "folder", nargs="?", help="a service's folder as `status` names it; default: that of the settings"
    )
    drain.add_argument(
        "--give-up-after", type=float, default=60.0, metavar="SECONDS", help="without progress (default 60)"
    )
    drain.set_defaults(run=_drain)
    status = commands.add_parser("status", help="say what waits, service by service")
    status.set_defaults(run=_status)
    test = commands.add_parser("send-test", help="send one event and say what logviewer answers")
    test.set_defaults(run=_send_test)
    for command in (drain, status):
        command.add_argument("--spool-dir", metavar="DIR", help="instead of LOGVIEWER_SPOOL_DIR")
    return parser


# drain


def _drain(options: argparse.Namespace) -> int:
    transport, destination = _settings()
    root = shipping.spool_folder(options.spool_dir)
    folder = root / (options.folder or destination)
    if folder.is_dir():
        return _Drain(folder, transport).run(options.give_up_after)
    if options.folder:
        raise ValueError(f"there is no folder {folder}. `status` names those that there are.")
    print(f"Nothing waits for these settings: there is no {folder}.")
    others = [place for place in _places(root) if place.waiting.events]
    if others:
        print("But there is more in the spool. Set LOGVIEWER_SERVICE, or say which with `drain FOLDER`:")
        print(*others, sep="\n")
    return NOT_DONE if others else DONE


class _Drain:
    """Sends everything in a folder that no running process holds."""

    def __init__(self, folder: Path, transport: Transport) -> None:
        self._folders = shipping.folders_at(folder, shipping.spool_bytes())
        self._losses = Losses(os.environ.get("LOGVIEWER_SERVICE") or None)
        self._source = SpoolSource(self._folders.all, self._losses, own={}, report=self._report)
        self._sender = Sender(transport, self)
        self._said_at = time.monotonic()

    def next(self, *, hurry: bool) -> Parcel | None:
        """The next batch; for the sender."""
        return self._source.next(own_only=False)

    def run(self, give_up_after_s: float) -> int:
        """Returns the exit code."""
        self._folders.disk.open()
        if self._folders.memory is not None:
            self._folders.disk.adopt(self._folders.memory)
        progress_at = time.monotonic()
        while True:
            result = self._sender.step()
            if result is None:
                self._source.look_again()
                result = self._sender.step()
            if result is None:
                return self._conclude(None)
            self._say()
            pause_s = self._sender.pause_s(result)
            if not pause_s:
                progress_at = time.monotonic()
            elif result.action is Action.PROBE or time.monotonic() + pause_s - progress_at > give_up_after_s:
                return self._conclude(result)
            time.sleep(pause_s)

    def _report(self) -> None:
        """What is lost goes into the log as an event, in a segment of its own."""
        lines = self._losses.take_reports()
        if lines:
            segment = self._folders.disk.create()
            segment.append(lines)
            segment.give_up()

    def _say(self) -> None:
        if time.monotonic() - self._said_at >= SAY_EVERY_S:
            self._said_at = time.monotonic()
            left = waiting_in(self._folders).events
            print(f"{self._sender.sent} events sent, {left} wait", file=sys.stderr, flush=True)

    def _conclude(self, failure: Verdict | None) -> int:
        left = waiting_in(self._folders)
        print(f"{self._sender.sent} events sent.")
        for reason, count in self._losses.totals().items():
            print(f"{count} events lost: {reason}. See {self._folders.disk.folder / 'dead'}.")
        if failure is not None:
            print(f"{left.events} events still wait: {failure.reason}")
        elif left.events:
            print(f"{left.events} events belong to processes that are running, which send them.")
        return NOT_DONE if failure is not None or self._losses.totals() else DONE


# status


@dataclass
class Waiting:
    """What waits in the folders of one destination."""

    events: int = 0
    size_bytes: int = 0
    segments: int = 0
    oldest_ms: int | None = None


def waiting_in(folders: Folders) -> Waiting:
    """Counts without taking anything: also what running processes hold."""
    found: dict[uuid.UUID, tuple[SegmentName, Contents, int]] = {}
    for spool in folders.all:
        for name in spool.names():
            try:
                data = Path(spool.path_of(name)).read_bytes()
            except OSError:  # sent meanwhile
                continue
            contents = read_records(data)
            if name.id not in found or len(found[name.id][1].lines) < len(contents.lines):
                found[name.id] = (name, contents, len(data))
    waiting = Waiting()
    for name, contents, size in found.values():
        if not contents.lines:
            continue
        waiting.events += len(contents.lines)
        waiting.size_bytes += size
        waiting.segments += 1
        waiting.oldest_ms = min(name.created_ms, waiting.oldest_ms or name.created_ms)
    return waiting


@dataclass
class _Place:
    """One destination's folder in the spool, and what waits there."""

    name: str
    waiting: Waiting
    dead: int

    def __str__(self) -> str:
        return f"  {self.name}: {_described(self.waiting)}; {self.dead} files in dead/"


def _places(root: Path) -> list[_Place]:
    """What waits in each folder of the spool, by name."""
    places = []
    for folder in sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []:
        folders = shipping.folders_at(folder, shipping.spool_bytes())
        places.append(_Place(folder.name, waiting_in(folders), folders.disk.count_dead()))
    return places


def _status(options: argparse.Namespace) -> int:
    root = shipping.spool_folder(options.spool_dir)
    places = _places(root)
    print(f"Spool {root}:" if places else f"Spool {root}: empty.")
    for place in places:
        print(place)
    return NOT_DONE if any(place.waiting.events for place in places) else DONE


def _described(waiting: Waiting) -> str:
    if waiting.oldest_ms is None:
        return "nothing waits"
    age_s = max(0, steady_ms() - waiting.oldest_ms) // 1000
    kib = -(-waiting.size_bytes // 1024)
    return f"{waiting.events} events wait in {waiting.segments} segments, {kib} KiB, the oldest for {age_s} s"


# send-test


def _send_test(options: argparse.Namespace) -> int:
    transport, _ = _settings()
    service = os.environ.get("LOGVIEWER_SERVICE")
    event = {"timestamp": timestamp(), "level": "info", "event": "logviewer_test", "pid": os.getpid()}
    line = json.dumps({**event, **({"service": service} if service else {})}).encode()
    try:
        answer = transport.send(Batch(uuid.uuid4(), (line,)), compressed=True)
    except Unreachable as problem:
        print(f"Not sent: {problem}")
        return NOT_DONE
    result = verdict(answer, 1)
    if result.action is not Action.FORGET or result.rejected:
        print(f"Not stored: {result.reason}")
        return NOT_DONE
    print("Not wanted: it is below the key's level." if result.below_level else "Stored: logviewer_test.")
    return DONE


def _settings() -> tuple[Transport, str]:
    url, key = os.environ.get("LOGVIEWER_URL", ""), shipping.key_from_environment()
    transport = shipping.http_transport(url, key)
    return transport, shipping.destination(url, key, os.environ.get("LOGVIEWER_SERVICE") or None)
