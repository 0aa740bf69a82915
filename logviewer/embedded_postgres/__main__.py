"""`python -m logviewer.embedded_postgres VARIABLE SERVICE COMMAND...` runs COMMAND with that service's database.

For services that know nothing of us: the URL is in VARIABLE. With DATABASE_URL set, COMMAND runs as it is.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from logviewer import embedded_postgres, env
from logviewer.child_process import dying_with_this_process


def main(arguments: Sequence[str]) -> int:
    """Returns the command's status."""
    variable, service, *command = arguments
    if any(os.environ.get(name) for name in (variable, f"{variable}_FILE", "DATABASE_URL", "DATABASE_URL_FILE")):
        return run(command)
    try:
        with embedded_postgres.some_server(env.data_directory(os.environ), service) as url:
            os.environ[variable] = url
            return run(command)
    except embedded_postgres.EmbeddedPostgresProblem as problem:
        print(problem, file=sys.stderr)
        return 1


def run(command: Sequence[str]) -> int:
    """Runs `command` to its end. TERM goes on to it; a terminal sends INT to both, and it decides."""
    process = subprocess.Popen(command, preexec_fn=dying_with_this_process(signal.SIGTERM))  # noqa: PLW1509

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
