"""The folder: who may use it, what it keeps, what it throws away, and what it says about that."""

import json
import os
import stat
import time

import pytest

from logviewer_client import holds, segment, spool
from logviewer_client.journal import Journal
from logviewer_client.keeper import Keeper
from logviewer_client.losses import Losses
from logviewer_client.memory import MemoryQueue
from logviewer_client.parcels import SpoolSource
from logviewer_client.spool import Folders, Spool

DAY_MS = 24 * 3600 * 1000


class Rig:
    """The parts of a process that touch the folders, and the events that they write about losses."""

    def __init__(self, tmp_path, *, max_bytes=2**20):
        memory, disk = tmp_path / "memory" / "x", tmp_path / "disk" / "x"
        self.disk = Spool(disk, max_bytes=max_bytes, boot="b", fuller=memory)
        self.memory = Spool(memory, max_bytes=2**20, boot="b", copies=disk)
        self.disk.segment_bytes = self.memory.segment_bytes = 1000
        folders = Folders(self.disk, self.memory)
        self.losses, self.reports = Losses(), []
        self.queue = MemoryQueue()
        self.journal = Journal(
            folders.for_log_calls,
            self.queue,
            wake_keeper=int,
            wake_sender=int,
            lose=self.losses.add,
            is_disk_hung=lambda: self.keeper.is_hung,
        )
        self.source = SpoolSource(folders.all, self.losses, own=self.journal.sealed, report=self.report)
        self.keeper = Keeper(self.journal, folders, self.losses, report=self.report, look_again=self.source.look_again)

    def report(self):
        self.reports += map(json.loads, self.losses.take_reports())

    def log(self, *names):
        for name in names:
            self.journal.append(json.dumps({"event": name, "timestamp": name}).encode())

    def seal(self, *names):
        """Leaves a sealed segment on the disk."""
        self.log(*names)
        self.journal.seal()
        self.keeper.step()

    def all_events(self):
        events = []
        while parcel := self.source.next(own_only=False):
            events += [json.loads(line)["event"] for line in parcel.batch.lines]
            parcel.stored(())
            self.source.look_again()
        return events

    def files(self, folder=""):
        return sorted(
            path for path in (self.disk.folder / folder).iterdir() if path.is_file() and path.suffix != ".lock"
        )


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    for fd in list(holds._held):
        holds.let_go(fd)


def test_what_is_logged_is_in_memory_at_once_on_disk_soon_and_only_there_once_sealed(rig):
    rig.log("a")
    [in_memory] = rig.memory.names()
    assert rig.disk.names() == []

    rig.keeper.step()
    assert rig.disk.names() == [in_memory]
    assert (rig.disk.claim(in_memory), rig.memory.claim(in_memory)) == (None, None)

    rig.seal()
    assert (rig.memory.names(), rig.disk.names()) == ([], [in_memory])
    assert rig.all_events() == ["a"]


def test_folders_are_private_and_so_are_files(rig):
    rig.seal("a")

    assert {stat.S_IMODE(os.stat(path).st_mode) for path in rig.files()} == {0o600}
    for folder in (rig.disk.folder, rig.disk.folder / "dead", rig.memory.folder, rig.memory.folder.parent):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_folder_that_others_could_read_is_closed_to_them(rig):
    rig.disk.folder.mkdir(parents=True, mode=0o755)

    rig.disk.open()

    assert stat.S_IMODE(rig.disk.folder.stat().st_mode) == 0o700


def test_a_link_in_place_of_the_folder_is_refused(rig, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    rig.disk.folder.parent.mkdir()
    rig.disk.folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotADirectoryError):
        rig.disk.open()


def test_a_root_that_others_can_write_is_refused(rig):
    rig.disk.folder.parent.mkdir()
    rig.disk.folder.parent.chmod(0o777)

    with pytest.raises(PermissionError):
        rig.disk.open()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["folder", "root"])
def test_a_strangers_folder_is_refused(rig, what):
    rig.disk.folder.mkdir(parents=True)
    os.chown(rig.disk.folder if what == "folder" else rig.disk.folder.parent, 12345, -1)

    with pytest.raises(PermissionError):
        rig.disk.open()


def test_links_and_strangers_files_are_never_read(rig, tmp_path):
    rig.seal("a")
    [file] = rig.files()
    elsewhere = tmp_path / "secret"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert rig.all_events() == []

    file.unlink()
    os.link(elsewhere, file)  # a file with two names
    assert rig.all_events() == []

    file.unlink()
    os.mkfifo(file)
    assert rig.all_events() == []


def test_what_is_whole_is_sent_and_what_is_not_goes_to_dead(rig):
    rig.seal("a", "b", "c", "d")
    [file] = rig.files()
    data = file.read_bytes()
    file.write_bytes(data.replace(b'"event": "b"', b'"event": "B"'))

    assert rig.all_events() == ["a", "c", "d"]
    [dead] = rig.files("dead")
    assert b'"event": "B"' in dead.read_bytes()
    assert [(report["reason"], report["count"]) for report in rig.reports] == [("corrupt", 1)]


