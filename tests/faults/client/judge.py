"""Says whether the client kept its promise: every event whose log call returned is stored once, or waits in the spool,
or is counted as dropped: emitted = stored + rejected + dropped + spooled.
"""

import contextlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.client.oracle import Notes
from tests.faults.judge import EVENT, expected_fingerprint, fingerprint

LOST = "logviewer_events_lost"
ENOUGH = 100  # events on either side of a fault; with fewer a run shows nothing
REFUSALS = ("rejected", "refused", "conflict")  # the client's reasons for events that logviewer does not want
OF_THE_CLIENT = ("boot", "seq")  # fields that it adds to each event
NUMBERED = re.compile(rb'"event":\s?"%s".*?"n":\s?(\d+)' % EVENT.encode())


@dataclass(frozen=True)
class Spool:
    """What lies in the folders of a spool, for one service."""

    waiting: frozenset[int] = frozenset()  # numbers of events in files that are to be sent
    dead: frozenset[int] = frozenset()  # those in files that were set aside for people
    files: Sequence[Path] = ()  # that are to be sent
    open_to_others: Sequence[Path] = ()  # files and folders with rights for somebody else


def look_into(*folders: Path, service: str) -> Spool:
    """Reads every file below the folders line by line, whatever its name."""
    waiting: set[int] = set()
    dead: set[int] = set()
    files, open_to_others = [], []
    mine = re.compile(rb'"service":\s?"%s"' % re.escape(service.encode()))
    for path in (path for folder in folders for path in (folder, *sorted(_below(folder)))):
        with contextlib.suppress(FileNotFoundError):  # sent and removed while we look
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                continue
            if mode & 0o077:
                open_to_others.append(path)
            if not stat.S_ISREG(mode):
                continue
            lines = path.read_bytes().split(b"\n")
            numbers = {int(found[1]) for line in lines if (found := NUMBERED.search(line)) and mine.search(line)}
            is_dead = "dead" in path.parts
            (dead if is_dead else waiting).update(numbers)
            if numbers and not is_dead:
                files.append(path)
    return Spool(frozenset(waiting), frozenset(dead), files, open_to_others)


def _below(folder: Path) -> Iterator[Path]:
    """What is in a folder, without those that go while we look."""
    for inner, folders, files in os.walk(folder):
        yield from (Path(inner, name) for name in (*folders, *files))


@dataclass(frozen=True)
class Seen:
    """What happened in a run besides log calls: what makes it more than an exercise."""

    returned_before: int | None = None  # the fault; None where a case has no such moment
    wanted: Mapping[str, bool] = field(default_factory=dict)  # what had to happen, and whether it did
    problems: Sequence[str] = ()  # of driver processes: hung, a traceback, another exit status


@dataclass(frozen=True)
class Account:
    """Where the events of one run are."""

    emitted: int  # log calls that returned
    stored: int
    rejected: int  # refused by logviewer, as the client's own events in the store say
    dropped: Mapping[str, int]  # by reason, likewise
    spooled: int
    missing: Sequence[int]  # whose log call returned, and which are neither stored nor in the spool
    spoiled: frozenset[int]  # whose bytes the rig itself destroyed
    garbage: int  # what the rig put into the spool that may be counted as a lost event
    doubled: Sequence[int]
    invented: Sequence[object]
    mangled: Sequence[int]
    same_place: int  # stored events with a boot and seq that another one has, too
    miscounted: Sequence[object]
    logged_twice: Sequence[int]
    open_to_others: Sequence[Path]
    seen: Seen
    longest_ms: float
    may_drop: bool
    duplicates: int = 0  # batches that were answered with duplicate:true

    @property
    def complaints(self) -> list[str]:
        """One sentence for each broken promise; none if the client kept them all and the run shows it."""
        found = [
            f"{len(things)} {what}, such as {things[0]}"
            for what, things in (
                ("events are stored more than once", self.doubled),
                ("events are stored that were never logged", self.invented),
                ("events are stored with another content", self.mangled),
                ("counts of the store are not those of its rows", self.miscounted),
                ("places of the spool are open to others", self.open_to_others),
            )
            if things
        ]
        if self.same_place:
            found.append(f"{self.same_place} events have the boot and seq of another")
        if self.spooled:
            found.append(f"{self.spooled} events are left in the spool")
        if self.logged_twice:
            found.append(f"the rig logged {len(self.logged_twice)} numbers twice, such as {self.logged_twice[0]}")
        return [*self._losses(), *found, *self._emptiness(), *self.seen.problems]

    def _losses(self) -> list[str]:
        missing, lost = len(self.missing), sum(self.dropped.values()) + self.rejected
        counted = f"{lost} were counted as lost: {dict(self.dropped)}"
        found = []
        if self.may_drop or self.spoiled:
            # What stands behind the last event of a file may have been one or not: nobody can tell.
            if not missing <= lost <= missing + self.garbage:
                found.append(f"{missing} events are missing, and {counted}")
        elif lost > self.garbage:
            found.append(f"of the events {counted}")
        unexplained = [number for number in self.missing if not self.may_drop and number not in self.spoiled]
        if unexplained:
            found.append(f"{len(unexplained)} events are missing, such as {unexplained[0]}")
        return found

    def _emptiness(self) -> list[str]:
        found = [f"it never happened: {what}" for what, happened in self.seen.wanted.items() if not happened]
        if self.seen.returned_before is not None:
            before, after = self.seen.returned_before, self.emitted - self.seen.returned_before
            for when, count in (("before", before), ("after", after)):
                if count < ENOUGH:
                    found.append(f"only {count} events were logged {when} the fault")
        elif self.emitted < ENOUGH:
            found.append(f"only {self.emitted} events were logged")
        return found


