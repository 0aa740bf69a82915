"""Numbers the events of a process: a random name for its start, new after a fork, and a count from 1."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator


class _Boot:
    name: str = ""
    numbers: Iterator[int] = itertools.count(1)


def next_seq() -> tuple[str, int]:
    """The name of this process's start, and the next number in it. Takes no lock."""
    return _Boot.name, next(_Boot.numbers)


def boot() -> str:
    """The name alone: 16 hexadecimal digits."""
    return _Boot.name


def _begin() -> None:
    _Boot.name, _Boot.numbers = uuid.uuid4().hex[:16], itertools.count(1)


_begin()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin)
