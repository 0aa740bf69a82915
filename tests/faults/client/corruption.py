"""What disks and other programs do to files of a spool. Each returns the numbers of the events that it destroyed."""

import random
import re
from pathlib import Path

from logviewer_client.segment import record
from tests.faults.client.judge import NUMBERED

STRANGER = 987654321  # the number of an event that nobody logged


def cut_in_its_last_record(file: Path, dice: random.Random) -> set[int]:
    content = file.read_bytes()
    begin = content.rstrip(b"\n").rfind(b"\n") + 1
    file.write_bytes(content[: dice.randrange(begin + 1, len(content) - 1)])
    return numbers(content[begin:])


def zeroes_behind_its_records(file: Path, dice: random.Random) -> set[int]:
    with file.open("ab") as stream:
        stream.write(bytes(4096))
    return set()


def noise_in_the_middle_of_a_record(file: Path, dice: random.Random) -> set[int]:
    records = file.read_bytes().splitlines(keepends=True)
    hit = dice.randrange(1, len(records) - 1)
    spoiled = numbers(records[hit])
    middle = len(records[hit]) // 2
    records[hit] = records[hit][:middle] + b"\xff\x00\xfe{" + records[hit][middle + 4 :]
    file.write_bytes(b"".join(records))
    return spoiled


def a_block_of_zeroes_over_its_middle(file: Path, dice: random.Random) -> set[int]:
    content = file.read_bytes()
    begin = len(content) // 2 // 512 * 512
    end = begin + 512
    first, last = content.rfind(b"\n", 0, begin) + 1, content.find(b"\n", end - 1) + 1 or len(content)
    file.write_bytes(content[:begin] + bytes(512) + content[end:])
    return numbers(content[first:last])


def another_digit_in_a_text(file: Path, dice: random.Random) -> set[int]:
    """A flipped bit that leaves the record JSON."""
    records = file.read_bytes().splitlines(keepends=True)
    hit = next(place for place, record in enumerate(records) if NUMBERED.search(record) and place)
    spoiled = numbers(records[hit])
    records[hit] = re.sub(rb"-1\.25", b"-1.24", records[hit], count=1)
    file.write_bytes(b"".join(records))
    return spoiled


def empty_beside_it(file: Path, dice: random.Random) -> set[int]:
    _write(_beside(file), b"")
    return set()


def of_a_stranger_beside_it(file: Path, dice: random.Random) -> set[int]:
    for name, content in (("notes.txt", b"milk, bread\n"), ("picture.jpg", dice.randbytes(5000))):
        _write(file.with_name(name), content)
    return set()


def a_link_to_a_file_elsewhere(file: Path, dice: random.Random) -> set[int]:
    target = file.parents[2] / "secret"
    event = re.search(rb"\{.*\}", file.read_bytes().splitlines()[-1])[0]
    _write(target, record(0, re.sub(rb'"n":\s?\d+', b'"n":%d' % STRANGER, event)))
    _beside(file).symlink_to(target)
    return set()


def a_record_that_never_ends(file: Path, dice: random.Random) -> set[int]:
    with file.open("ab") as stream:
        stream.write(b'{"event":"endless","text":"' + b"x" * 5_000_000)
    return set()


CORRUPTIONS = (
    cut_in_its_last_record,
    zeroes_behind_its_records,
    noise_in_the_middle_of_a_record,
    a_block_of_zeroes_over_its_middle,
    another_digit_in_a_text,
    empty_beside_it,
    of_a_stranger_beside_it,
    a_link_to_a_file_elsewhere,
    a_record_that_never_ends,
)


def numbers(records: bytes) -> set[int]:
    return {int(found[1]) for record in records.split(b"\n") if (found := NUMBERED.search(record))}


def _beside(file: Path) -> Path:
    """A path that looks like another file of the same kind."""
    return file.with_name(re.sub(r"[0-9a-f](?=\.\d+\.)", lambda digit: "0" if digit[0] != "0" else "1", file.name))


def _write(file: Path, content: bytes) -> None:
    file.touch(0o600)
    file.write_bytes(content)
