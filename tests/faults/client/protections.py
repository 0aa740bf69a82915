"""The client's protections, each of which a test can switch off in a driver, to see that the judge then complains."""

import os
import time
import uuid
from collections.abc import Callable, Iterable

from logviewer_client import holds, journal, keeper, lasting, parcels, segment
from logviewer_client.batch import Batch

PROTECTIONS: dict[str, Callable[[], None]] = {}


def switch_off(names: Iterable[str]) -> None:
    for name in names:
        PROTECTIONS[name]()


def _protection(off: Callable[[], None]) -> Callable[[], None]:
    PROTECTIONS[off.__name__] = off
    return off


@_protection
def lock_of_segments() -> None:
    """Everybody takes every segment, also one that another process is writing."""
    holds.lock = lambda fd: True


@_protection
def stable_batch_id() -> None:
    """Each try of a batch has an id of its own."""
    whole = parcels.SpoolSource._open

    def with_another_id(source, claim):
        parcel = whole(source, claim)
        if parcel is not None:
            parcel.batch = Batch(uuid.uuid4(), parcel.batch.lines)
        return parcel

    parcels.SpoolSource._open = with_another_id


@_protection
def append_before_return() -> None:
    """A log call leaves its line in memory, and the keeper writes it some time later: a kill falls into that."""
    settle = journal.Journal.settle_queue

    def settle_later(itself, *most):
        time.sleep(0.1)
        settle(itself, *most)

    journal.Journal.append = journal.Journal.put_aside
    journal.Journal.settle_queue = settle_later


@_protection
def sync_to_disk() -> None:
    """What was written is left to the kernel."""
    lasting._fdatasync = lambda fd: None


@_protection
def removal_only_after_our_answer() -> None:
    """A batch is forgotten once it was sent, whatever came back."""
    parcels.SpooledParcel.keep = lambda parcel: parcel._claim.remove()


@_protection
def closing_of_inherited_descriptors() -> None:
    """A forked child keeps what its parent had open, and with it the parent's locks."""
    holds.close_inherited = lambda: None


@_protection
def adoption_of_orphans() -> None:
    """What a process left when it died is nobody's business."""
    next_of_all = parcels.SpoolSource.next
    parcels.SpoolSource.next = lambda source, *, own_only, **more: next_of_all(source, own_only=True, **more)
    keeper.Keeper._adopt = lambda itself: None


@_protection
def checksums() -> None:
    """A record is taken for what it looks like."""
    segment.crc32 = lambda line, number: 0


@_protection
def refusal_of_links() -> None:
    """A link in the spool is followed."""
    opened, segment_flags = os.open, os.O_NOFOLLOW
    holds.os.open = lambda path, flags, *rest, **more: opened(path, flags & ~segment_flags, *rest, **more)
    holds.is_in_place = lambda fd, path: True