def judge(
    notes: Notes,
    stored: Iterable[Mapping[str, Any]],
    *,
    spool: Spool | None = None,
    dropped: Mapping[str, int] | None = None,
    seen: Seen | None = None,
    may_drop: bool = False,
    spoiled: Iterable[int] = (),
    deleted: Iterable[int] = (),
    garbage: int = 0,
    **facts: Any,
) -> Account:
    """Compares the notes with the contents of `stored` events and what lies in the spool. All have come to rest.

    `may_drop`: the case forces losses, which must then be counted exactly. `spoiled` are the numbers of events whose
    bytes in the spool the rig itself destroyed: those may be missing if that is counted, and must not be stored
    otherwise. `deleted` are those in files that the rig removed: nobody can count them. `garbage` is how many things
    the rig put into files that the client may count as a lost event.
    """
    spool = spool or Spool()
    dropped = Counter(dropped or {})
    rejected = sum(dropped.pop(reason, 0) for reason in REFUSALS)
    contents = list(stored)
    counted = Counter(content.get("n") for content in contents)
    places = Counter((content["boot"], content["seq"]) for content in contents if "boot" in content)
    known = counted.keys() | spool.waiting | set(deleted)
    # A call that was killed may leave half a record, which the client counts; the rig does not: it did not return.
    unfinished = notes.begun - notes.returned - counted.keys()
    dropped["torn"] -= min(dropped["torn"], len(unfinished))
    return Account(
        emitted=len(notes.returned),
        stored=len(contents),
        rejected=rejected,
        dropped={reason: count for reason, count in dropped.items() if count},
        spoiled=frozenset(spoiled),
        garbage=garbage,
        spooled=len(spool.waiting),
        missing=sorted(notes.returned - known),
        doubled=sorted(number for number, times in counted.items() if times > 1 and number in notes.begun),
        invented=[number for number in counted if number not in notes.begun],
        mangled=[content["n"] for content in contents if content.get("n") in notes.begun and not _is_intact(content)],
        same_place=sum(times - 1 for times in places.values()),
        logged_twice=notes.repeated,
        open_to_others=spool.open_to_others,
        longest_ms=notes.longest_us / 1000,
        seen=seen or Seen(),
        may_drop=may_drop,
        miscounted=facts.pop("miscounted", ()),
        **facts,
    )


def _is_intact(content: Mapping[str, Any]) -> bool:
    as_logged = {name: value for name, value in content.items() if name not in OF_THE_CLIENT}
    return fingerprint(as_logged) == expected_fingerprint(int(content["n"]))


def lost_by_reason(events: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Adds up the client's own events about losses."""
    total: Counter[str] = Counter()
    for event in events:
        total[str(event["reason"])] += int(event["count"])
    return dict(total)
