"""Processes that must not outlive the one that started them: Postgres, the web server, the worker."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals, parent: int) -> None:
    """Asks the kernel to send `death_signal` to this process once the process `parent` has ended.

    Runs in the child. The kernel clears the request when the user id changes, so call it after that. Elsewhere
    than on Linux it does nothing: there a killed supervisor leaves its children, and the next start ends them.
    """
    if sys.platform != "linux":
        return
    if _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it ended before the request was made
        os.kill(os.getpid(), death_signal)


def dying_with_this_process(death_signal: signal.Signals) -> Callable[[], None]:
    """Returns a `preexec_fn` for a child of the calling process; start it from the main thread.

    The kernel watches the thread that forked, so a child of a helper thread would end with that thread.
    """
    parent = os.getpid()
    return lambda: die_with_parent(death_signal, parent)
