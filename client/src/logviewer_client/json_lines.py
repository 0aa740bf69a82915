"""Lines of JSON for the console and for a file that several processes write to."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from logviewer_client.line import render
from logviewer_client.unlocked import UnlockedHandler


def json_text(event_dict: Mapping[str, Any], method_name: str = "info") -> str:
    """The event as it would be shipped, without a newline: bounded, redacted, never an exception."""
    return render(event_dict, method_name=method_name).decode()


class StdoutHandler(UnlockedHandler):
    """Writes to what sys.stdout is at the time: tests and servers put another stream in its place.

    Its lock is taken for the writing only.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
            with self.lock or contextlib.nullcontext():
                sys.stdout.write(line)
                sys.stdout.flush()
        except Exception:  # noqa: BLE001 -- as every handler of logging: the record is told on stderr, the call goes on
            self.handleError(record)


class JsonFileHandler(UnlockedHandler):
    """Appends each record as one line, with one write, which other processes cannot split and which needs no lock.

    The file is opened for each line: it may be moved away or deleted at any time, and neither threads nor forked
    processes have to agree on a descriptor. It is made for its owner alone (0600). Raises OSError at once if it cannot
    be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self.path = os.path.abspath(os.fspath(path))
        os.close(self._open())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            descriptor = self._open()
            try:
                written = os.write(descriptor, line)
                if written < len(line):
                    os.write(descriptor, b"\n")  # the next line is not to be lost as well
                    raise OSError(f"only {written} of {len(line)} bytes were written")
            finally:
                os.close(descriptor)
        except Exception:  # noqa: BLE001 -- as every handler of logging: the record is told on stderr, the call goes on
            self.handleError(record)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
