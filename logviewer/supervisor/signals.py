"""Signals as something to wait for: TERM and INT end the product, a child's end wakes the supervisor."""

import os
import select
import signal
from types import FrameType


class Signals:
    """Installed once, in the main thread. `stopping` never becomes false again."""

    def __init__(self) -> None:
        self.stopping = False
        self._reader, writer = os.pipe()
        for descriptor in (self._reader, writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
            signal.signal(signal.SIGHUP, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def is_stopping(self) -> bool:
        return self.stopping

    def wait(self, seconds: float | None) -> None:
        """Returns after a signal, or after `seconds`."""
        readable, _, _ = select.select([self._reader], [], [], seconds)
        if readable:
            os.read(self._reader, 1024)
