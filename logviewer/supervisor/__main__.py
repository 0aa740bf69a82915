"""`python -m logviewer.supervisor`: what `manage.py up` becomes."""

import argparse
import sys
from collections.abc import Sequence

from logviewer import env
from logviewer.embedded_postgres import EmbeddedPostgresProblem
from logviewer.supervisor.console import say
from logviewer.supervisor.options import Options, add_arguments
from logviewer.supervisor.ports import PortProblem
from logviewer.supervisor.run import PreparationFailed, Supervisor


def main(arguments: Sequence[str]) -> int:
    """Serves until TERM or INT and returns 0; returns 1 after one sentence if it cannot start."""
    parser = argparse.ArgumentParser(prog="manage.py up")
    add_arguments(parser)
    options = Options.of(parser.parse_args(arguments))
    try:
        return Supervisor(options, env.read()).run()
    except (env.EnvironmentProblem, EmbeddedPostgresProblem, PortProblem, PreparationFailed) as problem:
        say(str(problem), error=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
