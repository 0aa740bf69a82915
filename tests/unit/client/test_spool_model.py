"""Several processes share a spool, and each of them may die at any system call: nothing is lost, nothing is doubled.

The processes are the real parts on a real file system, all in this one; a death is an exception out of the system call,
after which every further call of that process fails, and its descriptors are closed as the kernel would do it.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from logviewer_client import holds, keeper, parcels
from logviewer_client.journal import Journal
from logviewer_client.keeper import Keeper
from logviewer_client.losses import Losses, told_by
from logviewer_client.memory import MemoryQueue
from logviewer_client.outbox import SpoolOutbox
from logviewer_client.parcels import MemorySource, SpoolSource
from logviewer_client.segment import read_records
from logviewer_client.sender import Sender
from logviewer_client.spool import Folders, Spool
from logviewer_client.transport import Unreachable
from logviewer_client.verdict import Answer

CALLS = ("open", "write", "pwrite", "rename", "unlink", "fsync", "ftruncate", "mkdir")


class Death(BaseException):
    """The process is no more."""


class Kernel:
    """Lets the process that runs die at its n-th system call; a write may end half way."""

    def __init__(self):
        self.left = None
        self.tear = 0.0

    def wrap(self, name, call):
        def called(*args, **options):
            if self.left is not None:
                if self.left <= 0:
                    if self.left == 0 and name in ("write", "pwrite"):
                        call(args[0], args[1][: int(len(args[1]) * self.tear)], *args[2:])
                    self.left = -1
                    raise Death
                self.left -= 1
            return call(*args, **options)

        return called


class Server:
    """Stores a batch id once, refuses batches with a bad event, and may answer otherwise `next_answers` says so."""

    def __init__(self):
        self.ledger, self.next_answers = {}, []

    def send(self, batch, *, compressed):
        answer = self.next_answers.pop() if self.next_answers else "stored"
        if answer == "unreachable":
            raise Unreachable
        if answer == "busy":
            return Answer(503, {}, b"")
        events = [json.loads(line) for line in batch.lines]
        if any(event.get("is_bad") for event in events) or (answer == "too_large" and len(events) > 1):
            return Answer(422, {}, b"")
        if self.ledger.setdefault(batch.id, batch.lines) != batch.lines:
            return Answer(409, {}, b"")
        if answer == "lost":
            raise Unreachable
        return Answer(200, {}, json.dumps({"accepted": len(events), "rejected": []}).encode())


class Process:
    """What a Shipper puts together, with nobody running but who is told to."""

    def __init__(self, root, number, server, *, is_direct, max_bytes):
        memory, disk = root / "memory" / "x", root / "disk" / "x"
        self.folders = Folders(
            Spool(disk, max_bytes=max_bytes, boot=f"b{number}", fuller=memory),
            Spool(memory, max_bytes=2**20, boot=f"b{number}", copies=disk),
            is_direct=is_direct,
        )
        self.folders.disk.segment_bytes = self.folders.memory.segment_bytes = 1000
        self.losses, queue = Losses(), MemoryQueue()
        self.journal = Journal(
            self.folders.for_log_calls,
            queue,
            wake_keeper=int,
            wake_sender=int,
            lose=self.losses.add,
            is_disk_hung=lambda: self.keeper.is_hung,
        )
        memory_source = MemorySource(queue, self.losses)
        source = SpoolSource(self.folders.all, self.losses, own=self.journal.sealed, report=self.report)
        self.keeper = Keeper(self.journal, self.folders, self.losses, report=self.report, look_again=source.look_again)
        self.sender = Sender(server, SpoolOutbox(memory_source, source, self.journal, self.keeper, self.folders.memory))
        self.descriptors = set()

    def report(self):
        for line in self.losses.take_reports():
            self.journal.write([line])


class Machine(RuleBasedStateMachine):
    @initialize(max_bytes=st.sampled_from([8000, 2**20]))
    def begin(self, max_bytes):
        self.root, self.max_bytes = Path(tempfile.mkdtemp()), max_bytes
        self.patches = pytest.MonkeyPatch()
        for name in ("SYNC_EVERY_S", "MAKE_ROOM_EVERY_S", "LOOK_EVERY_S"):
            self.patches.setattr(keeper, name, 0)
        self.patches.setattr(parcels, "LOOK_FOR_ORPHANS_EVERY_S", -1)
        self.patches.setattr(parcels, "BATCH_AGE_S", 0)
        self.kernel, self.server = Kernel(), Server()
        for name in CALLS:
            self.patches.setattr(os, name, self.kernel.wrap(name, getattr(os, name)))
        self.processes, self.count, self.deaths = [], 0, 0
        self.returned, self.tried, self.bad, self.excused = set(), set(), set(), set()

    def do(self, process, work, *, dies_after=None, tear=0.0):
        """Lets `process` work; it may die on the way."""
        before = set(holds._held)
        self.kernel.left, self.kernel.tear = dies_after, tear
        try:
            work(process)
        except Death:
            pass
        finally:
            is_dead = self.kernel.left is not None and self.kernel.left < 0
            self.kernel.left = None
        process.descriptors = (process.descriptors | (holds._held - before)) & holds._held
        if is_dead:
            self.bury(process)

    def bury(self, process):
        self.deaths += 1
        self.processes.remove(process)
        for fd in process.descriptors & holds._held:
            holds._held.discard(fd)
            os.close(fd)

    def log(self, process, is_bad=False):
        self.count += 1
        number = self.count
        (self.bad if is_bad else self.tried).add(number)
        event = {"n": number, "timestamp": f"{number:09d}", **({"is_bad": True} if is_bad else {})}
        process.journal.append(json.dumps(event).encode())
        if not is_bad and not process.journal.queued:
            self.returned.add(number)

    deadly = {"dies_after": st.none() | st.integers(0, 12), "tear": st.floats(0, 1)}
    anyone = st.integers(0, 3)

    def some(self, index):
        return self.processes[index % len(self.processes)]

    @rule(is_direct=st.booleans())
    @precondition(lambda self: len(self.processes) < 4)
    def a_process_starts(self, is_direct):
        process = Process(
            self.root, self.count + self.deaths, self.server, is_direct=is_direct, max_bytes=self.max_bytes
        )
        self.processes.append(process)

    @precondition(lambda self: self.processes)
    @rule(index=anyone, times=st.integers(1, 8), is_bad=st.booleans(), **deadly)
    def it_logs(self, index, times, is_bad, dies_after, tear):
        def work(process):
            for n in range(times):
                self.log(process, is_bad and n == 0)

        self.do(self.some(index), work, dies_after=dies_after, tear=tear)

    @precondition(lambda self: self.processes)
    @rule(index=anyone, **deadly)
    def it_looks_after_the_folders(self, index, dies_after, tear):
        self.do(self.some(index), lambda process: process.keeper.step(), dies_after=dies_after, tear=tear)

    @precondition(lambda self: self.processes)
    @rule(
        index=anyone,
        answers=st.lists(st.sampled_from(["stored", "lost", "busy", "unreachable", "too_large"]), max_size=4),
        **deadly,
    )
    def it_sends(self, index, answers, dies_after, tear):
        self.server.next_answers = answers

        def work(process):
            for _ in range(5):
                process.sender.step()

        self.do(self.some(index), work, dies_after=dies_after, tear=tear)
        self.server.next_answers = []

    @precondition(lambda self: self.processes)
    @rule(index=anyone)
    def it_is_killed(self, index):
        self.bury(self.some(index))

    @rule()
    def the_container_is_killed(self):
        """What is not on the disk yet goes with it."""
        while self.processes:
            self.bury(self.processes[0])
        shutil.rmtree(self.root / "memory", ignore_errors=True)
        self.excused |= self.returned - self.stored() - self.numbers_on_disk()

    def stored(self):
        return {event["n"] for event in self.stored_events() if "n" in event}

    def stored_events(self):
        return [json.loads(line) for lines in self.server.ledger.values() for line in lines]

    def numbers_on_disk(self):
        # What was being written beside its place, when its process died, is not taken for a segment.
        files = [path for path in (self.root / "disk").rglob("*") if path.is_file() and path.name[0] != "."]
        lines = [line for path in files for line in read_records(path.read_bytes()).lines]
        return {json.loads(line).get("n") for line in lines}

    def told(self):
        return sum(told.count for lines in self.server.ledger.values() for told in map(told_by, lines) if told)

    def teardown(self):
        if not hasattr(self, "root"):
            return
        try:
            self.everything_ends_well()
        finally:
            for process in list(self.processes):
                self.bury(process)
            self.patches.undo()
            shutil.rmtree(self.root)

    def drain(self, process):
        for _ in range(30):
            process.keeper.step()
            while process.sender.step() is not None:
                pass

    def everything_ends_well(self):
        for process in list(self.processes):
            self.bury(process)
        last = Process(self.root, "last", self.server, is_direct=False, max_bytes=2**20)
        self.processes.append(last)
        self.do(last, self.drain)
        numbers = [event["n"] for event in self.stored_events() if "n" in event]
        missing = self.returned - set(numbers) - self.excused
        assert len(numbers) == len(set(numbers)), "doubled"
        assert set(numbers) <= self.tried, "invented"
        assert len(missing) <= self.told(), f"lost without a word: {missing}"
        if self.max_bytes > 8000:
            assert missing == set()
        if not self.deaths and not self.excused:
            assert self.told() == len(missing) + len(self.bad)
        assert [path.name for path in (self.root / "disk" / "x").glob("*.events")] == []


TestSpool = Machine.TestCase
TestSpool.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