def test_the_same_id_is_kept_when_a_segment_is_mended(rig):
    rig.seal("a", "b")
    [file] = rig.files()
    file.write_bytes(file.read_bytes() + b"half a rec")

    parcel = rig.source.next(own_only=False)
    assert str(parcel.batch.id) in file.name
    parcel.keep()

    assert rig.source.next(own_only=False).batch == parcel.batch
    assert [(report["reason"], report["count"]) for report in rig.reports] == [("torn", 1)]


def test_beyond_the_bound_the_oldest_go_and_are_counted_exactly(tmp_path):
    rig = Rig(tmp_path, max_bytes=3000)
    names = [f"{n:04d}" for n in range(200)]
    for n in range(0, 200, 10):
        rig.seal(*names[n : n + 10])
        rig.keeper._due.clear()
    rig.keeper.step()

    kept = rig.all_events()
    assert kept == names[-len(kept) :]
    assert sum(report["count"] for report in rig.reports) == 200 - len(kept) > 100
    assert {report["reason"] for report in rig.reports} == {"spool_full"}
    assert rig.reports[0]["first"] == "0000"
    assert sum(path.stat().st_size for path in rig.files()) <= 3000


def test_a_report_that_is_thrown_away_is_told_again(rig):
    lost = [b'{"event":"x"}', Losses().take_reports() or b'{"event":"logviewer_events_lost","reason":"torn","count":7}']

    rig.losses.add_lines("spool_full", lost)
    rig.report()

    assert {report["reason"]: report["count"] for report in rig.reports} == {"spool_full": 1, "torn": 7}


@pytest.mark.parametrize(("age_days", "is_kept"), [(6, True), (8, False), (-3, True), (20_000, True)])
def test_what_is_older_than_a_week_goes(rig, monkeypatch, age_days, is_kept):
    """But what is from before there was such a client only had a clock that was not set."""
    monkeypatch.setattr(spool, "next_ms", lambda: int(time.time() * 1000) - age_days * DAY_MS)
    rig.seal("a")
    monkeypatch.undo()

    rig.keeper._due.clear()
    rig.keeper.step()

    assert rig.all_events() == (["a"] if is_kept else [])
    assert [report["reason"] for report in rig.reports] == ([] if is_kept else ["too_old"])


def test_dead_is_bounded(rig, monkeypatch):
    monkeypatch.setattr(spool, "MAX_DEAD_FILES", 3)
    for name in "abcde":
        rig.seal(name)
        rig.source.next(own_only=False).refused("refused")
        rig.source.look_again()

    assert len(rig.files("dead")) == 3
    assert sum(report["count"] for report in rig.reports) == 5


