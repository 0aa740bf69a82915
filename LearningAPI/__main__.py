"""`python -m LearningAPI COMMAND`: Django's commands with the service's own settings."""

import os
import signal
import sys
from types import FrameType

from django.core.management import execute_from_command_line

from LearningAPI.env import EnvironmentProblem

RUN_UNTIL_ENDED = {"serve", "load", "demo"}


def main(arguments: list[str]) -> None:
    """Runs the command. Exits with 1 and a sentence when the environment cannot be used."""
    if RUN_UNTIL_ENDED & set(arguments[1:2]):
        # Until the command listens for these itself: whoever is ended while starting has ended as asked.
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
    os.environ["DJANGO_SETTINGS_MODULE"] = "LearningAPI.settings"
    if arguments[1:2] != ["serve"]:
        # What a command prints is its result; what it logs is shipped all the same.
        os.environ.setdefault("LEARNINGAPI_CONSOLE", "none")
    if arguments[1:2] == ["demo"]:
        os.environ.setdefault("LEARNINGAPI_DEMO", "1")
    try:
        execute_from_command_line(arguments)
    except EnvironmentProblem as problem:
        sys.exit(f"LearningAPI: {problem}")


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv)
