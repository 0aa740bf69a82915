"""Lines for the person at the console, who may have gone: a closed terminal must not end the server."""

import contextlib
import sys


def say(line: str, *, error: bool = False) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr if error else sys.stdout, flush=True)