def test_a_folder_that_is_removed_is_made_anew_with_what_was_open(rig):
    rig.seal("sealed")
    rig.log("open")
    rig.keeper.step()
    rig.source.next(own_only=False).keep()
    for path in sorted(rig.disk.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    rig.disk.folder.rmdir()
    rig.log("later")
    rig.seal()
    rig.source.look_again()

    assert rig.all_events() == ["open", "later"]
    rig.report()
    assert [(report["reason"], report["count"]) for report in rig.reports] == [("deleted", 1)]


def test_a_disk_that_takes_nothing_leaves_it_in_memory_and_gets_it_later(rig, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    rig.seal("before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        rig.seal("a")
        assert rig.keeper.problem is not None
        assert len(rig.memory.names()) == 1

    rig.keeper._retry_at = 0
    rig.keeper.step()

    assert rig.keeper.problem is None
    assert rig.memory.names() == []
    assert rig.all_events() == ["before", "a"]


def test_what_cannot_get_to_the_disk_is_sent_from_memory(rig, monkeypatch):
    rig.log("a")
    rig.keeper.step()
    monkeypatch.setattr(os, "pwrite", lambda *_: (_ for _ in ()).throw(OSError(5, "broken")))
    rig.seal("b")

    assert rig.all_events() == ["a", "b"]
    assert rig.disk.names() == []


def test_without_memory_the_disk_is_written_at_once(rig, monkeypatch):
    monkeypatch.setattr(rig.memory, "create", lambda: (_ for _ in ()).throw(OSError(28, "full")))

    rig.log("a")

    assert len(rig.disk.names()) == 1
    rig.seal()
    assert rig.all_events() == ["a"]


def test_without_any_folder_lines_wait_in_memory(rig, monkeypatch):
    for folder in (rig.memory, rig.disk):
        monkeypatch.setattr(folder, "create", lambda: (_ for _ in ()).throw(OSError(30, "read-only")))

    rig.log("a", "b")
    assert (rig.journal.is_writable, rig.queue.total) == (False, 2)

    monkeypatch.undo()
    rig.journal.retry_now()
    rig.keeper.step()
    rig.seal()
    assert rig.all_events() == ["a", "b"]


def test_without_shared_memory_a_file_that_is_removed_is_written_anew(rig, monkeypatch):
    monkeypatch.setattr(rig.memory, "create", lambda: (_ for _ in ()).throw(OSError(28, "full")))
    rig.log("a")
    rig.keeper.step()
    os.unlink(rig.disk.path_of(rig.disk.names()[0]))

    rig.keeper.step()
    rig.keeper.step()
    rig.keeper.step()

    rig.seal("b")
    assert rig.all_events() == ["a", "b"]


def test_an_interrupt_in_the_middle_of_a_log_call_leaves_no_lock(rig, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(rig.memory, "create", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rig.log("a")

    rig.log("b")
    assert not rig.journal._lock._is_owned()
    rig.seal()
    assert rig.all_events() == ["b"]


def test_a_full_disk_does_not_keep_what_is_good(rig, monkeypatch):
    rig.seal("a", "b")
    [file] = rig.files()
    file.write_bytes(file.read_bytes() + b"half a rec")
    monkeypatch.setattr(rig.disk, "_write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))

    assert rig.all_events() == ["a", "b"]
    assert rig.files() == []


def test_a_hung_keeper_holds_nobody_up_and_the_bound_is_kept(rig, monkeypatch):
    """It never comes back: what is retired stays in memory up to a bound."""
    monkeypatch.setattr("logviewer_client.journal.MAX_UNSAVED_BYTES", 5000)
    monkeypatch.setattr(type(rig.keeper), "is_hung", True)

    rig.log(*[f"{n:04d}" for n in range(1000)])

    kept = rig.journal.open_count
    assert rig.losses.totals() == {"spool_full": 1000 - kept}
    assert sum(os.path.getsize(rig.memory.path_of(name)) for name in rig.memory.names()) < 5000 + 2 * 1100


def test_log_calls_write_to_the_disk_while_the_keeper_does_not_keep_up(rig, monkeypatch):
    """A thread that logs without a pause hardly lets it run."""
    monkeypatch.setattr("logviewer_client.journal.MAX_BEHIND_BYTES", 5000)
    monkeypatch.setattr("logviewer_client.journal.MAX_UNSAVED_BYTES", 7000)
    names = [f"{n:04d}" for n in range(1000)]

    rig.log(*names)
    assert sum(os.path.getsize(rig.memory.path_of(name)) for name in rig.memory.names()) < 7000

    rig.journal.seal()
    rig.keeper.step()
    assert rig.all_events() == names
    assert rig.losses.totals() == {}


def test_a_slow_disk_is_written_to_once_and_then_avoided(rig, monkeypatch):
    append = segment.OpenSegment.append
    slow = []

    def append_slowly(self, lines):
        append(self, lines)
        if self.spool is rig.disk:
            slow.append(time.sleep(0.06))

    monkeypatch.setattr("logviewer_client.journal.MAX_BEHIND_BYTES", 3000)
    monkeypatch.setattr("logviewer_client.journal._is_busy", lambda took_s: False)
    monkeypatch.setattr(segment.OpenSegment, "append", append_slowly)
    names = [f"{n:04d}" for n in range(200)]
    rig.log(*names)
    assert len(slow) == 1

    monkeypatch.undo()
    rig.journal.seal()
    rig.keeper.step()
    assert rig.all_events() == names
    assert rig.losses.totals() == {}


def test_a_log_call_in_the_middle_of_a_log_call_is_kept(rig, monkeypatch):
    append = segment.OpenSegment.append

    def interrupted(self, lines):
        append(self, lines)
        if b'"outer"' in lines[0]:
            rig.log("inner")

    monkeypatch.setattr(segment.OpenSegment, "append", interrupted)
    rig.log("outer")

    assert rig.queue.total == 0
    rig.seal()
    assert rig.all_events() == ["outer", "inner"]


def test_a_short_write_leaves_no_half_record(rig, monkeypatch):
    rig.log("a")
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, data: write(fd, data[:20]))
        rig.log("b")
    assert rig.queue.total == 1

    rig.journal.retry_now()
    rig.keeper.step()
    rig.seal()
    assert rig.all_events() == ["a", "b"]
    assert rig.reports == []


def test_what_another_process_sends_is_not_awaited_longer_than_that_takes(rig):
    rig.seal("a")
    [name] = rig.disk.names()
    sent_by_another = rig.disk.claim(name)

    assert rig.source.next(own_only=True) is None
    assert list(rig.journal.sealed.values()) == [1]
    sent_by_another.remove()
    assert rig.source.next(own_only=True) is None
    assert rig.journal.sealed == {}


def test_halves_are_hidden_until_the_whole_is_gone(rig):
    rig.seal("a", "b")
    parcel = rig.source.next(own_only=False)
    splitting = f"{parcel._claim.name}".replace(".events", ".split")
    os.rename(rig.disk.path_of(parcel._claim.name), rig.disk.folder / splitting)
    first, _ = parcel._claim.name.halves()
    holds.let_go(rig.disk._write(first, b""))  # its process died while it split

    assert [str(name) for name in rig.disk.names()] == [splitting]
    parcel._claim.release()
    rig.source.look_again()
    assert rig.all_events() == []  # the split is finished first
    rig.source.look_again()
    assert rig.all_events() == ["a", "b"]
